/** Downloads go through the browser's own: nothing is held in the page's memory, however large it is. */

import { inAddress } from "@/api/client";
import { showToast } from "@/kit";
import { formatCount } from "@/kit/format";
import { baseOf } from "@/kit/names";

/** The bytes of one version, which never change: for previews and older versions. */
export const versionAddress = (file: string, version: string): string => `/api/v1/files/${file}/versions/${version}/content`;

/** The current bytes at a path. */
export const contentAddress = (bucket: string, path: string): string => `/api/v1/buckets/${bucket}/content/${inAddress(path)}`;

/** One file, saved under the last segment of its path. */
export function downloadFile({ file_id, version_id, path }: { file_id: string; version_id: string; path: string }): void {
  const link = document.createElement("a");
  link.href = versionAddress(file_id, version_id);
  link.download = baseOf(path);
  document.body.append(link);
  link.click();
  link.remove();
}

/**
 * Files and folders of `bucket` as one ZIP archive: a form, so that the browser saves it while it comes. Its answer goes into a
 * frame that is not shown: the page stays where it is, and a problem, which is all that a frame ever loads, is told.
 */
export function downloadArchive(bucket: string, paths: readonly string[]): void {
  if (paths.length > MOST_PATHS) {
    showToast({ text: `At most ${formatCount(MOST_PATHS)} at once can be put into an archive. Download their folder instead.` });
    return;
  }
  const frame = archiveFrame();
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/api/v1/archive";
  form.target = frame.name;
  form.hidden = true;
  form.append(field("bucket", bucket), ...paths.map((path) => field("path", path)));
  document.body.append(form);
  form.submit();
  form.remove();
}

function field(name: string, value: string): HTMLInputElement {
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = name;
  input.value = value;
  return input;
}

const FRAME = "cairn-archive";
const MOST_PATHS = 1000; // as many as the server takes

/** Whether nothing was loaded into it. What the server sandboxed cannot be looked at, and is therefore something. */
function isBlank(frame: HTMLIFrameElement): boolean {
  try {
    return frame.contentWindow?.location.href === "about:blank";
  } catch {
    return false;
  }
}

function archiveFrame(): HTMLIFrameElement {
  const there = document.querySelector<HTMLIFrameElement>(`iframe[name="${FRAME}"]`);
  if (there) return there;
  const frame = document.createElement("iframe");
  frame.name = FRAME;
  frame.hidden = true;
  frame.title = "Downloads";
  document.body.append(frame);
  frame.addEventListener("load", () => {
    if (!isBlank(frame)) showToast({ text: "The archive could not be made. What was to go into it may have been moved or deleted." });
  });
  return frame;
}
