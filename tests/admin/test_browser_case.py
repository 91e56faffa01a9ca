"""The page of a case in a real browser, under a strict content security policy."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from moderation.models import Case, CaseState, Decision, Finding, Outcome
from tests.admin.conftest import DECIDE, add_evidence, scan_all
from tests.admin.test_browser import VIEWPORTS, browser_page
from tests.admin.test_case_context import copy_of
from tests.admin.test_case_page import address
from tests.site.models import Article, Comment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _strict(settings):
    settings.MIDDLEWARE = ["tests.admin.csp.strict_csp", *django_settings.MIDDLEWARE]


def sign_in_as(page: Page, server: str, name: str, path: str) -> None:
    page.goto(server + path)
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill("secret")
    page.locator("[type=submit]").click()
    page.wait_for_url(f"**{path}")


def overflow(page: Page) -> int:
    return page.evaluate(
        "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
    )


def test_two_moderators_at_one_case(live_server, chromium, moderator, colleague, comment_case):
    case = comment_case()
    with browser_page(chromium) as mine:
        other = mine.context.browser.new_context().new_page()
        sign_in_as(mine, live_server.url, "mod", address(case))
        sign_in_as(other, live_server.url, "colleague", address(case))
        mine.get_by_label("Internal note", exact=False).first.fill("Mine, half written")
        other.get_by_label("dismiss: wrongly flagged").check()
        other.get_by_role("button", name="Decide", exact=True).click()
        expect(other.locator("#case-state")).to_have_text("decided")

        # The page hears of it by itself; coming back to the tab asks at once.
        mine.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(mine.locator("#moderation-present")).to_contain_text("The case has changed")
        expect(mine.locator("form[data-decide]")).to_have_class("moderation-stale")
        mine.get_by_label("dismiss: rightly found, but allowed").check()
        mine.get_by_role("button", name="Decide", exact=True).click()
        expect(mine.locator(".messagelist")).to_contain_text("Nothing was written.")
        expect(mine.locator("#decide")).to_contain_text("colleague decided")
        greyed = mine.locator("fieldset.moderation-stale textarea[name=internal_note]")
        expect(greyed).to_have_value("Mine, half written")
        expect(greyed).to_be_disabled()
    assert Decision.objects.get().outcome == Outcome.DISMISS_FALSE_POSITIVE


def test_decide_go_on_and_undo_by_keys_alone(
    live_server, chromium, moderator, policy, comment_case
):
    first, second, third = (comment_case(f"badword {n}") for n in range(3))
    for place, case in enumerate((first, second, third)):
        Case.objects.filter(pk=case.pk).update(priority=100 - place)
    with browser_page(chromium) as page:
        sign_in_as(page, live_server.url, "mod", address(first))
        press = page.keyboard.press
        press("w")
        press("d")
        page.wait_for_url(f"**{address(second)}*")
        press("h")
        press("p")  # to the policies, of which the first is chosen with the space bar
        expect(page.locator("#id_cited_0")).to_be_focused()
        press("Space")
        expect(page.locator("#id_cited_0")).to_be_checked()
        press("n")
        expect(page.locator("#id_internal_note")).to_be_focused()
        page.keyboard.type("j d u: typed, not obeyed")
        press("Tab")
        press("d")
        page.wait_for_url(f"**{address(third)}*")
        expect(page.locator(".messagelist")).to_contain_text("Decided: hide.")
        press("u")
        page.wait_for_url(f"**{address(second)}*")
        expect(page.locator("#case-state")).to_have_text("open")
        press("j")
        page.wait_for_url(f"**{address(third)}*")
        press("k")
        page.wait_for_url(f"**{address(second)}*")
        press("?")
        expect(page.get_by_role("dialog")).to_contain_text("Decide and go to the next")
    hidden = Decision.objects.get(outcome=Outcome.HIDE)
    assert hidden.policies.count() == 1
    assert hidden.internal_note == "j d u: typed, not obeyed"
    assert Case.objects.get(pk=first.pk).state == CaseState.DECIDED
    assert Comment._base_manager.filter(is_public=False).count() == 0


def test_undo_and_notes_without_a_script(live_server, chromium, moderator, comment_case):
    first, second = comment_case("badword 1"), comment_case("badword 2")
    with browser_page(chromium, javascript=False) as page:
        sign_in_as(page, live_server.url, "mod", address(first))
        page.get_by_label("New note").fill("Seen without a script.")
        page.get_by_role("button", name="Add the note").click()
        expect(page.locator("#timeline")).to_contain_text("Seen without a script.")
        page.get_by_label("dismiss: rightly found, but allowed").check()
        page.get_by_role("button", name="Decide and go to the next").click()
        page.wait_for_url(f"**{address(second)}*")
        page.get_by_role("button", name=f"Undo (case {first.pk})").click()
        page.wait_for_url(f"**{address(first)}*")
        expect(page.locator("#case-state")).to_have_text("open")
        assert page.get_by_role("button", name="Next passage").count() == 0
    assert Decision.objects.count() == 2


def test_covered_words_are_seen_by_pointing_by_focus_and_by_key(
    live_server, chromium, moderator, comment_case
):
    case = comment_case("You badword, you.")
    Finding.objects.update(category="threat")
    hidden = "rgba(0, 0, 0, 0)"
    with browser_page(chromium) as page:
        sign_in_as(page, live_server.url, "mod", address(case))
        word = page.locator("#text .moderation-veil")
        expect(word).to_have_css("color", hidden)
        word.hover()
        expect(word).not_to_have_css("color", hidden)
        page.mouse.move(0, 0)
        expect(word).to_have_css("color", hidden)
        word.focus()
        expect(word).not_to_have_css("color", hidden)
        page.locator("#text mark a").focus()
        expect(word).not_to_have_css("color", hidden)
        page.evaluate("document.activeElement.blur()")
        expect(word).to_have_css("color", hidden)
        page.keyboard.press("v")
        expect(word).not_to_have_css("color", hidden)


def test_passages_are_gone_through_by_click_and_by_key(
    live_server, chromium, moderator, comment_case, article_case
):
    filler = " ".join(f"word{n}" for n in range(900))
    original = article_case(f"{filler} alpha beta gamma badword")
    case = comment_case(f"alpha beta {filler} badword")
    end = len(filler) + 1
    copy_of(case, original, [(0, 10, end, end + 10), (11, 3_000, 0, 2_989)])
    with browser_page(chromium) as page:
        sign_in_as(page, live_server.url, "mod", address(case))
        theirs = page.locator("[data-pane=theirs]")
        theirs.evaluate("pane => { pane.scrollTop = 0 }")
        page.locator("#ours-1").click()
        expect(page.locator("#theirs-1")).to_be_focused()
        assert theirs.evaluate("pane => pane.scrollTop") > 500
        page.locator("#theirs-2").click()
        expect(page.locator("#ours-2")).to_be_focused()
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("]")
        first = page.evaluate("document.activeElement.closest('mark').textContent")
        page.keyboard.press("]")
        second = page.evaluate("document.activeElement.closest('mark').textContent")
        assert first != second
        page.keyboard.press("[")
        assert page.evaluate("document.activeElement.closest('mark').textContent") == first


def test_panes_scroll_together(live_server, chromium, moderator, comment_case, article_case):
    filler = " ".join(f"word{n}" for n in range(900))
    original = article_case(f"{'lead ' * 40}{filler} badword")
    case = comment_case(f"{filler} badword")
    spans = [(at, at + 60, at + 200, at + 260) for at in range(0, 6_000, 100)]
    copy_of(case, original, spans)
    with browser_page(chromium) as page:
        sign_in_as(page, live_server.url, "mod", address(case))
        ours, theirs = page.locator("[data-pane=ours]"), page.locator("[data-pane=theirs]")
        ours.hover()
        ours.evaluate("pane => { pane.scrollTop = 900 }")
        page.wait_for_function("document.querySelector('[data-pane=theirs]').scrollTop > 500")
        apart = page.evaluate(
            """() => {
              const top = (pane, at) =>
                document.querySelector(`[data-pane=${pane}] [data-passage="${at}"]`)
                  .getBoundingClientRect().top;
              return Math.abs(top('ours', 20) - top('theirs', 20));
            }"""
        )
        assert apart < 200
        assert theirs.evaluate("pane => pane.scrollTop") > 500


ZALGO = "z" + "\u0335\u0336\u0337" * 40
HOSTILE = f"<script>document.title='taken'</script>\u202egnp.exe\u2066 {ZALGO}"


@pytest.mark.parametrize("size", VIEWPORTS)
def test_hostile_texts_stay_texts(live_server, chromium, moderator, size, settings):
    author = f"{HOSTILE[:60]}<b>"
    body = f"badword {HOSTILE} {'x' * 3_000} " + "5 MB of it. " * 440_000
    settings.MODERATION = {**settings.MODERATION, "SNAPSHOT_MAX_CHARS": 1_000_000}
    article = Article.objects.create(headline=f"{HOSTILE[:150]} {'H' * 40}", body=body)
    Comment.objects.create(article=article, body=f"badword {HOSTILE}", author_name=author)
    scan_all()
    addresses = [address(case) for case in Case.objects.order_by("pk")]
    assert len(addresses) == 2
    width, height = size
    with browser_page(chromium, viewport={"width": width, "height": height}) as page:
        sign_in_as(page, live_server.url, "mod", addresses[0])
        for path in addresses:
            page.goto(live_server.url + path)
            expect(page.locator("#text mark")).to_contain_text("badword")
            assert page.title().startswith("Case ")
            assert overflow(page) <= 0
            assert "\u202e" not in page.locator("body").inner_text()
        # The last one is the comment, which is plain text: there it is shown as it was written.
        expect(page.locator("#text")).to_contain_text("<script>document.title='taken'</script>")


@pytest.mark.parametrize("size", VIEWPORTS)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_part_of_the_page_fits_and_has_a_name(
    live_server, chromium, make_user, policy, comment_case, article_case, size, language
):
    make_user("mod", *DECIDE, "override_case")
    original = article_case("alpha beta gamma badword", "O" * 190)
    case = comment_case("alpha beta gamma badword", author_name="W" * 90)
    comment_case("badword beside it " + "y" * 300)
    add_evidence(case, (2, 8))
    copy_of(case, original, [(0, 10, 0, 10), (5, 16, 5, 16)], {"coverage": 0.5})
    width, height = size
    with browser_page(
        chromium, viewport={"width": width, "height": height}, locale=language
    ) as page:
        sign_in_as(page, live_server.url, "mod", address(case))
        assert page.evaluate("document.documentElement.dir") == (
            "rtl" if language == "ar" else "ltr"
        )
        for summary in page.locator("#content summary").all():
            summary.click()
        assert overflow(page) <= 0
        nameless = page.evaluate(
            """() => [...document.querySelectorAll(
                 '#content :is(input:not([type=hidden]), select, textarea, button, a[href])')]
               .filter((each) => each.getClientRects().length)
               .filter((each) => !(each.labels?.length || each.getAttribute('aria-label')
                 || each.textContent.trim()))
               .map((each) => each.outerHTML)"""
        )
        assert nameless == []
        doubled = page.evaluate(
            """() => { const ids = [...document.querySelectorAll('[id]')].map((each) => each.id);
                 return ids.filter((id, at) => ids.indexOf(id) !== at); }"""
        )
        assert doubled == []


def test_the_focus_goes_from_the_text_to_the_decision(
    live_server, chromium, moderator, policy, comment_case
):
    case = comment_case()
    with browser_page(chromium) as page:
        sign_in_as(page, live_server.url, "mod", address(case))
        order = page.evaluate(
            """() => ['#text', '#evidence', '#decide', '#timeline'].map((part) =>
                 [...document.querySelectorAll('*')].indexOf(document.querySelector(part)))"""
        )
        assert order == sorted(order)
        page.get_by_role("link", name="To the decision").click()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('#decide') !== null")
        live = page.locator("#moderation-present")
        expect(live).to_have_attribute("aria-live", "polite")
    assert reverse("admin:moderation_case_present", args=[case.pk])
