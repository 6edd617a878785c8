/** What can be said of a new name before the server is asked. */

/** Why `name` cannot be a file's or folder's; undefined if it may be. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "A name is needed.";
  if (name.includes("/")) return "A name cannot hold a slash.";
  if (name === "." || name === "..") return "This name has a meaning of its own.";
  return undefined;
}

/** `wanted`, or the first of "wanted 2", "wanted 3" … that none of `taken` is. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted} ${number}`;
    if (!taken.has(name)) return name;
  }
}
