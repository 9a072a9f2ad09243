/** The page's own requests to the server: everything that is not a talk. */

import type { Mark } from "./decision-card";
import type { Failure } from "./events";

/** What can be talked to here. */
export interface Profile {
  profile: string;
  personas: { name: string; title: string; proactivity: number }[];
  persona: string;
  proactivity: number;
  sample: boolean;
  remembers: boolean; // with consent; else nothing outlives a talk
}

/** What a talk is started with. */
export type StartBody = {
  user: string;
  consent: boolean;
  persona: string;
  proactivity?: number; // where the user put it before the talk
};

/** A talk that may begin: its id, and the servers that help both sides to reach each other. */
export interface Session {
  sessionId: string;
  iceConfig?: { iceServers: RTCIceServer[] };
}

/** The server answers, and does not want to. */
export class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.kind);
  }
}

const PATIENCE_S = 10; // where the server does not say when to come back

/** Ask for a talk. Throws `Refused`, or a `TypeError` where nobody answers. */
export async function start(body: StartBody): Promise<Session> {
  const response = await fetch("/start", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ transport: "webrtc", body }),
  });
  if (!response.ok) throw new Refused(await refusal(response));
  return (await response.json()) as Session;
}

/** Why the server does not want to. */
export async function refusal(response: Response): Promise<Failure> {
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  switch (response.status) {
    case 401:
      return { kind: "sign-in" };
    case 429:
    case 503:
      return { kind: "busy", often: response.status === 429, seconds: seconds > 0 ? seconds : PATIENCE_S };
  }
  const told: unknown = await response.json().catch(() => null);
  const detail = told && typeof told === "object" && "detail" in told ? told.detail : null;
  return { kind: "other", text: typeof detail === "string" ? detail : `HTTP ${response.status}` };
}

/** The server's profile; "stranger" for who must sign in, null while nobody answers. */
export async function profile(): Promise<Profile | "stranger" | null> {
  try {
    const response = await fetch("/api/profile", { cache: "no-store" });
    if (response.status === 401) return "stranger";
    return response.ok ? ((await response.json()) as Profile) : null;
  } catch (error) {
    if (error instanceof TypeError) return null; // what fetch throws for a dead server
    throw error;
  }
}

/** A talk's sound and rows as one zip, or null while there is nothing of it. */
export async function download(talk: string): Promise<Blob | null> {
  try {
    const response = await fetch(`/api/talks/${talk}.zip`, { cache: "no-store" });
    return response.ok ? await response.blob() : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** Mark a decision of a finished talk. Returns whether the server could keep it. */
export async function mark(talk: string, mark: Mark): Promise<boolean> {
  try {
    const response = await fetch(`/api/talks/${talk}/marks`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(mark),
    });
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** Hand `blob` to the person as a file. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
