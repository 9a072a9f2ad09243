/** One talk a browser: a second tab would hear the first one's agent. */

/** Hold the talk for this tab. Returns how to let it go, or null while another tab has it. */
export function holdTab(): Promise<(() => void) | null> {
  const locks: LockManager | undefined = navigator.locks; // missing without HTTPS
  if (!locks) return Promise.resolve(() => {});
  return new Promise((answer) => {
    void locks.request("repartee-talk", { ifAvailable: true }, (lock) => {
      if (!lock) return answer(null);
      return new Promise<void>((release) => answer(release));
    });
  });
}
