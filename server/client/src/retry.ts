/** When one may try again: seconds that are seen to pass, and a button that waits for them. */

import { get } from "./dom";

const SECOND_MS = 1000;

export class Retry {
  private readonly box = get("retry");
  private readonly again = get<HTMLButtonElement>("again");
  private readonly when = get("again-when");
  private timer = 0;
  private due = 0; // ms of `Date.now()`

  constructor(
    retry: () => void,
    private readonly ready: () => void,
  ) {
    this.again.addEventListener("click", () => {
      if (this.left === 0) retry();
    });
  }

  /** Offer to try again after so many seconds. */
  wait(seconds: number): void {
    this.due = Date.now() + seconds * SECOND_MS;
    this.box.hidden = false;
    window.clearInterval(this.timer);
    this.timer = window.setInterval(() => this.tick(), SECOND_MS / 4);
    this.render();
  }

  /** Offer it no longer; the focus, if it was here, goes to `next`. */
  clear(next: HTMLElement): void {
    window.clearInterval(this.timer);
    const focused = document.activeElement === this.again;
    this.box.hidden = true;
    if (focused) next.focus();
  }

  private get left(): number {
    return Math.max(0, Math.ceil((this.due - Date.now()) / SECOND_MS));
  }

  private tick(): void {
    this.render();
    if (this.left > 0) return;
    window.clearInterval(this.timer);
    this.ready();
  }

  /** The button stays in reach of the keyboard while it waits. */
  private render(): void {
    this.again.setAttribute("aria-disabled", String(this.left > 0));
    this.when.textContent = this.left > 0 ? `in ${duration(this.left)}` : "";
  }
}

/** Seconds as a person says them. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
