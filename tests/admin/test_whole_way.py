"""The whole way of a moderator in a real browser, under a strict content security policy."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from moderation.models import Case, CaseState, Decision, Outcome
from tests.admin.test_browser import browser_page, sign_in
from tests.admin.test_browser_case import HOSTILE, sign_in_as
from tests.admin.test_browser_queue import signed_in_as_colleague
from tests.site.models import Comment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

QUEUE = reverse("admin:moderation_case_changelist")
ROWS = "#result_list tbody tr"
MOST_STEPS = 120


@pytest.fixture(autouse=True)
def _strict(settings):
    settings.MIDDLEWARE = ["tests.admin.csp.strict_csp", *django_settings.MIDDLEWARE]


def tab_to(page: Page, target: Locator) -> None:
    """Go to an element as somebody without a mouse does."""
    for _step in range(MOST_STEPS):
        if target.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} was not reached")


def go_by_keys(page: Page, name: str, within: str = "#content") -> None:
    tab_to(page, page.locator(within).get_by_role("link", name=name).first)
    page.keyboard.press("Enter")


def figure(page: Page, table: str, row: str) -> Locator:
    return page.get_by_role("table", name=table).get_by_role("row", name=row).get_by_role("link")


@pytest.fixture
def four(comment_case, article_case) -> list[Case]:
    """Four cases whose texts would do harm if they could."""
    made = [
        comment_case(f"badword {number} {HOSTILE}", author_name=f"{number} {HOSTILE[:80]}")
        for number in range(3)
    ]
    made.append(article_case(f"<p>badword</p>{HOSTILE}", headline=f"Title {HOSTILE[:150]}"))
    for place, case in enumerate(made):
        Case.objects.filter(pk=case.pk).update(priority=100 - place)
    return made


def test_the_queue_is_emptied_by_keys_and_three_are_taken_back(
    live_server, chromium, moderator, policy, four
):
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        press = page.keyboard.press
        press("j")
        press("Enter")
        for case in four:
            page.wait_for_url(f"**/{case.pk}/change/*")
            assert page.title().startswith(f"Case {case.pk}")
            press("f" if case is four[0] else "w")
            press("d")
        expect(page.get_by_text("Nothing waits for you.")).to_be_visible()

        page.wait_for_load_state()
        press("u")
        page.wait_for_url(f"**/{four[-1].pk}/change/*")
        for _time in range(2):
            page.goto(live_server.url + QUEUE)
            go_by_keys(page, "decided", within="#filters")
            page.wait_for_url("**state=decided*")
            press("j")
            press("Enter")
            expect(page.locator("#case-state")).to_have_text("decided")
            page.wait_for_load_state()  # the script that knows the keys comes last
            press("u")
            expect(page.locator("#case-state")).to_have_text("open")

        page.goto(live_server.url + QUEUE)
        expect(page.locator(ROWS)).to_have_count(3)
        go_by_keys(page, "Dashboard")
        expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()
        expect(figure(page, "Open cases by age", "less than a day")).to_have_text("3")
        expect(page.get_by_role("table", name="Precision of the detectors")).to_contain_text("word")
        done = figure(page, "Standing decisions by outcome", "dismiss")
        expect(done).to_have_text("1")
        tab_to(page, done)
        press("Enter")
        expect(page.locator(ROWS)).to_have_count(1)
        expect(page.locator(ROWS)).to_contain_text("decided")
        assert page.title() != "taken"
    assert Decision.objects.filter(outcome=Outcome.UNDO).count() == 3
    assert Case.objects.filter(state=CaseState.OPEN).count() == 3
    assert Comment._base_manager.filter(is_public=False).count() == 0


def test_a_batch_with_a_conflict_inside(live_server, chromium, moderator, colleague, four):
    taken = four[1]
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        page.locator("#action-toggle").check()
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", name="Decide together", level=1)).to_be_visible()

        address = reverse("admin:moderation_case_change", args=[taken.pk])
        other = signed_in_as_colleague(page, live_server.url + address)
        other.get_by_label("dismiss: wrongly flagged").check()
        other.get_by_role("button", name="Decide", exact=True).click()
        expect(other.locator(".messagelist")).to_contain_text("Decided")

        page.get_by_label("dismiss: rightly found, but allowed").check()
        page.get_by_role("button", name="Decide all of them").click()
        done = page.get_by_role("cell", name="dismiss: rightly found, but allowed")
        expect(done).to_have_count(3)
        left = page.get_by_role("row", name=f"#{taken.pk}")
        expect(left).to_have_class("moderation-stale")
        expect(left).to_contain_text("colleague")
        page.get_by_role("button", name="Take all of this back").click()
        expect(page.get_by_role("cell", name="undo")).to_have_count(3)
    standing = Decision.objects.get(reversed_by=None, reverses=None)
    assert (standing.case_id, standing.actor) == (taken.pk, colleague)
    assert Case.objects.filter(state=CaseState.OPEN).count() == 3


def test_the_dashboard_needs_no_script(live_server, chromium, moderator, four):
    with browser_page(chromium, javascript=False) as page:
        sign_in_as(page, live_server.url, "mod", QUEUE)
        page.get_by_role("link", name="Dashboard").click()
        page.get_by_role("link", name="the last 90 days").click()
        expect(page.get_by_role("link", name="the last 90 days")).to_have_attribute(
            "aria-current", "true"
        )
        figure(page, "Open cases by state", "open").click()
        expect(page.locator(ROWS)).to_have_count(4)
