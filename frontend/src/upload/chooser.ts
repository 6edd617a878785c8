/** The browser's own choosers of files and folders, opened from wherever there is a button for them. */

import type { Target } from "./job";
import { currentTarget } from "./target";

type Kind = "file" | "folder";

const inputs: Partial<Record<Kind, HTMLInputElement>> = {};
let chosenFor: Target | null = null;

export const registerChooser = (kind: Kind) => (input: HTMLInputElement | null): void => {
  if (input) inputs[kind] = input;
  else Reflect.deleteProperty(inputs, kind);
};

/** Open it; what is chosen goes to the folder that is on the screen now. */
export function choose(kind: Kind): void {
  chosenFor = currentTarget();
  inputs[kind]?.click();
}

/** Where what was chosen goes. */
export const targetOfChoice = (): Target | null => chosenFor ?? currentTarget();
