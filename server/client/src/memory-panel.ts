/** The panel "What do you remember of me?": list, search, forget with a way back. */

import { get, h } from "./dom";
import type { PageEvent, ServerEvent } from "./events";
import { Memories } from "./memories";
import { MemoryList } from "./memory-list";
import type { MemoryRow } from "./memory-row";
import type { Profile } from "./server";
import * as words from "./words";

const UNDO_MS = 8_000;
const ANSWER_MS = 10_000;

/** What the panel calls. */
export interface PanelDoings {
  send(type: string, data: unknown): boolean;
  withdraw(): void;
  becomeStranger(): void;
  tell(text: string): void;
}

export class MemoryPanel {
  private readonly dialog = get<HTMLDialogElement>("memories");
  private readonly opener = get<HTMLButtonElement>("memories-open");
  private readonly search = get<HTMLInputElement>("memories-search");
  private readonly forgetMe = get<HTMLButtonElement>("forget-me");
  private readonly sure = get("forget-sure");
  private readonly memories = new Memories();
  private readonly list = new MemoryList(this.memories, (row) => this.act(row));
  private readonly undo = new Map<string, number>(); // the timers that end a way back
  private inTalk = false;
  private isLoading = false;
  private isListed = false; // since the panel was opened
  private isForgettingAll = false;
  private watch = 0; // the timer that ends the waiting for an answer

  constructor(private readonly doings: PanelDoings) {
    this.opener.addEventListener("click", () => this.open());
    get("memories-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.closed());
    this.search.addEventListener("input", () => this.render(false));
    this.forgetMe.addEventListener("click", () => this.askWhetherSure());
    get("forget-no").addEventListener("click", () => this.spare());
    get("forget-yes").addEventListener("click", () => this.forgetAll());
  }

  offer({ remembers }: Profile): void {
    this.memories.remembers = remembers;
  }

  receive(event: PageEvent): void {
    switch (event.type) {
      case "link":
        return this.linkChanged(event.state === "in" || event.state === "reconnecting");
      case "memories":
        return this.told(event);
      case "forgotten":
        return event.ids ? this.forgotten(event.ids, event.count) : this.allForgotten(event);
      case "notice":
        return this.failed(event.text);
    }
  }

  /** Have forgotten now what could still be undone. */
  settle(): void {
    this.ask([...this.undo.keys()]);
  }

  private open(): void {
    this.search.value = "";
    this.sure.hidden = true;
    this.memories.clear();
    this.isListed = false;
    this.complain("");
    this.say("");
    this.dialog.showModal();
    this.load();
  }

  private closed(): void {
    this.settle();
    if (this.opener.disabled) get("join").focus();
  }

  private load(): void {
    this.isLoading = true;
    this.render();
    this.send("memories", {});
  }

  private told({ items, consent, part, of }: Extract<ServerEvent, { type: "memories" }>): void {
    this.memories.consent = consent;
    this.isLoading = !this.memories.take(items, part, of);
    this.expect();
    if (this.isLoading) return;
    this.isListed = true;
    this.complain("");
    this.render();
  }

  private act(row: MemoryRow): void {
    const { id } = row.entry;
    const undoable = !this.memories.isUndoable(id);
    this.memories.setUndoable(id, undoable);
    window.clearTimeout(this.undo.get(id));
    if (undoable) this.undo.set(id, window.setTimeout(() => this.ask([id]), UNDO_MS));
    else this.undo.delete(id);
    this.list.update(row);
    this.sumUp();
    this.say(undoable ? words.UNDOABLE : words.UNDONE);
  }

  /** Ask the server to forget these, which is past undoing. */
  private ask(ids: string[]): void {
    if (!ids.length) return;
    this.stopUndo(ids);
    this.memories.ask(ids);
    this.list.remove(ids);
    this.sumUp();
    this.send("forget", { ids });
  }

  private forgotten(ids: string[], count: number): void {
    this.memories.remove(ids);
    this.list.remove(ids);
    this.expect();
    this.sumUp();
    this.complain("");
    this.say(words.removed(count));
    // More went than was asked for: what was drawn from it.
    if (count !== ids.length && this.dialog.open) this.load();
  }

  private askWhetherSure(): void {
    get("forget-question").textContent = words.whetherSure(this.memories);
    this.sure.hidden = false;
    get("forget-no").focus();
  }

  private spare(): void {
    this.sure.hidden = true;
    this.forgetMe.focus();
  }

  private forgetAll(): void {
    this.sure.hidden = true;
    get("memories-title").focus();
    this.stopUndo([...this.undo.keys()]);
    this.memories.askAll();
    this.memories.consent = false;
    this.isForgettingAll = true;
    this.render();
    this.doings.withdraw();
    this.send("forget", { all: true });
  }

  private allForgotten(removed: words.Removed): void {
    this.doings.becomeStranger();
    this.isLoading = this.isForgettingAll = false;
    this.isListed = true;
    this.memories.clear();
    this.expect();
    this.complain("");
    this.render();
    this.say(words.allRemoved(removed));
  }

  /** What the server was asked did not come about: what it was to forget is still there. */
  private failed(text: string): void {
    const wasWaiting = this.isWaiting;
    this.isLoading = this.isForgettingAll = false;
    this.memories.restore();
    this.expect();
    this.say("");
    this.complain(text);
    if (wasWaiting) this.render();
  }

  /** Failed without a word of the server's, which the page would show by itself. */
  private broken(text: string): void {
    if (!this.dialog.open) this.doings.tell(text);
    this.failed(text);
  }

  private linkChanged(inTalk: boolean): void {
    const ended = this.inTalk && !inTalk;
    this.inTalk = inTalk;
    this.opener.disabled = !inTalk;
    get("memories-when").hidden = inTalk;
    if (!ended || !this.dialog.open) return;
    const waiting = [...this.undo.keys()];
    this.stopUndo(waiting);
    for (const id of waiting) this.memories.setUndoable(id, false);
    this.failed(words.PANEL_CUT_OFF);
    this.render();
  }

  private stopUndo(ids: string[]): void {
    for (const id of ids) {
      window.clearTimeout(this.undo.get(id));
      this.undo.delete(id);
    }
  }

  private send(type: string, data: unknown): void {
    if (this.doings.send(type, data)) this.expect();
    else this.broken(words.PANEL_CUT_OFF);
  }

  private get isWaiting(): boolean {
    return this.isLoading || this.isForgettingAll || this.memories.isAsking;
  }

  /** Wait for the server's next word, as long as one is due. */
  private expect(): void {
    window.clearTimeout(this.watch);
    if (!this.isWaiting) return;
    this.watch = window.setTimeout(() => {
      if (this.isWaiting) this.broken(words.NO_ANSWER);
    }, ANSWER_MS);
  }

  private complain(text: string): void {
    get("memories-problem").replaceChildren(...(text ? [h("p", { class: "problem" }, text)] : []));
  }

  private say(text: string): void {
    get("memories-said").textContent = text;
  }

  private render(keep = true): void {
    const disabled = !this.inTalk || this.isForgettingAll;
    this.list.render(this.search.value, { disabled, keep });
    this.forgetMe.disabled = disabled;
    this.sumUp();
  }

  private sumUp(): void {
    if (this.isForgettingAll) this.list.blank(words.FORGETTING);
    else if (this.isListed) this.list.sumUp();
    else this.list.blank(this.isLoading ? words.LOADING : "");
  }
}
