/** The page: each event of a talk goes to every view, and each view takes what it knows. */

import { Call } from "./call";
import { Controls } from "./controls";
import type { Mark } from "./decision-card";
import { get } from "./dom";
import type { Failure, MicrophoneState, PageEvent } from "./events";
import { forget } from "./identity";
import { MemoryPanel } from "./memory-panel";
import { Problems } from "./problems";
import { Retry } from "./retry";
import * as server from "./server";
import { Settings } from "./settings";
import { START, next, stateOf } from "./state";
import { holdTab } from "./tab";
import { Timeline } from "./timeline";
import { Transcript } from "./transcript";
import * as words from "./words";
import "./style.css";

const RETRY_MS = 3_000;

// ?ec=0 leaves the sound of the microphone as it is, for tests that play a file into it.
const treat = new URLSearchParams(location.search).get("ec") !== "0";
const treatment = { echoCancellation: treat, noiseSuppression: treat, autoGainControl: treat };

const problems = new Problems(get("problems"), get("notice"));
const call = new Call(receive, hear, treatment);
const settings = new Settings((type, data) => call.send(type, data));
const memories = new MemoryPanel({
  send: (type, data) => call.send(type, data),
  withdraw: () => settings.withdraw(),
  becomeStranger: forget,
  tell: (text) => problems.notice(text),
});
const transcript = new Transcript(get("transcript"), get("transcript-box"));
const timeline = new Timeline(
  get("decisions"),
  get("decisions-box"),
  get("timeline-said"),
  (mark) => void keep(mark),
);
const controls = new Controls({
  join: (sample) => void join(sample),
  leave: () => void call.leave(),
  mute: (muted) => call.mute(muted),
  useMicrophone: (device) => call.useMicrophone(device),
  say: (text) => call.say(text),
  download: () => void downloadTalk(),
});

const agentSound = get<HTMLAudioElement>("agent-sound");
const sampleSound = get<HTMLAudioElement>("sample-sound");

const retry = new Retry(
  () => void join(lastWasSample),
  () => problems.notice(words.AGAIN),
);

let signals = START;
let talk = ""; // the id under which the latest talk can be downloaded
let letGo: (() => void) | null = null; // releases this browser's one talk
let sampleNext = false; // the talk being joined is to play the sample
let lastWasSample = false; // whether the latest talk was joined to play the sample
let search = 0; // the timer of the next try to find a server that does not answer
let unblock = 0; // the timer that ends a timed block on the page

function receive(event: PageEvent): void {
  signals = next(signals, event);
  showState();
  for (const view of [controls, settings, memories, transcript, timeline]) view.receive(event);
  get("timeline-empty").hidden = timeline.size > 0;
  switch (event.type) {
    case "link":
      return linkChanged(event.state, event.why);
    case "microphone":
      return showMicrophone(event.state);
    case "talk":
      talk = event.id;
      return;
    case "warning":
      return problems.notice(words.warned(event.left));
    case "blocked":
      return blocked(event.until);
    case "notice":
      return problems.notice(event.text);
    case "sample":
      return playSample(event.state === "playing");
  }
}

/** A page that no browser gives a microphone says so at once, and as long as it is open. */
function showMicrophone(state: MicrophoneState): void {
  problems.set("microphone", words.MICROPHONE_WORDS[window.isSecureContext ? state : "insecure"]);
}

function showState(): void {
  const state = stateOf(signals);
  document.body.dataset["state"] = state;
  document.body.dataset["link"] = signals.link;
  get("state").textContent = words.STATE_WORDS[state];
}

async function join(sample: boolean): Promise<void> {
  letGo ??= await holdTab();
  problems.set("tab", letGo ? "" : words.OTHER_TAB);
  if (!letGo) return;
  sampleNext = lastWasSample = sample;
  await call.join(settings.body(), { withMicrophone: !sample, device: controls.device });
}

function linkChanged(link: string, why?: Failure): void {
  retry.clear(get(link === "joining" ? "leave" : "join"));
  problems.set("link", link === "reconnecting" ? words.RECONNECTING : "");
  switch (link) {
    case "joining":
      problems.clear("blocked");
      return problems.notice("");
    case "reconnecting":
      return void findServer();
    case "in":
      if (sampleNext) call.send("sample", {});
      sampleNext = false;
      return;
    case "failed":
      problems.set("link", why ? words.joinFailed(why) : "");
      if (why?.kind === "busy") retry.wait(why.seconds);
      return ended();
    case "lost":
      problems.set("link", words.TALK_LOST);
      return ended();
    case "out":
      return ended();
  }
}

function ended(): void {
  letGo?.();
  letGo = null;
  playSample(false);
  agentSound.srcObject = null;
  void findServer();
}

function blocked(until: string | null): void {
  window.clearTimeout(unblock);
  if (until === null) return problems.set("blocked", words.BLOCKED_FOR_GOOD);
  const end = new Date(until);
  problems.set("blocked", words.blockedUntil(end));
  unblock = window.setTimeout(() => problems.clear("blocked"), end.getTime() - Date.now());
}

function hear(track: MediaStreamTrack): void {
  agentSound.srcObject = new MediaStream([track]);
}

/** The visitor hears the sample's caller from here; the server hears it from its own copy. */
function playSample(on: boolean): void {
  if (!on) return sampleSound.pause();
  sampleSound.src = "/api/sample.wav";
  sampleSound.play().catch((error: unknown) => problems.notice(`The sample cannot be played: ${error}`));
}

async function downloadTalk(): Promise<void> {
  const zip = await server.download(talk);
  problems.set("download", zip ? "" : words.NOTHING_RECORDED);
  if (zip) server.save(zip, `talk-${talk}.zip`);
}

/** In a talk the agent takes the mark; afterwards it goes to what was kept of the talk. */
async function keep(mark: Mark): Promise<void> {
  const kept = call.send("mark", mark) || (await server.mark(talk, mark));
  problems.set("mark", kept ? "" : words.NOT_MARKED);
}

/** Ask what the server offers, again and again until it answers. */
async function findServer(): Promise<void> {
  window.clearTimeout(search);
  const offered = await server.profile();
  problems.set("server", offered === null ? words.SERVER_GONE : "");
  if (offered === "stranger") return problems.set("link", words.SIGN_IN);
  if (!offered) {
    window.clearTimeout(search);
    search = window.setTimeout(() => void findServer(), RETRY_MS);
    return;
  }
  settings.offer(offered);
  memories.offer(offered);
  controls.offerSample(offered.sample);
}

declare global {
  interface Window {
    /** For tests: hand the page an event as though it had come from a talk, and see what it sends. */
    repartee: { receive: typeof receive; call: Call };
  }
}

window.repartee = { receive, call };
window.addEventListener("pagehide", () => {
  memories.settle();
  void call.leave();
});
showState();
showMicrophone("off");
void findServer();
