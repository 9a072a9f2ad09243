/** What the agent is doing now, derived from what the call reports. */

import type { Link, PageEvent } from "./events";

/** The facts that the state is read off. */
export interface Signals {
  link: Link;
  user: boolean; // makes sound
  agent: boolean; // makes sound
  writing: boolean;
  voicing: boolean;
  cut: boolean; // the agent was cut off, and nothing has followed yet
}

export type State = "out" | "joining" | "listening" | "thinking" | "speaking" | "interrupted";

const QUIET = { user: false, agent: false, writing: false, voicing: false, cut: false };

export const START: Signals = { link: "out", ...QUIET };

/** The signals after `event`. */
export function next(signals: Signals, event: PageEvent): Signals {
  switch (event.type) {
    case "link":
      return event.state === "in" || event.state === "reconnecting"
        ? { ...signals, link: event.state }
        : { link: event.state, ...QUIET };
    case "floor":
      return event.who === "user"
        ? { ...signals, user: event.speaking, cut: signals.cut && event.speaking }
        : { ...signals, agent: event.speaking, cut: signals.cut && !event.speaking };
    case "writing":
      return { ...signals, writing: event.on, cut: signals.cut && (!event.on || signals.user) };
    case "voicing":
      return { ...signals, voicing: event.on };
    case "cut-off":
      // Every new turn of the user sends one; it means something while the agent speaks.
      return { ...signals, agent: false, writing: false, voicing: false, cut: signals.agent };
    case "decision":
      return event.outcome === "yielded" ? { ...signals, cut: true } : signals;
    default:
      return signals;
  }
}

export function stateOf({ link, user, agent, writing, voicing, cut }: Signals): State {
  if (link === "joining") return "joining";
  if (link !== "in" && link !== "reconnecting") return "out";
  if (agent) return "speaking";
  if (cut) return "interrupted";
  if (user) return "listening";
  return writing || voicing ? "thinking" : "listening";
}
