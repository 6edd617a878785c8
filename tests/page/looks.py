"""What every state of every view must pass: axe without a violation, nothing that scrolls sideways, a picture to look at."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.page.conftest import SCREENSHOTS

WIDTHS = (320, 390, 800, 1024, 1440)
_AXE = Path("frontend/node_modules/axe-core/axe.min.js")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def check(page: Page, name: str, *, widths: tuple[int, ...] = WIDTHS) -> None:
    """Look at the state that `page` shows: axe in both themes, sideways overflow at `widths`, a picture of each theme as `name`.

    The window and the theme are afterwards what they were before.
    """
    before = page.viewport_size
    was_dark = bool(page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        picture(page, f"{name}-{theme}")
        found = violations(page)
        assert found == [], f"{name}, {theme}: {found}"
    page.emulate_media(color_scheme="dark" if was_dark else "light")
    if before is None:
        return
    for width in widths:
        page.set_viewport_size({"width": width, "height": before["height"]})
        beyond = sideways(page)
        assert beyond == [], f"{name} at {width} px: {beyond}"
    page.set_viewport_size(before)


def violations(page: Page) -> list[str]:
    """What axe finds, one line for each rule and place. Motion is finished first, so that no colour is half way."""
    _still(page)
    # Evaluated, not put in as a script: the content policy of the page holds for the test as well.
    page.evaluate(_axe())
    found: list[dict[str, Any]] = page.evaluate(
        "async (tags) => (await window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] })).violations",
        _RULES,
    )
    return [
        f"{rule['id']}: {node['target']} {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    """What reaches beyond the window's edge or makes the page scroll sideways; what is clipped or scrolls by itself does not count."""
    found: list[str] = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            const beyond = [];
            if (document.documentElement.scrollWidth > width) beyond.push(`page is ${document.documentElement.scrollWidth} of ${width}`);
            for (const each of document.querySelectorAll('main, nav, dialog[open], [role=menu], [role=toolbar], button, a, input')) {
                const box = each.getBoundingClientRect();
                if (!box.width || !each.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
                if (box.right <= width + 1 && box.left >= -1 || isClipped(each)) continue;
                beyond.push(`${each.outerHTML.slice(0, 160)} ${box.left} to ${box.right}`);
            }
            function isClipped(each) {
                for (let around = each.parentElement; around; around = around.parentElement) {
                    const box = around.getBoundingClientRect();
                    if (getComputedStyle(around).overflowX !== 'visible' && box.right <= width + 1 && box.left >= -1) return true;
                }
                return getComputedStyle(each).position === 'absolute' && each.getBoundingClientRect().bottom < 0;
            }
            return beyond;
        }"""
    )
    return found


def picture(page: Page, name: str) -> Path:
    """A picture of the window, kept as the test's output."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    _still(page)
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path)
    return path


def _still(page: Page) -> None:
    """Ends all motion that has an end."""
    page.evaluate(
        "document.getAnimations().forEach((each) => each.effect?.getTiming().iterations === Infinity || each.finish())"
    )


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")
