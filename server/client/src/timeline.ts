/** Every decision in order, with runs of quiet ones folded into a line, and notes between them. */

import { DecisionCard, type Mark } from "./decision-card";
import { clock, following, h } from "./dom";
import type { Decision, PageEvent } from "./events";
import * as words from "./words";

/** Whether a decision changed nothing: the agent listened on, or waits for the pause to grow. */
export function isQuiet({ kind, action, outcome }: Decision): boolean {
  return action === "silence" && (kind === "partial" || outcome === "waiting");
}

/** Quiet decisions in a row, built card by card only once somebody opens them. */
class Run {
  readonly element: HTMLLIElement;
  readonly cards: DecisionCard[] = [];
  private readonly count = h("span", { class: "count" });
  private readonly span = h("time");
  private readonly latest = h("span", { class: "latest" });
  private readonly list = h("ol");

  constructor() {
    const summary = h("summary", {}, this.span, this.count, this.latest);
    const details = h("details", {}, summary, this.list);
    details.addEventListener("toggle", () => this.show(details.open));
    this.element = h("li", { class: "run" }, details);
  }

  add(card: DecisionCard): void {
    this.cards.push(card);
    if (this.list.childElementCount) this.list.append(h("li", {}, card.element));
    this.update();
  }

  update(): void {
    const first = this.cards[0]!.decision;
    const last = this.cards.at(-1)!.decision;
    const late = this.cards.filter((card) => card.decision.fallback).length;
    const many = this.cards.length === 1 ? "once" : `${this.cards.length} times`;
    this.span.textContent =
      this.cards.length === 1 ? clock(first.at) : `${clock(first.at)}–${clock(last.at)}`;
    this.count.textContent = `Kept listening ${many}${late ? `, ${late} by fallback` : ""}`;
    this.latest.textContent = last.said ? `“${last.said}”` : "";
  }

  private show(open: boolean): void {
    const items = open ? this.cards.map((card) => h("li", {}, card.element)) : [];
    this.list.replaceChildren(...items);
  }
}

/** One decision that stands by itself. */
class Single {
  readonly element: HTMLLIElement;
  readonly cards: DecisionCard[];

  constructor(card: DecisionCard) {
    this.cards = [card];
    this.element = h("li", { class: "single" }, card.element);
  }

  update(): void {}
}

/** What is no decision: how often one is asked for from here on, or that the agent hears itself. */
class Note {
  readonly element: HTMLLIElement;
  readonly cards: DecisionCard[] = [];

  constructor(at: number, text: string) {
    this.element = h("li", { class: "note" }, h("time", {}, clock(at)), h("span", {}, text));
  }

  update(): void {}
}

type Row = Run | Single | Note;

export class Timeline {
  private readonly cards = new Map<number, DecisionCard>();
  private rows: Row[] = [];

  constructor(
    private readonly list: HTMLElement,
    private readonly box: HTMLElement,
    private readonly said: HTMLElement, // is read out as it changes
    private readonly onMark: (mark: Mark) => void,
  ) {}

  get size(): number {
    return this.cards.size;
  }

  receive(event: PageEvent): void {
    if (event.type === "decision") following(this.box, () => this.decide(event));
    if (event.type === "asking") this.note(event.at, words.asking(event));
    if (event.type === "echo") {
      this.note(event.at, words.echo(event));
      this.said.textContent ||= words.ECHO; // once a talk
    }
    if (event.type === "link" && event.state === "joining") this.clear();
  }

  private decide(decision: Decision): void {
    const card = this.cards.get(decision.id);
    if (!card) return this.append(this.newCard(decision));
    const folded = isQuiet(card.decision);
    card.update(decision);
    const index = this.rows.findLastIndex((row) => row.cards.includes(card));
    if (folded === isQuiet(decision)) this.rows[index]?.update();
    else this.regroup(index);
  }

  private newCard(decision: Decision): DecisionCard {
    const card = new DecisionCard(decision, this.onMark);
    this.cards.set(decision.id, card);
    return card;
  }

  private append(card: DecisionCard): void {
    const last = this.rows.at(-1);
    if (!isQuiet(card.decision)) this.show(new Single(card));
    else if (last instanceof Run) last.add(card);
    else this.show(new Run()).add(card);
  }

  private note(at: number, text: string): void {
    following(this.box, () => void this.show(new Note(at, text)));
  }

  private show<R extends Row>(row: R): R {
    this.rows.push(row);
    this.list.append(row.element);
    return row;
  }

  /** Fold again from row `index` on, after a decision there became quiet or no longer is. */
  private regroup(index: number): void {
    const after = this.rows.splice(index);
    after.forEach((row) => row.element.remove());
    for (const row of after) {
      if (row instanceof Note) this.show(row);
      else row.cards.forEach((card) => this.append(card));
    }
  }

  private clear(): void {
    this.cards.clear();
    this.rows = [];
    this.list.replaceChildren();
    this.said.textContent = "";
  }
}
