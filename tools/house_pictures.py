"""Pictures for the house that is shown in docs/pictures: mountains, drawn by code and painted by the browser at hand."""

from playwright.sync_api import Browser

_DAWN = ("#2b2140", "#8a4b6b", "#e8a07a", "#3a2b4a", "#241c33")
_DAY = ("#7fb2d8", "#a9cfe6", "#e6f0f4", "#6c8696", "#4c6b56")
_NIGHT = ("#101c33", "#1d2f52", "#3c5580", "#5b7399", "#dfe7f2")
_RIDGES = (
    "M0 520 L140 380 L240 450 L420 210 L520 330 L620 260 L780 430 L900 330 L1200 520 L1200 800 L0 800 Z",
    "M0 640 L200 520 L380 610 L560 480 L760 620 L960 520 L1200 640 L1200 800 L0 800 Z",
)
_SNOW = "M420 210 L470 270 L440 300 L415 275 L385 310 L360 290 Z"
LOOKS = {"dawn": _DAWN, "day": _DAY, "night": _NIGHT}
PLAN = """<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="800"><rect width="1200" height="800" fill="#eef3f4"/>
<path d="M120 120 H1080 V680 H120 Z M120 360 H520 M520 120 V440 M520 560 V680 M760 120 V400 H1080 M760 520 V680" fill="none"
 stroke="#41636b" stroke-width="18"/></svg>"""


def jpeg(browser: Browser, look: str) -> bytes:
    """A picture of 1200 by 800: `look` is one of LOOKS."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.set_content(f"<style>body {{ margin: 0 }}</style>{_mountains(*LOOKS[look])}")
    painted = page.screenshot(type="jpeg", quality=92)
    page.close()
    return painted


def _mountains(top: str, middle: str, low: str, far: str, near: str) -> str:
    far_ridge, near_ridge = _RIDGES
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="800"><defs><linearGradient id="sky" x2="0" y2="1">
<stop stop-color="{top}"/><stop offset=".5" stop-color="{middle}"/><stop offset="1" stop-color="{low}"/></linearGradient></defs>
<rect width="1200" height="800" fill="url(#sky)"/><circle cx="930" cy="190" r="46" fill="#fff" opacity=".8"/>
<path d="{far_ridge}" fill="{far}"/><path d="{_SNOW}" fill="#fff" opacity=".9"/><path d="{near_ridge}" fill="{near}"/></svg>"""
