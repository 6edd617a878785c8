/** What was dropped, pasted or chosen, as files and folders. */

/** A file, with a way to look at it again where the browser gives one. */
export interface FoundFile {
  path: string; // below what was dropped, with the name of the dropped folder first
  file: File;
  fresh: (() => Promise<File>) | null;
}

export interface Tree {
  files: FoundFile[];
  folders: string[]; // the empty ones
  unreadable: Unreadable[];
}

/** What is there and cannot be looked at, such as a file that has just been moved, or a folder of somebody else's. */
export interface Unreadable {
  path: string;
  fresh: (() => Promise<File>) | null; // null: a folder
}

export type Source = { kind: "file"; name: string; found: FoundFile } | { kind: "folder"; name: string; tree: (told: (files: number) => void) => Promise<Tree> };

const ABREAST = 32;

/** Must be called while the event runs: afterwards the browser empties its data. */
export function sourcesIn(data: DataTransfer): Source[] {
  const items = Array.from(data.items).filter(({ kind }) => kind === "file");
  const sources = items.map((item) => {
    const entry = item.webkitGetAsEntry();
    if (entry?.isDirectory) return folderSource(entry as FileSystemDirectoryEntry);
    const file = item.getAsFile();
    return file && fileSource(file, entry?.isFile ? (entry as FileSystemFileEntry) : null);
  });
  const found = sources.filter((source) => source !== null);
  return found.length ? found : Array.from(data.files, (file) => fileSource(file, null));
}

/** What a chooser gives; of a chosen folder each file has the path that it has there. */
export function sourcesOf(files: Iterable<File>): Source[] {
  const sources: Source[] = [];
  const folders = new Map<string, FoundFile[]>();
  for (const file of files) {
    const path = file.webkitRelativePath;
    if (!path.includes("/")) sources.push(fileSource(file, null));
    else {
      const name = path.slice(0, path.indexOf("/"));
      const inside = folders.get(name) ?? [];
      inside.push({ path, file, fresh: null });
      folders.set(name, inside);
    }
  }
  for (const [name, found] of folders) sources.push({ kind: "folder", name, tree: () => Promise.resolve({ files: found, folders: [], unreadable: [] }) });
  return sources;
}

const fileSource = (file: File, entry: FileSystemFileEntry | null): Source => ({
  kind: "file",
  name: file.name,
  found: { path: file.name, file, fresh: entry && (() => fileOf(entry)) },
});

const folderSource = (entry: FileSystemDirectoryEntry): Source => ({
  kind: "folder",
  name: entry.name,
  tree: async (told) => {
    const tree: Tree = { files: [], folders: [], unreadable: [] };
    await walk(entry, entry.name, tree, told);
    return tree;
  },
});

async function walk(folder: FileSystemDirectoryEntry, path: string, tree: Tree, told: (files: number) => void): Promise<void> {
  const entries = await entriesOf(folder).catch(() => null);
  if (entries === null) {
    tree.unreadable.push({ path, fresh: null });
    return;
  }
  if (entries.length === 0) tree.folders.push(path);
  const files = entries.filter((entry): entry is FileSystemFileEntry => entry.isFile);
  for (let first = 0; first < files.length; first += ABREAST) {
    const some = files.slice(first, first + ABREAST);
    const found = await Promise.all(some.map(async (entry) => ({ path: `${path}/${entry.name}`, file: await fileOf(entry).catch(() => null), fresh: () => fileOf(entry) })));
    for (const { file, ...rest } of found) {
      if (file) tree.files.push({ file, ...rest });
      else tree.unreadable.push(rest); // The others go all the same.
    }
    told(tree.files.length);
  }
  for (const entry of entries) {
    if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, `${path}/${entry.name}`, tree, told);
  }
}

/** The browser hands entries over by the hundred, and none when there are no more. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));
