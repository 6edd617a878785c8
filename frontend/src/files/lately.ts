import { useEffect, useState } from "react";

/** True once `is` has been true for so long without a break: what is quick needs no sign that it lasts. */
export function useLate(is: boolean, milliseconds = 400): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!is) return;
    const timer = setTimeout(() => setLate(true), milliseconds);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [is, milliseconds]);
  return is && late;
}
