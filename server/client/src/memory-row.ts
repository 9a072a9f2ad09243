/** One memory in the panel: what it says, and how to have it forgotten. */

import { h } from "./dom";
import type { Entry } from "./memories";

const SHORT = 80; // characters of a memory that name its button

export class MemoryRow {
  readonly element = h("li", { class: "memory", tabindex: "-1" });

  constructor(
    readonly entry: Entry,
    private readonly act: (row: MemoryRow) => void,
  ) {}

  get hasFocus(): boolean {
    return this.element.contains(document.activeElement);
  }

  /** Show it with "Forget this", or in short with "Undo". */
  show({ undoable, disabled }: { undoable: boolean; disabled: boolean }): void {
    const { hasFocus } = this;
    const button = h("button", { type: "button", disabled }, undoable ? "Undo" : "Forget this");
    button.setAttribute("aria-label", `${button.textContent}: ${short(this.entry.text)}`);
    button.addEventListener("click", () => this.act(this));
    this.element.classList.toggle("undoable", undoable);
    this.element.replaceChildren(undoable ? this.gone() : this.kept(), button);
    if (hasFocus) this.focus(true);
  }

  /** Take the focus: with `button` into the button, unless that is disabled. */
  focus(button: boolean): void {
    const found = button ? this.element.querySelector<HTMLElement>("button:enabled") : null;
    (found ?? this.element).focus();
  }

  private kept(): HTMLElement {
    const { who, when, date, held, text } = this.entry;
    const time = h("time", { datetime: when.toISOString() }, date);
    const source = h("p", { class: "source" }, h("span", {}, who), time);
    if (held) source.append(h("span", {}, held));
    return h("div", {}, source, h("p", {}, text));
  }

  private gone(): HTMLElement {
    return h("p", {}, "Forgotten: ", h("q", {}, short(this.entry.text)));
  }
}

function short(text: string): string {
  return text.length > SHORT ? `${text.slice(0, SHORT)}…` : text;
}
