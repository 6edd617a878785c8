export type Theme = "system" | "light" | "dark";

const KEY = "cairn.theme";

export const keptTheme = (): Theme => {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
};

/** The reader's own choice on this device, else the system's. */
export function applyTheme(theme: Theme = keptTheme()): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
}

export function chooseTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  applyTheme(theme);
}

/** The other one than is seen now. */
export function switchTheme(): void {
  const theme = keptTheme();
  const isDark = theme === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
  chooseTheme(isDark ? "light" : "dark");
}
