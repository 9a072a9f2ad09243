/** What both sides said, word by word. */

import { following, h } from "./dom";
import type { PageEvent } from "./events";

type Who = "user" | "agent";

/** One stretch of speech on the page. Busy while words may still come. */
class Entry {
  readonly element: HTMLLIElement;
  answered = false; // the agent has begun to speak since
  private readonly words = h("span", { class: "words" });
  private readonly interim = h("span", { class: "interim" });

  constructor(who: Who, how = "") {
    const name = h("span", { class: "who" }, (who === "user" ? "You" : "Agent") + how);
    this.element = h(
      "li",
      { class: `entry ${who}`, "aria-busy": "true" },
      name,
      h("p", {}, this.words, this.interim),
    );
  }

  get hasInterim(): boolean {
    return this.interim.textContent !== "";
  }

  guess(text: string): void {
    this.interim.textContent = text && this.words.textContent ? ` ${text}` : text;
  }

  add(text: string): void {
    const before = this.words.textContent ?? "";
    const glued = before === "" || /^[\s.,!?;:)’']/.test(text) || /\s$/.test(before);
    this.words.append(glued ? text : ` ${text}`);
    this.interim.textContent = "";
  }

  close(cut = false): void {
    if (cut) this.element.querySelector("p")?.append(h("span", { class: "cut" }, " — cut off"));
    this.element.setAttribute("aria-busy", "false");
  }
}

export class Transcript {
  private open: Record<Who, Entry | null> = { user: null, agent: null };
  private typed: string[] = []; // typed texts whose echo from the server is still to come

  constructor(
    private readonly list: HTMLElement,
    private readonly box: HTMLElement,
  ) {}

  receive(event: PageEvent): void {
    switch (event.type) {
      case "link":
        if (event.state === "joining") this.clear();
        if (event.state !== "in" && event.state !== "reconnecting") this.closeAll();
        break;
      case "user-words":
        return this.userWords(event.text.trim(), event.final);
      case "agent-words":
        return this.agentWords(event.text);
      case "typed":
        return this.typedText(event.text);
      case "floor":
        if (event.who === "agent") this.agentSpeaks(event.speaking);
        break;
      case "cut-off":
        return this.close("agent", true);
      case "decision":
        if (event.outcome === "chose silence") this.close("user");
        break;
    }
  }

  private userWords(text: string, final: boolean): void {
    if (final && this.echoOfTyped(text)) return;
    const { user } = this.open;
    if (user?.answered && !user.hasInterim) this.close("user");
    following(this.box, () => {
      const entry = this.entry("user");
      if (final) entry.add(text);
      else entry.guess(text);
    });
  }

  private agentWords(text: string): void {
    if (text.trim()) following(this.box, () => this.entry("agent").add(text));
  }

  private typedText(text: string): void {
    this.typed.push(text.trim());
    this.close("user");
    following(this.box, () => {
      const entry = new Entry("user", " (typed)");
      entry.add(text);
      entry.close();
      this.list.append(entry.element);
    });
  }

  private agentSpeaks(speaking: boolean): void {
    if (!speaking) return this.close("agent");
    if (this.open.user) this.open.user.answered = true;
  }

  private echoOfTyped(text: string): boolean {
    const index = this.typed.indexOf(text);
    if (index < 0) return false;
    this.typed.splice(index, 1);
    return true;
  }

  private entry(who: Who): Entry {
    const entry = (this.open[who] ??= new Entry(who));
    if (!entry.element.isConnected) this.list.append(entry.element);
    return entry;
  }

  private close(who: Who, cut = false): void {
    this.open[who]?.close(cut);
    this.open[who] = null;
  }

  private closeAll(): void {
    this.close("user");
    this.close("agent");
    this.typed = [];
  }

  private clear(): void {
    this.closeAll();
    this.list.replaceChildren();
  }
}
