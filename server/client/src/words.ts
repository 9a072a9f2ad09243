/** Clear words for what can go wrong, and for what the agent is doing. */

import type { Asking, Echo, Failure, MicrophoneState } from "./events";
import { duration } from "./retry";
import type { State } from "./state";

export const STATE_WORDS: Record<State, string> = {
  out: "Not in a talk",
  joining: "Joining…",
  listening: "Listening",
  thinking: "Thinking",
  speaking: "Speaking",
  interrupted: "Interrupted",
};

const TYPE_INSTEAD = "You can type meanwhile.";

/** What to tell a person whose microphone is in this state; "" where nothing is wrong. */
export const MICROPHONE_WORDS: Record<MicrophoneState, string> = {
  off: "",
  on: "",
  muted: "",
  asking: "",
  none: `No microphone was found. Connect one and press “Turn microphone on”. ${TYPE_INSTEAD}`,
  denied: `The browser was not allowed to use the microphone. Allow it beside the address bar, then press “Turn microphone on”. ${TYPE_INSTEAD}`,
  busy: `Another program is using the microphone. Close it, then press “Turn microphone on”. ${TYPE_INSTEAD}`,
  insecure: `Browsers give the microphone only to pages on localhost or HTTPS, and ${location.origin} is neither. Open this page by HTTPS, or on the agent’s own machine at localhost; “python -m server doctor” says there what is missing. ${TYPE_INSTEAD}`,
};

export const RECONNECTING = "The connection is shaky. Reconnecting…";
export const SERVER_GONE =
  "The server cannot be reached. It may have stopped or be starting again; this page keeps trying.";
export const TALK_LOST = "The talk was cut off. Join again to go on.";
export const OTHER_TAB = "You are already in a talk in another tab. Leave it there first.";
export const NOTHING_RECORDED = "There is nothing of this talk to download yet.";
export const NOT_MARKED = "The mark could not be kept: the server has nothing of this talk.";
export const BLOCKED_FOR_GOOD =
  "You are blocked. The agent no longer hears or answers you; only the operator can lift this.";

export const LOADING = "Looking…";
export const FORGETTING = "Forgetting…";
export const UNDOABLE =
  "Forgotten. You can undo this for 8 seconds, or until you close this panel.";
export const UNDONE = "Not forgotten after all.";
export const PANEL_CUT_OFF =
  "The talk has ended: nothing more can be shown or forgotten here. Join again to go on.";
export const NO_ANSWER =
  "The server did not answer. What you wanted forgotten may still be there: look again in a moment.";

/** What the user has agreed to, and whether there is anything to agree to. */
interface Agreed {
  consent: boolean;
  remembers: boolean;
}

/** What becomes of what is listed; "" where it is kept. */
export function howLongKept({ consent, remembers }: Agreed): string {
  if (consent) return "";
  const why = remembers
    ? "You have not agreed to be remembered. What you agreed to in earlier talks is not listed; “Forget me” removes it as well."
    : "This agent remembers nobody beyond a talk.";
  return `Only this talk; nothing of it is kept. ${why}`;
}

/** What would be listed, where nothing is. */
export function nothingYet({ consent, remembers }: Agreed): string {
  const kept = "what both of you say is kept after the talk, and what you state about yourself";
  if (consent) return `Nothing yet. From now on ${kept}.`;
  return remembers ? `Nothing yet. If you tick “Remember me after this talk”, ${kept}.` : "Nothing yet.";
}

export function noMatch(query: string): string {
  return `Nothing matches “${query}”.`;
}

export function remembered(count: number): string {
  return count === 1 ? "1 memory" : `${count} memories`;
}

export function matching(count: number, all: number): string {
  return `${count} of ${remembered(all)} ${count === 1 ? "matches" : "match"}`;
}

export function removed(count: number): string {
  return `${remembered(count)} removed for good.`;
}

/** How many of each went. */
export interface Removed {
  count: number; // memories
  talks: number; // of which decisions were kept
  recordings: number;
}

export function allRemoved({ count, talks, recordings }: Removed): string {
  const removed = [
    remembered(count),
    ...(talks ? [`what was decided in ${talks === 1 ? "one talk" : `${talks} talks`}`] : []),
    ...(recordings ? [recordings === 1 ? "one recording" : `${recordings} recordings`] : []),
  ].join(", ");
  return `You are forgotten: ${removed} and all wishes are removed. Nothing more of this talk is kept, and your next one begins as a stranger’s.`;
}

/** What to ask before everything goes. Without consent more may be kept than is listed. */
export function whetherSure({ count, consent, remembers }: Agreed & { count: number }): string {
  const earlier = consent || !remembers ? "" : ", and what earlier talks left";
  const kept = count ? `all ${remembered(count)}` : "all that may be kept of you";
  const what = `${kept}, wishes and recordings`;
  return `Forget ${what}${earlier}? This cannot be undone.`;
}

export function blockedUntil(until: Date): string {
  const sameDay = until.toDateString() === new Date().toDateString();
  const when = sameDay ? until.toLocaleTimeString() : until.toLocaleString();
  return `You are blocked until ${when}. The agent does not hear or answer you until then.`;
}

export const SIGN_IN =
  "You are not signed in, or no longer. Open the link of your invitation; if you have none, ask whoever runs this agent, who makes one with “python -m server invite NAME”.";
const NO_WAY =
  "No way was found between this browser and the agent: a router or firewall stands between. Try another network. If it happens again, tell whoever runs this agent that docs/nat.md says what callers beyond a router need, and “python -m server doctor” looks for what is missing.";
const LATE =
  "The agent took the call, and was not ready in time. Try again in a moment; its machine may be busy.";

/** What to tell a person whose talk did not come about; "" where something else tells it. */
export function joinFailed(why: Failure): string {
  switch (why.kind) {
    case "gone":
      return "";
    case "sign-in":
      return SIGN_IN;
    case "busy":
      return `${why.often ? "You have begun too many talks lately" : "All lines are busy"}. You can try again in ${duration(why.seconds)}.`;
    case "no-way":
      return NO_WAY;
    case "late":
      return LATE;
    case "other":
      return `Joining did not work: ${why.text.replace(/[.\s]+$/, "")}. Try again in a moment.`;
  }
}

export const AGAIN = "You can try again now.";

export function warned(left: number): string {
  const times = left === 1 ? "One more time" : `${left} more times`;
  return left > 0
    ? `Please stay polite. ${times}, and the agent will stop talking to you for a while.`
    : "Please stay polite. Next time the agent will stop talking to you for a while.";
}

/** How often the judge is asked from now on, and why. */
export function asking({ every, busy }: Asking): string {
  return busy ? `Asking every ${every} s: this machine is busy` : `Asking every ${every} s again`;
}

export const ECHO = "The microphone heard the agent’s own voice. It is set aside.";

/** The same, with how late it was heard. */
export function echo({ delay_ms }: Echo): string {
  return `The microphone heard the agent’s own voice, ${(delay_ms / 1000).toFixed(2)} s late: set aside`;
}

/** What a proactivity from 0 to 1 means to a person. */
export function proactivityWords(value: number): string {
  if (value < 0.2) return "speaks only when asked";
  if (value < 0.4) return "holds back";
  if (value <= 0.6) return "speaks when it helps";
  if (value <= 0.8) return "takes part freely";
  return "speaks up and cuts in";
}
