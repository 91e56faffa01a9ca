"""The way of a moderator through a real browser, under a strict content security policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from playwright.sync_api import Page, expect, sync_playwright

from moderation.models import Case, CaseState, Decision, Outcome
from tests.admin.conftest import add_evidence
from tests.services import CHROMIUM_ARGUMENTS
from tests.site.models import Article, Comment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

HOSTILE = "badword <script>document.title='taken'</script> \u202egnp.exe z" + "\u0335" * 60
VIEWPORTS = [(1280, 900), (360, 740)]


@pytest.fixture(autouse=True)
def _strict(settings):
    settings.MIDDLEWARE = ["tests.admin.csp.strict_csp", *django_settings.MIDDLEWARE]


@contextmanager
def browser_page(chromium: str, *, javascript: bool = True, **options) -> Iterator[Page]:
    """Open a page that reports every script error and every breach of the policy.

    The database is not touched from in here: a browser brings its event loop along, in which
    Django refuses to wait for a database.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(CHROMIUM_ARGUMENTS)
        )
        context = browser.new_context(java_script_enabled=javascript, **options)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: problems.append(message.text) if message.type == "error" else None,
        )
        yield page
        browser.close()
    assert [text for text in problems if "Failed to load resource" not in text] == []


def sign_in(page: Page, server: str) -> None:
    page.goto(f"{server}{reverse('admin:moderation_case_changelist')}")
    page.get_by_label("Username").fill("mod")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Moderation queue")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_sign_in_open_decide_undo(
    live_server, chromium, moderator, policy, comment_case, javascript
):
    case = comment_case(HOSTILE, author_name=HOSTILE[:90])
    with browser_page(chromium, javascript=javascript) as page:
        sign_in(page, live_server.url)
        page.locator("#result_list .field-passage a").click()
        expect(page.get_by_role("heading", name=f"Case {case.pk}")).to_be_visible()
        expect(page.locator("#text")).to_contain_text("<script>document.title='taken'</script>")
        expect(page.locator("#text mark")).to_contain_text("badword")
        assert page.title() != "taken"

        page.get_by_role("radio", name="hide", exact=True).check()
        page.get_by_label("Be civil to each other").check()
        page.get_by_label("Internal note").fill("Seen in a browser.")
        page.get_by_role("button", name="Decide", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("Decided: hide.")
        expect(page.locator("#case-state")).to_have_text("decided")
        hidden = page.get_by_text("hide: applied")
        expect(hidden).to_be_visible()

        page.get_by_role("button", name="Take this decision back").click()
        expect(page.locator("#case-state")).to_have_text("open")
    assert list(Decision.objects.order_by("pk").values_list("outcome", flat=True)) == [
        Outcome.HIDE,
        Outcome.UNDO,
    ]
    assert Comment._base_manager.get().is_public
    assert Case.objects.get(pk=case.pk).state == CaseState.OPEN


def test_a_batch_from_the_queue_and_back(live_server, chromium, moderator, comment_case):
    for number in range(3):
        comment_case(f"badword {number}")
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        page.locator("#action-toggle").check()
        page.get_by_label("With the chosen cases:").select_option(label="Decide together…")
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("dismiss: rightly found, but allowed").check()
        page.get_by_role("button", name="Decide all of them").click()
        expect(page.get_by_role("cell", name="dismiss: rightly found, but allowed")).to_have_count(
            3
        )
        page.get_by_role("button", name="Take all of this back").click()
        expect(page.get_by_role("cell", name="undo")).to_have_count(3)
    assert set(Case.objects.values_list("state", flat=True)) == {CaseState.OPEN}


def test_the_preview_runs_nothing_and_loads_nothing(live_server, chromium, moderator, article_case):
    body = "<p>badword</p><script>document.title='taken'</script><img src='/x.png'><b>end</b>"
    case = article_case(body)
    with browser_page(chromium) as page:
        sign_in(page, live_server.url)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        url = f"{live_server.url}{reverse('admin:moderation_case_preview', args=[case.pk])}"
        page.goto(url)
        expect(page.get_by_text("end")).to_be_visible()
        assert page.title() == "Bridge"
        assert asked == [url]


@pytest.mark.parametrize("size", VIEWPORTS)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_fit_the_screen(
    live_server, chromium, moderator, policy, comment_case, article_case, size, language
):
    case = comment_case(f"{HOSTILE} {'x' * 400}", author_name="W" * 90)
    add_evidence(case, (0, 40), (3, 20))
    Article._base_manager.update(headline="H" * 200)
    width, height = size
    pages = [
        reverse("admin:moderation_case_changelist"),
        reverse("admin:moderation_case_change", args=[case.pk]),
    ]
    with browser_page(
        chromium, viewport={"width": width, "height": height}, locale=language
    ) as page:
        page.goto(live_server.url + pages[0])
        page.locator("#id_username").fill("mod")
        page.locator("#id_password").fill("secret")
        page.locator("[type=submit]").click()
        page.wait_for_url(f"**{pages[0]}")
        for url in pages:
            page.goto(live_server.url + url)
            direction = page.evaluate("document.documentElement.dir")
            assert direction == ("rtl" if language == "ar" else "ltr")
            overflow = page.evaluate(
                "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, url
