import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

// How far each folder was scrolled, in this tab.
const kept = new Map<string, number>();
const MOST_KEPT = 200;
const FRAMES_TRIED = 30;

/** Each place is scrolled as it was left, on Back as on any other way there; as soon as it has that many rows. */
export function useKeptScroll(scroller: RefObject<HTMLElement | null>, place: string, rows: number): void {
  const wanted = useRef(0);
  useLayoutEffect(() => {
    wanted.current = kept.get(place) ?? 0;
    const frame = scroller.current;
    if (!frame) return;
    const scrolled = (): void => {
      if (wanted.current > 0) return;
      kept.delete(place);
      kept.set(place, frame.scrollTop);
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    };
    const touched = (): void => {
      wanted.current = 0; // The reader scrolls: where they were is of no interest any more.
    };
    frame.addEventListener("scroll", scrolled, { passive: true });
    for (const how of ["wheel", "touchstart", "keydown", "pointerdown"]) frame.addEventListener(how, touched, { passive: true });
    return () => {
      frame.removeEventListener("scroll", scrolled);
      for (const how of ["wheel", "touchstart", "keydown", "pointerdown"]) frame.removeEventListener(how, touched);
    };
  }, [scroller, place]);
  useEffect(() => {
    let frameRequest = 0;
    let tries = FRAMES_TRIED;
    // The list has its height some frames after its rows.
    const attempt = (): void => {
      const frame = scroller.current;
      if (!frame || wanted.current === 0 || rows === 0) return;
      frame.scrollTo({ top: wanted.current });
      tries -= 1;
      if (Math.abs(frame.scrollTop - wanted.current) < 2) wanted.current = 0;
      else if (tries > 0) frameRequest = requestAnimationFrame(attempt);
    };
    attempt();
    return () => cancelAnimationFrame(frameRequest);
  }, [scroller, rows]);
}
