"""The trash: what was deleted in any bucket, and how it comes back."""

from playwright.sync_api import Page, expect

from tests.page import looks
from tests.page.person import Person


def delete(person: Person, bucket: str, *operations: dict[str, str]) -> None:
    answer = person.http.post(f"/buckets/{bucket}/commits", json={"operations": operations})
    assert answer.status_code == 200, answer.text


def test_what_was_deleted_in_any_bucket_is_restored_to_its_place(person: Person, page: Page) -> None:
    studio, invoices = person.bucket("Studio"), person.bucket("Invoices")
    person.put(studio, "2026/hut.blend")
    person.put(invoices, "118.pdf")
    delete(person, studio, {"op": "delete", "path": "2026/hut.blend"})
    delete(person, invoices, {"op": "delete", "path": "118.pdf"})
    page.goto("/trash")
    item = page.get_by_role("listitem").filter(has_text="hut.blend")
    expect(item.get_by_text("Studio / 2026")).to_be_visible()
    expect(item.get_by_text("gone for good in 30 days")).to_be_visible()
    looks.check(page, "trash")
    item.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Restored hut.blend to 2026")).to_be_visible()
    expect(item).to_have_count(0)
    assert person.paths(studio) == ["2026/hut.blend"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("listitem").filter(has_text="hut.blend")).to_be_visible()
    assert person.paths(studio) == []


def test_a_folder_that_was_deleted_is_one_item_and_comes_back_whole(person: Person, page: Page) -> None:
    bucket = person.bucket()
    delete(person, bucket, {"op": "folder", "path": "Old tenders"}, {"op": "folder", "path": "Old tenders/empty"})
    person.put(bucket, "Old tenders/a.pdf")
    delete(person, bucket, {"op": "delete_prefix", "prefix": "Old tenders"})
    page.goto("/trash")
    item = page.get_by_role("list", name="Deleted files").get_by_role("listitem")
    expect(item).to_have_count(1)
    expect(item.get_by_text("2 items")).to_be_visible()
    item.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", name="Nothing in the trash.")).to_be_visible()
    expect(page.get_by_text("Restored Old tenders to Studio")).to_be_visible()
    assert sorted(person.paths(bucket)) == ["Old tenders/", "Old tenders/a.pdf", "Old tenders/empty/"]


def test_what_lost_its_place_asks_for_another_name(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "plan.txt", b"old")
    delete(person, bucket, {"op": "delete", "path": "plan.txt"})
    delete(person, bucket, {"op": "folder", "path": "plan.txt"})
    page.goto("/trash")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("dialog", name="plan.txt is already there")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("plan (2).txt")
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert person.content(bucket, "plan (2).txt") == b"old"


def test_the_trash_is_emptied_only_after_asking(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "a.txt")
    delete(person, bucket, {"op": "delete", "path": "a.txt"})
    page.goto("/trash")
    page.get_by_role("button", name="Empty trash").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    assert len(person.http.get(f"/buckets/{bucket}/trash").json()["items"]) == 1
    page.get_by_role("button", name="Empty trash").click()
    page.get_by_role("dialog").get_by_role("button", name="Empty trash").click()
    expect(page.get_by_role("heading", name="Nothing in the trash.")).to_be_visible()
    assert person.http.get(f"/buckets/{bucket}/trash").json()["items"] == []
