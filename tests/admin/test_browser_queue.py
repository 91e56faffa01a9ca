"""The queue in a real browser, under a strict content security policy: keys, and fresh rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from moderation.models import Case, CaseState, Presence
from moderation.services import cases, preferences
from tests.admin.test_browser import browser_page, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ROWS = "#result_list tbody tr"
QUEUE = reverse("admin:moderation_case_changelist")


@pytest.fixture(autouse=True)
def _strict(settings):
    settings.MIDDLEWARE = ["tests.admin.csp.strict_csp", *django_settings.MIDDLEWARE]


@pytest.fixture
def three(comment_case) -> list[Case]:
    return [comment_case(f"badword the {number}") for number in ("first", "second", "third")]


def focused_case(page: Page) -> str | None:
    return page.evaluate("document.activeElement.closest('tr')?.dataset.case ?? null")


def signed_in_as_colleague(page: Page, address: str) -> Page:
    other = page.context.browser.new_context().new_page()
    other.goto(address)
    other.locator("#id_username").fill("colleague")
    other.locator("#id_password").fill("secret")
    other.locator("[type=submit]").click()
    return other


def listening(page: Page) -> None:
    """Wait until the scripts of the page are at work: they show what only they can serve."""
    expect(page.get_by_role("button", name="Pause updates")).to_be_visible()


def look_again(page: Page) -> None:
    """Let the page do at once what it does every few seconds."""
    with page.expect_response("**/live/**"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_the_queue_by_keys_alone(live_server, chromium, moderator, three):
    first, second, third = (str(case.pk) for case in three)
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        listening(page)
        keys = page.keyboard
        for key, case in (("j", first), ("j", second), ("j", third), ("j", third), ("k", second)):
            keys.press(key)
            assert focused_case(page) == case
        keys.press("x")
        keys.press("j")
        keys.press("x")
        expect(page.locator(".action-select:checked")).to_have_count(2)
        expect(page.locator("[data-chosen]")).to_have_text("2 chosen")
        keys.press("x")
        expect(page.locator(".action-select:checked")).to_have_count(1)

        keys.press("a")
        expect(page.locator("#action")).to_be_focused()
        keys.press("Tab")
        keys.press("Enter")
        expect(page.get_by_role("heading", name="Decide together", level=1)).to_be_visible()
        page.go_back()

        keys.press("/")
        expect(page.locator("#searchbar")).to_be_focused()
        keys.type("number 2 jkx?")
        expect(page.locator("#searchbar")).to_have_value("number 2 jkx?")
        expect(page.locator("dialog[open]")).to_have_count(0)
        page.locator("#searchbar").fill(f"#{third}")
        keys.press("Enter")
        expect(page.locator(ROWS)).to_have_count(1)
        listening(page)
        keys.press("j")
        keys.press("Enter")
        expect(page.get_by_role("heading", name=f"Case {third}")).to_be_visible()


def test_the_help_lists_the_keys_and_gives_the_focus_back(live_server, chromium, moderator, three):
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        listening(page)
        page.keyboard.press("j")
        opener = page.get_by_role("button", name="Keys")
        expect(opener).to_have_attribute("aria-keyshortcuts", "?")
        opener.focus()
        page.keyboard.press("?")
        help_dialog = page.get_by_role("dialog", name="Keys on this page")
        expect(help_dialog).to_be_visible()
        for key in ("j", "k", "x", "a", "/", "?"):
            expect(help_dialog.locator("dt", has_text=key).first).to_be_visible()
        page.keyboard.press("x")
        expect(page.locator(".action-select:checked")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(help_dialog).to_be_hidden()
        expect(opener).to_be_focused()
        opener.click()
        help_dialog.get_by_role("button", name="Close").click()
        expect(help_dialog).to_be_hidden()


def test_keys_with_a_modifier_are_the_browsers(live_server, chromium, moderator, three):
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        listening(page)
        for key in ("Control+j", "Alt+x", "Meta+k", "Control+/", "Shift+J"):
            page.keyboard.press(key)
        assert focused_case(page) is None
        expect(page.locator("#searchbar")).not_to_be_focused()


def test_keys_can_be_changed_and_switched_off(live_server, chromium, moderator, three):
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        listening(page)
        page.get_by_role("link", name="My preferences").click()
        page.get_by_label("Next case").fill("g")
        page.get_by_label("Case before").fill("g")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".errorlist")).to_contain_text("“g” is taken by “Next case”.")
        page.get_by_label("Case before").fill("")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".errorlist")).to_have_count(0)
        expect(page.locator(".messagelist")).to_contain_text("Your preferences were saved.")
        page.goto(live_server.url + QUEUE)
        listening(page)
        page.keyboard.press("j")
        page.keyboard.press("k")
        assert focused_case(page) is None
        page.keyboard.press("g")
        assert focused_case(page) == str(three[0].pk)

        page.get_by_role("link", name="My preferences").click()
        page.get_by_label("Use single keys").uncheck()
        page.get_by_role("button", name="Save", exact=True).click()
        page.goto(live_server.url + QUEUE)
        listening(page)
        expect(page.locator("kbd")).to_have_count(0)
        for key in ("g", "j", "x", "/", "?"):
            page.keyboard.press(key)
        assert focused_case(page) is None
        page.get_by_role("button", name="Keys").click()
        expect(page.get_by_role("dialog")).to_contain_text("Your keys are switched off.")
    preference = preferences.preferences_of(moderator)
    assert not preference.keys_on
    assert preference.key_map == {"next": "g", "previous": ""}


def test_rows_are_kept_fresh_and_stay_in_their_places(
    live_server, chromium, moderator, colleague, three
):
    first, second, third = (str(case.pk) for case in three)
    with browser_page(chromium) as mine:
        sign_in(mine, live_server.url)
        listening(mine)
        mine.keyboard.press("j")
        other = signed_in_as_colleague(mine, live_server.url + QUEUE)
        other.locator(f"tr[data-case='{second}'] .field-passage a").click()
        other.get_by_label("dismiss: wrongly flagged").check()
        other.get_by_role("button", name="Decide", exact=True).click()
        expect(other.locator(".messagelist")).to_contain_text("Decided")

        look_again(mine)
        row = mine.locator(f"tr[data-case='{second}']")
        expect(row).to_have_class("moderation-stale")
        expect(row.locator(".field-shown_state")).to_contain_text("wrongly flagged, by colleague")
        assert [row.get_attribute("data-case") for row in mine.locator(ROWS).all()] == [
            first,
            second,
            third,
        ]
        assert focused_case(mine) == first
        expect(mine.locator("[data-live-show]")).to_be_hidden()


def test_new_cases_are_announced_and_shown_when_asked_for(
    live_server, chromium, moderator, colleague, three
):
    until = timezone.now() + timedelta(hours=2)
    cases.snooze(three[1].pk, user=moderator, until=until)
    woken = reverse("admin:moderation_case_change", args=[three[1].pk])
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        listening(page)
        expect(page.locator(ROWS)).to_have_count(2)
        other = signed_in_as_colleague(page, live_server.url + woken)
        other.get_by_role("button", name="Claim", exact=True).click()
        expect(other.locator("#case-state")).to_contain_text("claimed")
        look_again(page)
        expect(page.locator("[data-live-news]")).to_have_text("1 more case belongs here now.")
        expect(page.locator(ROWS)).to_have_count(2)
        page.keyboard.press("r")
        expect(page.locator(ROWS)).to_have_count(3)
        expect(page.locator("[data-live-news]")).to_have_text("")


def test_nothing_is_fetched_while_somebody_works(live_server, chromium, moderator, three):
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        listening(page)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        wake = "document.dispatchEvent(new Event('visibilitychange'))"

        page.locator("#searchbar").focus()
        page.evaluate(wake)
        page.locator("#searchbar").blur()
        page.locator(".action-select").first.check()
        page.evaluate(wake)
        page.locator(".action-select").first.uncheck()
        page.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
        page.evaluate(wake)
        page.evaluate("getSelection().removeAllRanges()")
        page.get_by_role("button", name="Pause updates").click()
        page.evaluate(wake)
        assert [url for url in asked if "/live/" in url] == []
        with page.expect_response("**/live/**"):
            page.get_by_role("button", name="Pause updates").click()


def test_who_looks_at_a_case_is_seen_in_the_queue(
    live_server, chromium, moderator, colleague, three
):
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        listening(page)
        other = signed_in_as_colleague(page, live_server.url + QUEUE)
        with other.expect_response("**/present/"):
            other.locator(f"tr[data-case='{three[1].pk}'] .field-passage a").click()
        look_again(page)
        row = page.locator(f"tr[data-case='{three[1].pk}']")
        expect(row).to_contain_text("colleague is looking at it")
    assert Presence.objects.get().case_id == three[1].pk


@pytest.mark.parametrize("javascript", [True, False])
def test_search_filter_and_batch_with_and_without_scripts(
    live_server, chromium, moderator, three, javascript
):
    with browser_page(chromium, javascript=javascript) as page:
        sign_in(page, live_server.url)
        page.locator("#searchbar").fill("second")
        page.get_by_role("button", name="Search").click()
        expect(page.locator(ROWS)).to_have_count(1)
        page.get_by_role("link", name="Search: second").click()
        expect(page.locator(ROWS)).to_have_count(3)
        page.locator("#filters").get_by_role("link", name="nobody").click()
        expect(page.locator(ROWS)).to_have_count(3)

        page.get_by_text("Save these filters as a view").click()
        page.get_by_label("Name", exact=True).fill("Free ones")
        page.locator("#filters").get_by_role("button", name="Save").click()
        expect(page.get_by_role("link", name="Free ones")).to_have_attribute("aria-current", "true")

        page.locator(".action-select").nth(0).check()
        page.locator(".action-select").nth(2).check()
        page.get_by_label("With the chosen cases:").select_option(label="Put aside…")
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("For how long").select_option(label="for four hours")
        page.get_by_role("button", name="Put all of them aside").click()
        expect(page.get_by_role("cell", name="done: snoozed")).to_have_count(2)
        page.get_by_role("link", name="Back to the queue").click()
        expect(page.locator(ROWS)).to_have_count(1)
    assert Case.objects.filter(state=CaseState.SNOOZED).count() == 2
