/** Join, leave, microphone, typing and download: what a person can do, and when. */

import { get, h } from "./dom";
import type { Link, MicrophoneState, PageEvent } from "./events";

/** What the buttons call. */
export interface Doings {
  join(sample: boolean): void;
  leave(): void;
  mute(muted: boolean): void;
  useMicrophone(device: string): void;
  say(text: string): boolean;
  download(): void;
}

export class Controls {
  private readonly join = get<HTMLButtonElement>("join");
  private readonly leave = get<HTMLButtonElement>("leave");
  private readonly sample = get<HTMLButtonElement>("sample");
  private readonly mute = get<HTMLButtonElement>("mute");
  private readonly devices = get<HTMLSelectElement>("device");
  private readonly meter = get("level");
  private readonly text = get<HTMLInputElement>("text");
  private readonly saySend = get<HTMLButtonElement>("send");
  private readonly save = get<HTMLButtonElement>("download");
  private link: Link = "out";
  private microphone: MicrophoneState = "off";

  constructor(private readonly doings: Doings) {
    this.join.addEventListener("click", () => doings.join(false));
    this.sample.addEventListener("click", () => doings.join(true));
    this.leave.addEventListener("click", () => doings.leave());
    this.mute.addEventListener("click", () => doings.mute(this.microphone === "on"));
    this.devices.addEventListener("change", () => doings.useMicrophone(this.devices.value));
    this.save.addEventListener("click", () => doings.download());
    get("say").addEventListener("submit", (submit) => this.submit(submit));
    this.render();
  }

  get device(): string {
    return this.devices.value;
  }

  /** Whether the server has a sample talk to play. */
  offerSample(has: boolean): void {
    this.sample.hidden = !has;
  }

  receive(event: PageEvent): void {
    switch (event.type) {
      case "link":
        this.link = event.state;
        return this.render();
      case "microphone":
        this.microphone = event.state;
        return this.render();
      case "microphones":
        return this.listDevices(event.devices, event.selected);
      case "level":
        return this.showLevel(this.microphone === "on" ? event.level : 0);
      case "talk":
        this.save.disabled = false;
        return;
      case "forgotten":
        if (event.ids === null) this.save.disabled = true;
        return;
    }
  }

  private get inTalk(): boolean {
    return this.link === "in" || this.link === "reconnecting";
  }

  private render(): void {
    const busy = this.inTalk || this.link === "joining";
    this.swap(busy);
    this.sample.disabled = busy;
    this.mute.hidden = !busy;
    this.mute.disabled = !this.inTalk || this.microphone === "asking";
    this.mute.textContent = this.microphone === "on" ? "Mute" : "Turn microphone on";
    this.text.disabled = this.saySend.disabled = !this.inTalk;
    if (this.microphone !== "on") this.showLevel(0);
  }

  private showLevel(level: number): void {
    const percent = Math.round(level * 100);
    this.meter.setAttribute("aria-valuenow", String(percent));
    (this.meter.firstElementChild as HTMLElement).style.width = `${percent}%`;
  }

  /** Show Leave in place of Join or the other way round, and keep the focus on the one shown. */
  private swap(busy: boolean): void {
    const focused = document.activeElement === this.join || document.activeElement === this.leave;
    this.join.hidden = busy;
    this.leave.hidden = !busy;
    if (focused) (busy ? this.leave : this.join).focus();
  }

  private listDevices(devices: { id: string; label: string }[], selected: string): void {
    const named = devices.filter(({ id, label }) => id && label);
    const options = named.map(({ id, label }) => h("option", { value: id }, label));
    this.devices.replaceChildren(
      ...(options.length ? options : [h("option", { value: "" }, "Default microphone")]),
    );
    if (named.some(({ id }) => id === selected)) this.devices.value = selected;
  }

  private submit(submit: Event): void {
    submit.preventDefault();
    const text = this.text.value.trim();
    if (text && this.doings.say(text)) this.text.value = "";
  }
}
