import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";

const OVERSCAN = 10;
const VIRTUAL_FROM = 200;
const DRAWN_MILLISECONDS = 300;
const STILL_MILLISECONDS = 100;

export interface Window {
  first: number;
  last: number; // not shown any more
  above: number; // pixels of the rows that lie above the frame
  isFast: boolean; // it flies by: nobody reads more than names
}

interface Shown extends Window {
  isDrawn: boolean; // what there was at first is on the screen
}

interface WindowOf {
  scroller: RefObject<HTMLElement | null>;
  body: RefObject<HTMLElement | null>; // what holds the rows
  count: number;
  rowHeight: number; // in pixels; 0 until it is known
}

/**
 * Which rows of a list of rows of one height are on the screen; once these are drawn, ten more on each side, and short lists as a whole.
 * At first, as many as a frame as high as the window would show: asking for its height would cost a layout before anything is drawn.
 */
export function useWindow({ scroller, body, count, rowHeight }: WindowOf): Shown {
  const isDrawn = useDrawn(count > 0);
  const overscan = isDrawn ? OVERSCAN : 0;
  const [shown, show] = useState<Window>(() => ({ ...seen(0, innerHeight, rowHeight || innerHeight, count, 0), above: 0, isFast: false }));
  const isFirst = useRef(true);
  useLayoutEffect(() => {
    const frame = scroller.current;
    if (!frame) return;
    let timer: ReturnType<typeof setTimeout>;
    const look = (): void => {
      if (!body.current || rowHeight === 0) return;
      const above = frame.getBoundingClientRect().top - body.current.getBoundingClientRect().top;
      const next = seen(above, frame.clientHeight, rowHeight, count, overscan);
      // Not one row of the last screen is on this one.
      show((before) => {
        const isFast = next.first >= before.last || next.last <= before.first || (before.isFast && above !== before.above);
        if (isFast) return { ...seen(above, frame.clientHeight, rowHeight, count, 1), above, isFast };
        return before.first === next.first && before.last === next.last && !before.isFast ? before : { ...next, above, isFast };
      });
      clearTimeout(timer);
      timer = setTimeout(() => show((before) => (before.isFast ? { ...next, above, isFast: false } : before)), STILL_MILLISECONDS);
    };
    // In the frame in which it scrolls: otherwise a wide jump shows nothing for one.
    const scrolled = (): void => flushSync(look);
    if (!isFirst.current) look();
    isFirst.current = false;
    frame.addEventListener("scroll", scrolled, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(frame);
    return () => {
      frame.removeEventListener("scroll", scrolled);
      sizes.disconnect();
      clearTimeout(timer);
    };
  }, [scroller, body, count, rowHeight, overscan]);
  if (isDrawn && count <= VIRTUAL_FROM) return { ...shown, first: 0, last: count, isFast: false, isDrawn };
  return { ...shown, first: Math.min(shown.first, count), last: Math.min(shown.last, count), isDrawn };
}

/** True once what there was at first is on the screen. A hidden page draws nothing: there it takes a moment. */
function useDrawn(is: boolean): boolean {
  const [isDrawn, draw] = useState(false);
  useEffect(() => {
    if (!is) return;
    let after: ReturnType<typeof setTimeout>;
    const late = setTimeout(() => draw(true), DRAWN_MILLISECONDS);
    const frame = requestAnimationFrame(() => {
      after = setTimeout(() => draw(true));
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(late);
      clearTimeout(after);
    };
  }, [is]);
  return isDrawn;
}

/** `above`: how many pixels of the rows lie above the frame. */
export function seen(above: number, height: number, rowHeight: number, count: number, overscan = OVERSCAN): Pick<Window, "first" | "last"> {
  const first = Math.max(0, Math.floor(above / rowHeight) - overscan);
  return { first: Math.min(first, Math.max(0, count - 1)), last: Math.min(count, Math.ceil((above + height) / rowHeight) + overscan) };
}

/** The height of a row as the style sheet has it, in pixels: it follows the reader's text, the width and the density. */
export function useRowHeight(probe: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(heightSaid);
  useLayoutEffect(() => {
    const element = probe.current;
    if (!element) return;
    const sizes = new ResizeObserver(() => setHeight(element.getBoundingClientRect().height));
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [probe]);
  return height;
}

/** As the style sheet says it, without asking for a layout. */
function heightSaid(): number {
  const style = getComputedStyle(document.documentElement);
  return (parseFloat(style.getPropertyValue("--row")) || 0) * parseFloat(style.fontSize);
}
