"""The list is there soon, and stays there however quickly it is scrolled."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Request, Route, expect

from tests.page.person import Person
from tests.servers.cairn_server import SignedInServer

FRAMES = 12
# As far in every frame as no row of the last one is seen in the next.
FLY = """(frames) => new Promise((done) => {
    const list = document.querySelector("[data-row]").closest("[role=grid]").parentElement.parentElement;
    const { x, y, width, height } = list.getBoundingClientRect();
    const seen = [];
    const step = () => {
        list.scrollTop += 3000;
        seen.push(document.elementFromPoint(x + width / 2, y + height / 2)?.closest("[role=row]")?.textContent ?? "");
        if (seen.length < frames) requestAnimationFrame(step);
        else done(seen);
    };
    requestAnimationFrame(step);
})"""


@pytest.fixture
def person(sit_down: Callable[..., Person], cairn: SignedInServer) -> Person:
    return sit_down(cairn)


def plant(person: Person, bucket: str, count: int) -> None:
    operations = [
        {"op": "put", "path": f"file-{number:04}.txt", "chunks": [], "base_version": None} for number in range(count)
    ]
    assert person.http.post(f"/buckets/{bucket}/commits", json={"operations": operations}).status_code == 200


def test_the_list_is_asked_for_once_and_before_the_page_has_loaded(person: Person) -> None:
    bucket = person.bucket()
    person.put(bucket, "letter.txt")
    asked: list[Request] = []
    held: list[Route] = []
    person.page.on("request", lambda request: asked.append(request) if "/files?" in request.url else None)

    def hold(route: Route) -> None:
        held.append(route)

    person.page.route("**/api/v1/events", lambda route: route.abort())  # With the first hint it is asked for once more.
    person.page.route(re.compile(r"/assets/main-.*\.js$"), hold)
    with person.page.expect_request(lambda request: "/files?" in request.url):
        person.page.goto(f"/b/{bucket}/", wait_until="commit")
    assert person.page.get_by_role("grid").count() == 0
    person.page.wait_for_function("document.querySelector('#root').childElementCount > 0")
    for route in held:
        route.continue_()
    expect(person.page.get_by_role("link", name="letter.txt")).to_be_visible()
    assert len(asked) == 1


def test_rows_that_fly_by_show_names_and_are_whole_where_it_stops(person: Person) -> None:
    bucket = person.bucket()
    plant(person, bucket, 1000)
    person.page.goto(f"/b/{bucket}/")
    expect(person.page.get_by_role("grid")).to_have_attribute("aria-rowcount", "1001")
    seen = person.page.evaluate(FLY, FRAMES)
    # What the first jump leaves behind is gone before anything is known of it.
    assert [name for name in seen[2:] if not name.startswith("file-")] == []
    assert len(set(seen[2:])) > 1
    row = person.page.get_by_role("row", name=re.compile("^file-0[6-9]")).first
    expect(row.get_by_role("button", name="Actions")).to_be_attached()
