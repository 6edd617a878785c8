"""Signing in and out."""

import re

from playwright.sync_api import Page, expect

from tests.page.person import PASSWORD, Person


def test_who_is_not_signed_in_is_asked_to_and_then_comes_where_they_wanted(person: Person, page: Page) -> None:
    person.context.clear_cookies()
    page.goto("/sync-status")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/sync-status$"))
    expect(page.get_by_role("heading", name="Sync status")).to_be_visible()


def test_a_wrong_password_is_told_without_saying_which_of_the_two_is_wrong(person: Person, page: Page) -> None:
    person.context.clear_cookies()
    page.goto("/")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill("wrong horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("E-mail or password is wrong.")
