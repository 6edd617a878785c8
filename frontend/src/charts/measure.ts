import { type RefObject, useLayoutEffect, useRef, useState } from "react";

/** How wide an element is, and how large its text, in pixels; what is drawn is drawn for that, and never scaled. Width 0 until it is known. */
export function useMeasured<T extends Element>(): [RefObject<T | null>, { width: number; rem: number }] {
  const element = useRef<T>(null);
  const [measured, setMeasured] = useState({ width: 0, rem: 16 });
  useLayoutEffect(() => {
    const seen = element.current;
    if (!seen) return;
    const measure = (): void => {
      const width = Math.floor(seen.getBoundingClientRect().width);
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
      setMeasured((before) => (before.width === width && before.rem === rem ? before : { width, rem }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(seen);
    return () => observer.disconnect();
  }, []);
  return [element, measured];
}
