/** What is remembered of the user, as far as it was told, and what of it is being forgotten. */

import type { Memory } from "./events";

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const START = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const SPEAKERS: Record<string, string> = { user: "You", agent: "Agent" };
const SOURCES: Partial<Record<Memory["sort"], string>> = {
  summary: "Summary of the talk",
  decision: "Agent’s decision",
};
const FACTS = "facts"; // the group of all facts

/** A memory as it is shown and searched. */
export interface Entry {
  id: string;
  who: string; // or what it is, where nobody said it
  text: string;
  when: Date;
  date: string;
  held: string; // until when, of an outdated fact; else empty
  group: string; // equal for what stands under one heading
  found: string; // what a search looks through
}

export class Memories {
  consent = false;
  remembers = true; // whether consent would keep anything
  private entries = new Map<string, Entry>(); // in the order shown
  private began = new Map<string, Date>(); // of each group
  private told: Memory[] = []; // the parts of an answer that have come so far
  private readonly undoable = new Set<string>(); // shown as forgotten, the server not asked yet
  private readonly asked = new Set<string>(); // the server has been asked to forget them

  /** How many there are but for those being forgotten. */
  get count(): number {
    return this.entries.size - this.undoable.size - this.asked.size;
  }

  get isAsking(): boolean {
    return this.asked.size > 0;
  }

  clear(): void {
    for (const each of [this.entries, this.undoable, this.asked]) each.clear();
    this.told = [];
  }

  /** Take one part of the server's answer. Returns whether it was the last. */
  take(items: Memory[], part: number, of: number): boolean {
    this.told = part === 1 ? items : [...this.told, ...items];
    if (part < of) return false;
    this.entries = new Map(this.told.map(entry).sort(inOrder).map((each) => [each.id, each]));
    this.told = [];
    // Within a group the newest come first: the last one set is when it began.
    this.began = new Map([...this.entries.values()].map(({ group, when }) => [group, when]));
    for (const set of [this.undoable, this.asked]) {
      for (const id of set) if (!this.entries.has(id)) set.delete(id);
    }
    return true;
  }

  /** Those to show for `query`, each word of which is to be found: facts first, then newest first. */
  matching(query: string): Entry[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return [...this.entries.values()].filter(
      ({ id, found }) =>
        !this.asked.has(id) && (this.undoable.has(id) || words.every((word) => found.includes(word))),
    );
  }

  /** What stands over a group. */
  heading({ group }: Entry): string {
    const began = this.began.get(group);
    return group === FACTS || !began ? "Facts" : `Talk of ${START.format(began)}`;
  }

  isUndoable(id: string): boolean {
    return this.undoable.has(id);
  }

  setUndoable(id: string, undoable: boolean): void {
    if (undoable) this.undoable.add(id);
    else this.undoable.delete(id);
  }

  /** The server is asked to forget these: they are shown no longer. */
  ask(ids: string[]): void {
    for (const id of ids) {
      this.undoable.delete(id);
      this.asked.add(id);
    }
  }

  askAll(): void {
    this.ask([...this.entries.keys()]);
  }

  /** What the server was asked to forget is still there. */
  restore(): void {
    this.asked.clear();
  }

  /** The server has forgotten these. */
  remove(ids: string[]): void {
    for (const id of ids) {
      for (const each of [this.entries, this.undoable, this.asked]) each.delete(id);
    }
  }
}

function entry({ id, sort, who, text, when, until, talk }: Memory): Entry {
  const made = new Date(when);
  const date = DATE.format(made);
  const held = until ? `Held until ${DATE.format(new Date(until))}` : "";
  const source = SOURCES[sort] ?? SPEAKERS[who] ?? who;
  return {
    id,
    who: source,
    text,
    when: made,
    date,
    held,
    group: sort === "fact" ? FACTS : `${made.toDateString()} ${talk}`,
    found: `${source} ${date} ${held} ${text}`.toLowerCase(),
  };
}

function inOrder(one: Entry, other: Entry): number {
  const facts = Number(one.group !== FACTS) - Number(other.group !== FACTS);
  return facts || other.when.getTime() - one.when.getTime();
}
