/** The page's own requests to the server: everything that is not a talk. */

import type { Mark } from "./decision-card";

/** What can be talked to here. */
export interface Profile {
  profile: string;
  personas: { name: string; title: string; proactivity: number }[];
  persona: string;
  proactivity: number;
  sample: boolean;
  remembers: boolean; // with consent; else nothing outlives a talk
}

/** The server's profile, or null while the server cannot be reached. */
export async function profile(): Promise<Profile | null> {
  try {
    const response = await fetch("/api/profile", { cache: "no-store" });
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
