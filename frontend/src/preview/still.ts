/** Whether the reader rests: thumbnails are loaded only where a list has not been scrolled for a moment. */

const REST_MILLISECONDS = 100;

const waiting = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

const wait = (): void => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    for (const ready of waiting) ready();
    waiting.clear();
  }, REST_MILLISECONDS);
};

window.addEventListener("scroll", () => waiting.size > 0 && wait(), { capture: true, passive: true });

/** Calls `ready` once nothing has been scrolled for 100 ms; the answer forgets it. */
export function whenStill(ready: () => void): () => void {
  waiting.add(ready);
  wait();
  return () => waiting.delete(ready);
}
