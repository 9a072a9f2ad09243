/** What the page is told: the server's messages, and what the call itself reports. */

export const ACTIONS = ["reply", "silence", "interrupt", "refuse", "deflect"] as const;
export type Action = (typeof ACTIONS)[number];
export type Kind = "partial" | "pause" | "overlap" | "idle";

/** One entry of the timeline. The same id again replaces what was said before. */
export interface Decision {
  type: "decision";
  id: number;
  at: number; // seconds of sound since the talk began
  kind: Kind;
  said: string;
  pause: number; // seconds
  action: Action;
  probabilities: Record<Action, number>;
  reason: string;
  facts: string[];
  latency_ms: number;
  judge: string;
  fallback: boolean;
  outcome: string;
}

/** From `at` on the judge is asked every so many seconds; `busy`: less often than it could be. */
export interface Asking {
  type: "asking";
  at: number; // seconds of sound since the talk began
  every: number;
  busy: boolean;
}

/** The microphone heard the agent’s own voice, or heard it with another delay: it is set aside. */
export interface Echo {
  type: "echo";
  at: number; // seconds of sound since the talk began
  delay_ms: number; // from a sound's leaving to its coming back
  level_db: number; // of what left
}

/** One memory of the user. */
export interface Memory {
  id: string;
  sort: "turn" | "fact" | "summary" | "decision";
  who: string; // "user", "agent" or another name
  text: string;
  when: string; // ISO 8601
  until?: string; // of an outdated fact: ISO 8601
  talk: string;
}

export type ServerEvent =
  | Decision
  | Asking
  | Echo
  | { type: "persona"; name: string; title: string; proactivity: number }
  | { type: "talk"; id: string }
  | { type: "warning"; left: number }
  | { type: "blocked"; until: string | null }
  | { type: "notice"; text: string }
  | { type: "memories"; items: Memory[]; consent: boolean; part: number; of: number }
  | { type: "forgotten"; count: number; ids: string[] }
  | { type: "forgotten"; count: number; ids: null; talks: number; recordings: number } // all
  | { type: "sample"; state: "playing" | "done" };

/** Where the connection stands. `failed` never came about; `lost` was cut without our asking. */
export type Link = "out" | "joining" | "in" | "reconnecting" | "failed" | "lost";

/** Why a talk did not come about. */
export type Failure =
  | { kind: "gone" } // nobody answered
  | { kind: "sign-in" }
  | { kind: "busy"; often: boolean; seconds: number } // or begun too often; when to come back
  | { kind: "no-way" } // the agent answered, but no sound got through
  | { kind: "late" }
  | { kind: "other"; text: string };

export type MicrophoneState =
  | "off"
  | "asking"
  | "on"
  | "muted"
  | "none"
  | "denied"
  | "busy"
  | "insecure";

export type CallEvent =
  | { type: "link"; state: Link; why?: Failure }
  | { type: "microphone"; state: MicrophoneState }
  | { type: "microphones"; devices: { id: string; label: string }[]; selected: string }
  | { type: "level"; level: number } // 0 to 1
  | { type: "floor"; who: "user" | "agent"; speaking: boolean }
  | { type: "writing"; on: boolean } // the reply model is at work
  | { type: "voicing"; on: boolean } // the voice is at work
  | { type: "cut-off" } // the agent's speech was cut off
  | { type: "user-words"; text: string; final: boolean }
  | { type: "agent-words"; text: string }
  | { type: "typed"; text: string };

export type PageEvent = ServerEvent | CallEvent;
export type Receive = (event: PageEvent) => void;

const SERVER_TYPES = [
  "decision",
  "asking",
  "echo",
  "persona",
  "talk",
  "warning",
  "blocked",
  "notice",
  "memories",
  "forgotten",
  "sample",
];

/** The server's message as an event, or null for one that this page does not know. */
export function fromServer(message: unknown): ServerEvent | null {
  if (typeof message !== "object" || message === null || !("type" in message)) return null;
  return SERVER_TYPES.includes(String(message.type)) ? (message as ServerEvent) : null;
}
