"""With text at twice its size, and in the reader's own few colours, everything stays readable and within the window."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.page.looks import picture, sideways, violations
from tests.page.person import Person

pytestmark = pytest.mark.full

WIDTHS = (320, 390, 1440)

# What is cut off with nothing that says so: text wider or higher than a box that hides the rest and shows no ellipsis.
_CUT = """() => [...document.querySelectorAll('h1, h2, h3, p, button, a, label, td, th, dt, dd')].filter((each) => {
    const style = getComputedStyle(each);
    if (!each.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || !each.textContent.trim()) return false;
    if (each.closest('.visually-hidden') || style.textOverflow === 'ellipsis') return false;
    const hides = (one) => one === 'hidden' || one === 'clip';
    return hides(style.overflowX) && each.scrollWidth > each.clientWidth + 1
        || hides(style.overflowY) && each.scrollHeight > each.clientHeight + 1;
}).map((each) => each.outerHTML.slice(0, 160))"""

# What says something by its ground alone, which forced colours take away: bars, and the chosen one of several.
_INVISIBLE = """() => {
    const ground = (one) => getComputedStyle(one).backgroundColor;
    const around = (one) => { while (one.parentElement && /, 0\\)$/.test(ground(one))) one = one.parentElement; return ground(one); };
    const bars = [...document.querySelectorAll('[role=progressbar] > *, [role=meter] > *')].filter((one) => one.clientWidth > 0);
    const radios = [...document.querySelectorAll('input[type=radio]:checked')];
    const chosen = radios.filter((one) => getComputedStyle(one).opacity === '0').map((one) => one.nextElementSibling);
    return [...bars, ...chosen].filter((one) => around(one) === around(one.parentElement)).map((one) => one.outerHTML);
}"""


def _views(person: Person) -> dict[str, str]:
    """Every view with something in it: a name and its address."""
    bucket = person.bucket("Studio")
    name = "Cost estimate, third revision, with the changes that the surveyor asked for.xlsx"
    file = person.put(bucket, f"2026/Hut at Tre Cime/{name}", b"estimate" * 1000)
    person.put(bucket, "2026/Hut at Tre Cime/Drawings/plan.pdf")
    assert person.http.delete(f"/files/{person.put(bucket, 'old.txt')}").is_success
    folder = f"/b/{bucket}/2026/Hut%20at%20Tre%20Cime/"
    return {
        "files": folder,
        "details": f"{folder}?details={file}",
        "versions": f"{folder}?versions={file}",
        "settings": f"/settings/{bucket}",
        "search": "/search?q=estimate",
        "trash": "/trash",
        "sync-status": "/sync-status",
        "statistics": "/statistics",
        "account": "/account",
        "device": "/device",
    }


def _each(person: Person) -> Iterator[str]:
    """The name of each view, while the page shows it; those of the gate at last."""
    views = _views(person)
    for name, address in [*views.items(), ("sign-in", "/sign-in"), ("create", "/create")]:
        if name == "sign-in":
            person.context.clear_cookies()
        person.page.goto(address)
        expect(person.page.get_by_role("heading", level=1)).to_be_visible()
        if name in {"details", "versions"}:
            expect(person.page.get_by_role("heading", name=name.title()).first).to_be_visible()
        yield name


def test_text_of_twice_its_size_is_neither_cut_off_nor_beyond_the_window(person: Person, page: Page) -> None:
    found = []
    for name in _each(person):
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            found += [f"{name} at {width}: {each}" for each in [*sideways(page), *page.evaluate(_CUT)]]
            picture(page, f"large-{name}-{width}")
        page.set_viewport_size({"width": 1440, "height": 900})
    assert found == [], "\n".join(found)


def test_in_forced_colours_every_view_is_whole_and_what_is_chosen_or_filled_still_shows(
    person: Person, page: Page
) -> None:
    page.emulate_media(forced_colors="active")
    found = []
    for name in _each(person):
        found += [f"{name}: {each}" for each in [*violations(page), *sideways(page), *page.evaluate(_INVISIBLE)]]
        picture(page, f"forced-{name}")
    assert found == [], "\n".join(found)
