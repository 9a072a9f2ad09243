/** What stands in a person's way now, read out at once; and notices, read out in passing. */

import { h } from "./dom";

export class Problems {
  private readonly shown = new Map<string, HTMLElement>();

  constructor(
    private readonly alerts: HTMLElement,
    private readonly notices: HTMLElement,
  ) {}

  /** Show `text` under `key` until it is cleared. An empty text clears it. */
  set(key: string, text: string): void {
    const old = this.shown.get(key);
    if (old?.textContent === text) return;
    this.clear(key);
    if (!text) return;
    const alert = h("p", { class: "problem", "data-problem": key }, text);
    this.shown.set(key, alert);
    this.alerts.append(alert);
  }

  clear(key: string): void {
    this.shown.get(key)?.remove();
    this.shown.delete(key);
  }

  /** Say something that needs no answer; the next notice replaces it. */
  notice(text: string): void {
    this.notices.textContent = text;
  }
}
