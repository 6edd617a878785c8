import { type RefObject, useEffect, useState } from "react";

/** Whether a pointer is down within `area`: nothing may move under it. */
export function usePressed(area: RefObject<HTMLElement | null>): boolean {
  const [isPressed, press] = useState(false);
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    const down = (): void => press(true);
    const up = (): void => press(false);
    element.addEventListener("pointerdown", down);
    for (const end of ["pointerup", "pointercancel", "dragend"]) window.addEventListener(end, up);
    return () => {
      element.removeEventListener("pointerdown", down);
      for (const end of ["pointerup", "pointercancel", "dragend"]) window.removeEventListener(end, up);
    };
  }, [area]);
  return isPressed;
}
