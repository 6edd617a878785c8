"""Files put into the page: dropped as from the desktop, or as one script hands them over."""

import base64
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

_HANDED = """async ([selector, files, steps]) => {
  const carried = new DataTransfer();
  for (const [name, content, type] of files) {
    carried.items.add(new File([Uint8Array.from(atob(content), (one) => one.charCodeAt(0))], name, { type }));
  }
  const send = (step) =>
    !document.querySelector(selector).dispatchEvent(new DragEvent(step, { dataTransfer: carried, bubbles: true, cancelable: true }));
  // A browser drops only what was taken while it was dragged over: the page may be drawn a moment before it listens.
  for (let tries = 0; steps.includes("drop") && tries < 100 && !send("dragover"); tries += 1) {
    await new Promise((done) => setTimeout(done, 50));
  }
  for (const step of steps) send(step);
}"""


def drag_from_desktop(
    page: Page, paths: Sequence[Path], selector: str = "main", *, steps: str = "enter over drop"
) -> None:
    """A drag of real files and folders, as the window system brings it; `steps` of enter, over, drop."""
    session = page.context.new_cdp_session(page)
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    kinds = {"enter": "dragEnter", "over": "dragOver", "drop": "drop"}
    for step in steps.split():
        session.send(
            "Input.dispatchDragEvent",
            {"type": kinds[step], "x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "data": data},
        )
    session.detach()


def hand_over(
    page: Page,
    files: Sequence[tuple[str, bytes]],
    selector: str = "main",
    steps: Sequence[str] = ("dragenter", "dragover", "drop"),
    content_type: str = "application/octet-stream",
) -> None:
    """A drop made by script, of files with any name at all."""
    handed = [[name, base64.b64encode(content).decode(), content_type] for name, content in files]
    page.evaluate(_HANDED, [selector, handed, list(steps)])
