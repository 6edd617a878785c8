import { useLayoutEffect } from "react";
import { useNavigate } from "react-router";
import { addresses } from "@/addresses";
import { undoNewest } from "@/kit";
import { showKeyboard } from "./keyboard_help";
import { isCommand, isTyping } from "./keys";

/** Keys that work in every view: `/` searches, `?` lists the keys, Ctrl Z undoes; from the moment in which it is seen. */
export function useShortcuts(): void {
  const navigate = useNavigate();
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isTyping(event.target)) return;
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
      const field = document.querySelector<HTMLElement>("main input[type=search]");
      if (isPlain && event.key === "/" && field) field.focus();
      else if (isPlain && event.key === "/") void navigate(addresses.search());
      else if (isPlain && event.key === "?") showKeyboard();
      else if (!(isCommand(event) && event.key.toLowerCase() === "z" && undoNewest())) return;
      event.preventDefault();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [navigate]);
}
