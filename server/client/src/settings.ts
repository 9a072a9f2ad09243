/** Who the agent is, how forward, and what it may remember of whom. */

import { get, h } from "./dom";
import type { PageEvent } from "./events";
import { identity } from "./identity";
import type { Profile, StartBody } from "./server";
import { proactivityWords } from "./words";

type Send = (type: string, data: unknown) => boolean;

export class Settings {
  private readonly persona = get<HTMLSelectElement>("persona");
  private readonly proactivity = get<HTMLInputElement>("proactivity");
  private readonly consent = get<HTMLInputElement>("consent");
  private profile: Profile | null = null;
  private moved: number | null = null; // where the slider was moved to before the talk

  constructor(private readonly send: Send) {
    this.persona.addEventListener("change", () => this.choosePersona());
    this.proactivity.addEventListener("input", () => this.describe());
    this.proactivity.addEventListener("change", () => this.move());
    this.consent.addEventListener("change", () =>
      this.send("consent", { value: this.consent.checked }),
    );
    this.describe();
  }

  /** Offer what the server has; what was chosen before stays where it still exists. */
  offer(profile: Profile): void {
    const chosen = this.profile ? this.persona.value : profile.persona;
    if (!this.profile) this.proactivity.value = String(profile.proactivity);
    this.profile = profile;
    const options = profile.personas.map(({ name, title }) =>
      h("option", { value: name }, title || name),
    );
    this.persona.replaceChildren(...options);
    const known = profile.personas.some(({ name }) => name === chosen);
    this.persona.value = known ? chosen : profile.persona;
    this.describe();
    this.offerConsent(profile.remembers);
  }

  receive(event: PageEvent): void {
    if (event.type === "link" && event.state === "in" && this.moved !== null) this.move();
    if (event.type !== "persona") return;
    this.persona.value = event.name;
    this.proactivity.value = String(this.moved ?? event.proactivity);
    this.describe();
  }

  /** Ask for the slider's proactivity now, else once the talk begins: it is remembered. */
  private move(): void {
    const value = this.proactivity.valueAsNumber;
    this.moved = this.send("proactivity", { value }) ? null : value;
  }

  /** What the next talk is started with. */
  body(): StartBody {
    return {
      user: identity(),
      consent: this.consent.checked,
      persona: this.persona.value,
      ...(this.moved !== null && { proactivity: this.moved }),
    };
  }

  /** Take back that the user may be remembered. */
  withdraw(): void {
    this.consent.checked = false;
    this.send("consent", { value: false });
  }

  /** Ask for consent only where it changes anything; else say that it would not. */
  private offerConsent(remembers: boolean): void {
    get("consent-field").hidden = !remembers;
    get("remembers-nobody").hidden = remembers;
    if (!remembers) this.consent.checked = false;
  }

  /** A persona brings its own proactivity; in a talk the server says so itself. */
  private choosePersona(): void {
    const persona = this.profile?.personas.find(({ name }) => name === this.persona.value);
    if (persona) this.proactivity.value = String(persona.proactivity);
    this.moved = null;
    this.describe();
    this.send("persona", { name: this.persona.value });
  }

  private describe(): void {
    const words = proactivityWords(this.proactivity.valueAsNumber);
    get("proactivity-words").textContent = words;
    this.proactivity.setAttribute("aria-valuetext", `${this.proactivity.value}: ${words}`);
  }
}
