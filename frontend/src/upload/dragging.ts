/** A drag of files over the page: what it is over, and what becomes of it. */

import type { Target } from "./job";
import { currentTarget } from "./target";

const OPEN_MILLISECONDS = 700;
const OWN_DRAG = "application/x-cairn-items";

/** What is seen of a drag. */
export interface Carried {
  target: Target;
  count: number;
  areFiles: boolean; // not folders, as far as the browser tells before the drop
}

interface Acts {
  shown: (carried: Carried | null) => void;
  open: (target: Target) => void;
  dropped: (target: Target, data: DataTransfer) => void;
}

/** Listen until the returned function is called. */
export function watchDrags(acts: Acts): () => void {
  const drag = new Drag(acts);
  const listen = { dragenter: drag.enter, dragover: drag.over, dragleave: drag.leave, drop: drag.drop } as const;
  const names = Object.keys(listen) as (keyof typeof listen)[];
  for (const name of names) addEventListener(name, listen[name]);
  return () => {
    for (const name of names) removeEventListener(name, listen[name]);
    drag.end();
  };
}

class Drag {
  private place: HTMLElement | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private said = "";
  private entered: EventTarget | null = null;

  constructor(private readonly acts: Acts) {}

  readonly enter = (event: DragEvent): void => {
    this.entered = event.target;
    this.over(event);
  };

  readonly over = (event: DragEvent): void => {
    const data = event.dataTransfer;
    if (!data || !carriesFiles(data)) return;
    event.preventDefault(); // Also where nothing can be dropped: the browser would open the file in the page's place.
    const place = placeOf(event.target);
    const target = place ? targetOf(place) : currentTarget();
    data.dropEffect = target ? "copy" : "none";
    this.move(place, target);
    this.say(target, data);
  };

  readonly leave = (event: DragEvent): void => {
    // What is entered next says so first: whoever leaves the last one that was entered has left the window, or pressed Esc.
    if (event.target === this.entered) this.end();
  };

  readonly drop = (event: DragEvent): void => {
    const data = event.dataTransfer;
    if (!data || !carriesFiles(data)) return;
    event.preventDefault();
    const place = placeOf(event.target);
    const target = place ? targetOf(place) : currentTarget();
    this.end();
    if (target) this.acts.dropped(target, data);
  };

  end(): void {
    this.move(null, null);
    this.said = "";
    this.acts.shown(null);
  }

  private move(place: HTMLElement | null, target: Target | null): void {
    if (place === this.place) return;
    clearTimeout(this.timer);
    this.place?.removeAttribute("data-drop-over");
    this.place = place;
    place?.setAttribute("data-drop-over", "");
    if (place && target) this.timer = setTimeout(() => this.acts.open(target), OPEN_MILLISECONDS);
  }

  private say(target: Target | null, data: DataTransfer): void {
    const items = Array.from(data.items).filter(({ kind }) => kind === "file");
    const said = JSON.stringify([target, items.length]);
    if (said === this.said) return;
    this.said = said;
    this.acts.shown(target && { target, count: items.length, areFiles: items.every(({ type }) => type !== "") });
  }
}

/** Rows that are moved within the page are no upload. */
const carriesFiles = (data: DataTransfer): boolean => data.types.includes("Files") && !data.types.includes(OWN_DRAG);

const placeOf = (at: EventTarget | null): HTMLElement | null => (at instanceof Element ? at.closest<HTMLElement>("[data-drop-bucket]") : null);

const targetOf = ({ dataset }: HTMLElement): Target => ({ bucket: dataset["dropBucket"] ?? "", prefix: dataset["dropPrefix"] ?? "" });
