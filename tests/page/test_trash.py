"""The trash: what was deleted in any bucket, and how it comes back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.page import looks
from tests.page.person import Person
from tests.servers.cairn_server import SignedInServer


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


@pytest.mark.full
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


@pytest.mark.full
def test_the_trash_tells_how_large_what_comes_back_is(person: Person, page: Page) -> None:
    bucket = person.bucket()
    person.put(bucket, "a.bin", b"x" * 8_400_000)
    person.put(bucket, "b.bin", b"y" * 1_200_000)
    delete(person, bucket, {"op": "delete", "path": "a.bin"}, {"op": "delete", "path": "b.bin"})
    page.goto("/trash")
    item = page.get_by_role("listitem").filter(has_text="a.bin")
    expect(item.get_by_text("8.4 MB", exact=True)).to_be_visible()
    expect(page.get_by_text("Kept for 30 days. 2 items, 9.6 MB.")).to_be_visible()


def test_what_is_selected_is_deleted_for_good_after_asking_and_nothing_else(person: Person, page: Page) -> None:
    studio, invoices = person.bucket("Studio"), person.bucket("Invoices")
    delete(person, studio, {"op": "folder", "path": "Old tenders"})
    person.put(studio, "Old tenders/a.pdf")
    person.put(studio, "kept.txt")
    person.put(invoices, "118.pdf")
    delete(person, studio, {"op": "delete_prefix", "prefix": "Old tenders"}, {"op": "delete", "path": "kept.txt"})
    delete(person, invoices, {"op": "delete", "path": "118.pdf"})
    page.goto("/trash")
    items = page.get_by_role("list", name="Deleted files").get_by_role("listitem")
    expect(items).to_have_count(3)
    for name in ("Old tenders", "118.pdf"):
        items.filter(has_text=name).get_by_role("checkbox", name="Select").check()
    bar = page.get_by_role("toolbar", name="Selected files")
    expect(bar.get_by_text("2 selected")).to_be_visible()
    looks.check(page, "trash-selection")
    bar.get_by_role("button", name="Delete for good").click()
    question = page.get_by_role("dialog", name="Delete for good?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(items).to_have_count(3)
    bar.get_by_role("button", name="Delete for good").click()
    question.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Deleted 2 items for good")).to_be_visible()
    expect(items).to_have_count(1)
    expect(bar).to_have_count(0)
    assert [item["path"] for item in person.http.get(f"/buckets/{studio}/trash").json()["items"]] == ["kept.txt"]
    assert person.http.get(f"/buckets/{invoices}/trash").json()["items"] == []


@pytest.mark.full
def test_of_a_shared_bucket_only_its_owner_deletes_for_good(
    cairn: SignedInServer, person: Person, page: Page, sit_down: Callable[..., Person]
) -> None:
    owner = sit_down(cairn)
    bucket = owner.bucket("Shared plans")
    owner.put(bucket, "plan.txt")
    delete(owner, bucket, {"op": "delete", "path": "plan.txt"})
    editor = person.http.get("/me").json()["user_id"]
    assert owner.http.put(f"/buckets/{bucket}/members/{editor}", json={"role": "editor"}).is_success
    page.goto("/trash")
    page.get_by_role("listitem").filter(has_text="plan.txt").get_by_role("checkbox", name="Select").check()
    bar = page.get_by_role("toolbar", name="Selected files")
    expect(bar.get_by_role("button", name="Restore selected")).to_be_visible()
    expect(bar.get_by_role("button", name="Delete for good")).to_have_count(0)
    expect(page.get_by_role("button", name="Empty trash")).to_have_count(0)
    bar.get_by_role("button", name="Restore selected").click()
    expect(page.get_by_text("Restored plan.txt to Shared plans")).to_be_visible()
    assert owner.paths(bucket) == ["plan.txt"]
