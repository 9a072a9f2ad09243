/** Who this browser says it is: a random id that one button clears. */

const KEY = "repartee-user";

// Only while the browser refuses to store anything: then the id lives for the page.
let unstored: string | null = null;

/** The id kept in this browser, made on first use. */
export function identity(): string {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept) return kept;
    const made = randomId();
    localStorage.setItem(KEY, made);
    return made;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return (unstored ??= randomId());
  }
}

/** Forget the id. The next call of `identity` makes a stranger's. */
export function forget(): void {
  unstored = null;
  try {
    localStorage.removeItem(KEY);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/** A random UUID; `crypto.randomUUID` itself is missing on pages served without HTTPS. */
function randomId(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
