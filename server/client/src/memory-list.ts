/** The memories on the page, grouped under headings, a hundred more at a time. */

import { get, h } from "./dom";
import type { Entry, Memories } from "./memories";
import { MemoryRow } from "./memory-row";
import * as words from "./words";

const PAGE = 100;

export class MemoryList {
  private readonly box = get("memories-rows");
  private readonly more = get<HTMLButtonElement>("memories-more");
  private rows: MemoryRow[] = [];
  private query = "";
  private entries: Entry[] = []; // all that match, shown or not
  private last: HTMLElement | null = null; // the list of the last heading
  private group = ""; // which that is
  private disabled = false;

  constructor(
    private readonly memories: Memories,
    private readonly act: (row: MemoryRow) => void,
  ) {
    this.more.addEventListener("click", () => this.showMore());
  }

  /** Show what matches `query` from its beginning; with `keep` as many as were shown. */
  render(query: string, { disabled, keep }: { disabled: boolean; keep: boolean }): void {
    const shown = keep ? Math.max(PAGE, this.rows.length) : PAGE;
    const focused = this.rows.find((row) => row.hasFocus);
    const inButton = document.activeElement instanceof HTMLButtonElement;
    this.query = query.trim();
    this.disabled = disabled;
    this.entries = this.memories.matching(query);
    this.rows = [];
    this.box.replaceChildren();
    this.append(this.entries.slice(0, shown));
    if (!keep) this.box.parentElement?.scrollTo(0, 0);
    this.rows.find(({ entry }) => entry.id === focused?.entry.id)?.focus(inButton);
  }

  /** Say how many there are, and what it means where there are none. */
  sumUp(): void {
    const { count } = this.memories;
    const matching = this.entries.filter(({ id }) => !this.memories.isUndoable(id)).length;
    this.tell(this.query ? words.matching(matching, count) : words.remembered(count));
    const none = this.query && count ? words.noMatch(this.query) : words.nothingYet(this.memories);
    get("memories-empty").textContent = this.entries.length ? "" : none;
    get("memories-kept").textContent = words.howLongKept(this.memories);
  }

  /** Say only how things stand: nothing was told yet. */
  blank(text: string): void {
    this.tell(text);
    get("memories-empty").textContent = get("memories-kept").textContent = "";
  }

  update(row: MemoryRow): void {
    row.show({ undoable: this.memories.isUndoable(row.entry.id), disabled: this.disabled });
  }

  /** Take out the rows of what was forgotten; the focus in one of them goes to the next one. */
  remove(ids: string[]): void {
    for (const row of this.rows.filter(({ entry }) => ids.includes(entry.id))) {
      if (row.hasFocus) this.neighbour(row).focus();
      const group = row.element.closest("section");
      row.element.remove();
      if (!group?.querySelector("li")) group?.remove();
    }
    this.rows = this.rows.filter(({ entry }) => !ids.includes(entry.id));
    this.entries = this.entries.filter(({ id }) => !ids.includes(id));
  }

  private tell(text: string): void {
    get("memories-count").textContent = text;
  }

  private showMore(): void {
    const first = this.rows.length;
    this.append(this.entries.slice(first, first + PAGE));
    this.rows[first]?.element.focus();
  }

  private append(entries: Entry[]): void {
    for (const entry of entries) {
      const row = new MemoryRow(entry, this.act);
      this.update(row);
      this.rows.push(row);
      this.listOf(entry).append(row.element);
    }
    const left = this.entries.length - this.rows.length;
    this.more.hidden = left === 0;
    this.more.textContent = `Show ${Math.min(PAGE, left)} more of ${left}`;
  }

  /** The list under the heading that the entry belongs to. */
  private listOf(entry: Entry): HTMLElement {
    if (this.last?.isConnected && this.group === entry.group) return this.last;
    this.group = entry.group;
    this.last = h("ul");
    const title = h("h3", {}, this.memories.heading(entry));
    this.box.append(h("section", {}, title, this.last));
    return this.last;
  }

  private neighbour(row: MemoryRow): HTMLElement {
    const index = this.rows.indexOf(row);
    const next = this.rows[index + 1] ?? this.rows[index - 1];
    return next?.element ?? this.box.parentElement ?? this.box;
  }
}
