"""Settings of a bucket: its name, what is kept for how long, who shares it, and how it goes and comes back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.page import looks
from tests.page.person import Person
from tests.servers.cairn_server import wait_until


@pytest.mark.full
def test_title_and_name_are_changed_and_that_is_undone(person: Person, page: Page) -> None:
    page.goto(f"/settings/{person.bucket('Studio')}")
    page.get_by_label("Title").fill("Workshop")
    page.get_by_role("textbox", name="Name", exact=True).fill("workshop")
    page.get_by_role("textbox", name="Name", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("/settings/workshop$"))
    expect(page.get_by_role("heading", name="Workshop", level=1)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile("/settings/studio$"))


@pytest.mark.full
def test_a_name_that_is_taken_is_refused_beside_the_field(person: Person, page: Page) -> None:
    person.bucket("Family photos")
    page.goto(f"/settings/{person.bucket('Studio')}")
    page.get_by_role("textbox", name="Name", exact=True).fill("family-photos")
    page.get_by_role("button", name="Save name").click()
    expect(page.get_by_role("alert")).to_contain_text("You already have a bucket of that name")


def test_versioning_and_retention_say_what_they_mean_and_are_kept(person: Person, page: Page) -> None:
    bucket = person.bucket()
    page.goto(f"/settings/{bucket}")
    page.get_by_role("radio", name=re.compile("make no new ones")).check()
    page.get_by_label("Days that old versions are kept").fill("90")
    page.get_by_label("Days that deleted files stay").fill("0")
    expect(page.get_by_text("gone at once, for good")).to_be_visible()
    looks.check(page, "bucket-settings")
    page.get_by_role("button", name="Save versions and trash").click()
    settings = ("versioning", "keep_days", "trash_days")

    def kept() -> tuple[object, ...]:
        found = person.http.get(f"/buckets/{bucket}").json()
        return tuple(found[name] for name in settings)

    wait_until(lambda: kept() == ("suspended", 90, 0))
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: kept() == ("on", None, 30))


def test_a_member_is_added_and_removed_and_sees_what_their_role_allows(
    person: Person, page: Page, sit_down: Callable[..., Person]
) -> None:
    bucket = person.bucket()
    other = sit_down(person.server)
    their_id = other.http.get("/me").json()["user_id"]
    page.goto(f"/settings/{bucket}")
    page.get_by_label("Account id").fill(their_id)
    page.get_by_role("combobox", name="May").select_option("viewer")
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_text("Viewer: sees files")).to_be_visible()
    bucket_id = person.http.get(f"/buckets/{bucket}").json()["id"]
    other.page.goto(f"/settings/{bucket_id}")
    expect(other.page.get_by_text("This bucket is shared with you")).to_be_visible()
    expect(other.page.get_by_role("button", name="Delete bucket")).to_have_count(0)
    page.get_by_role("button", name="Remove").click()
    wait_until(lambda: other.http.get(f"/buckets/{bucket_id}").status_code == 404)
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: other.http.get(f"/buckets/{bucket_id}").status_code == 200)


@pytest.mark.full
def test_twins_are_shown_and_lead_to_their_files(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "site/Report.txt")
    person.put(bucket, "site/report.txt")
    page.goto(f"/settings/{bucket}")
    page.get_by_role("link", name="site/Report.txt", exact=True).click()
    expect(page).to_have_url(re.compile(f"/b/{bucket}/site/\\?details="))


def test_everything_is_verified_when_asked(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "a.txt")
    page.goto(f"/settings/{bucket}")
    page.get_by_role("button", name="Verify everything now").click()
    expect(page.get_by_text("1 file is being read again.")).to_be_visible()


def test_a_bucket_with_files_is_deleted_by_typing_its_name_and_taken_back(person: Person, page: Page) -> None:
    bucket = person.bucket("Studio")
    person.put(bucket, "a.txt", b"stones")
    page.goto(f"/settings/{bucket}")
    page.get_by_role("button", name="Delete bucket").press("Enter")
    dialog = page.get_by_role("dialog", name="Delete this bucket?")
    expect(dialog.get_by_text("You can take it back for 30 days")).to_be_visible()
    delete = dialog.get_by_role("button", name="Delete bucket")
    expect(delete).to_be_disabled()
    dialog.get_by_label("Type its name: studio").fill("studio")
    delete.click()
    expect(page.get_by_text("It can be taken back until")).to_be_visible()
    assert person.http.get("/buckets").json()["items"] == []
    looks.check(page, "bucket-deleted", widths=())
    page.goto("/trash")
    expect(page.get_by_role("region", name="Deleted buckets").get_by_text("Studio")).to_be_visible()
    looks.check(page, "trash-buckets")
    page.get_by_role("button", name="Take back").click()
    expect(page).to_have_url(re.compile("/b/studio/"))
    assert person.content(bucket, "a.txt") == b"stones"


@pytest.mark.full
def test_where_its_name_is_taken_meanwhile_another_is_asked_for(person: Person, page: Page) -> None:
    bucket = person.http.get(f"/buckets/{person.bucket('Studio')}").json()["id"]
    person.http.delete(f"/buckets/{bucket}")
    person.bucket("Studio")
    page.goto(f"/settings/{bucket}")
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_label("New name")).to_have_value("studio-2")
    page.get_by_role("button", name="Take back").click()
    expect(page).to_have_url(re.compile("/b/studio-2/"))


@pytest.mark.full
def test_a_bucket_that_is_not_there_says_so(page: Page) -> None:
    page.goto("/settings/nowhere")
    expect(page.get_by_role("heading", name="There is no such bucket")).to_be_visible()
