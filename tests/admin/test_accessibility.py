"""Every page of the desk, asked by axe-core, light and dark; on a small screen; and enlarged."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from moderation.models import (
    Allowance,
    Case,
    Decision,
    ListedPhrase,
    Outcome,
    Webhook,
)
from moderation.services import (
    allowances,
    appeals,
    cases,
    decisions,
    references,
    reports,
    views,
    webhooks,
    wordlists,
)
from moderation.services.actors import human
from tests.admin.conftest import add_evidence
from tests.admin.test_browser import browser_page
from tests.admin.test_browser_case import overflow
from tests.admin.test_case_context import copy_of
from tests.conftest import NOT_RUN
from tests.services import find_program

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

AXE = "axe-core@4.14.1"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASK = """asked => axe.run(document, {runOnly: asked}).then(found =>
  found.violations.flatMap(each => each.nodes.map(node => `${each.id}: ${node.html}`)))"""
UNFOLD = "document.querySelectorAll('#content details').forEach(each => { each.open = true; })"

SETTLE = "document.getAnimations().forEach(each => each.finish())"  # colours change slowly

# The rest of the rules do not look at colours, by which alone the schemes differ.
SCHEMES = {"light": TAGS, "dark": ["color-contrast", "link-in-text-block"]}
# 360 px are a small telephone; 640 px are half a screen, as it is when enlarged twofold.
SCREENS = ((360, 1), (640, 2))

# The heads of two columns that Django's own rows of a record leave empty: no name, no content.
DJANGOS_OWN = ('empty-table-header: <th class="original"></th>', "empty-table-header: <th></th>")

LISTS = (
    "case",
    "appeal",
    "report",
    "decision",
    "scan",
    "finding",
    "subject",
    "snapshot",
    "event",
    "policy",
    "allowance",
    "referencedocument",
    "listedphrase",
    "threshold",
    "webhook",
    "delivery",
    "apikey",
)
FORMS = ("policy", "allowance", "referencedocument", "listedphrase", "webhook", "apikey")


@pytest.fixture(autouse=True)
def _strict(settings):
    settings.MIDDLEWARE = ["tests.admin.csp.strict_csp", *django_settings.MIDDLEWARE]
    settings.MODERATION = {
        **settings.MODERATION,
        "DISPATCHER": "tests.site.dispatchers.Nobody",
    }


@pytest.fixture(scope="session")
def axe(node, tmp_path_factory) -> str:
    """The source of axe-core, as npm installs it."""
    folder: Path = tmp_path_factory.mktemp("npm")
    npm = [find_program("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    installed = subprocess.run(
        [*npm, "--prefix", folder, AXE], capture_output=True, text=True, check=False
    )
    if installed.returncode:
        pytest.skip(f"{NOT_RUN}{AXE}: {installed.stderr.strip().splitlines()[-1:]}")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.fixture
def desk_pages(root, colleague, policy, comment_case, article_case) -> dict[str, str]:
    """Something of everything, and the address of every page."""
    original = article_case("alpha beta gamma badword", "The original")
    copy = article_case("alpha beta gamma badword and more", "The copy")
    copy_of(copy, original, [(0, 10, 0, 10), (5, 16, 5, 16)], {"coverage": 0.5})
    comment, held, aside, closed = (comment_case(f"badword {n}", author_name="A") for n in range(4))
    add_evidence(comment, (0, 3), (2, 7))
    cases.claim(held.pk, user=colleague)
    cases.snooze(aside.pk, user=colleague, until=timezone.now() + timedelta(hours=1))
    hidden = decisions.decide(
        closed.pk,
        outcome=Outcome.HIDE,
        actor=colleague,
        version=Case.objects.get(pk=closed.pk).version,
        policies=[policy],
    )
    appeal = appeals.submit(hidden.pk, text="I only quoted it.")
    report = _report(comment)
    views.save_view(root, name="Mine", query="assignee=me", shared=True)
    _lists(root)
    return _addresses(
        {"case": [comment, copy, held, aside, closed], "appeal": [appeal], "report": report}
    )


def _report(case: Case) -> list:
    from moderation.models import Report
    from tests.site.models import Comment

    text = Comment._base_manager.get(pk=case.subject.object_id)
    new = reports.NewReport(category="attack", name="A reader", email="reader@news.example")
    reports.submit(text, new)
    return list(Report.objects.all())


def _lists(root) -> None:
    document = references.NewReference(title="Wire copy", text="The ferry is back. " * 20)
    references.put(document, actor=human(root), compare=False)
    footer = Allowance(scope="passage", value="All times are those of the station.")
    allowances.save(footer, actor=human(root))
    wordlists.save(ListedPhrase(list="blocked", text="cheap loans"), user=root)
    webhooks.save(Webhook(name="Archive", url="https://archive.example/hook"), user=root)


def _addresses(rows: dict[str, list]) -> dict[str, str]:
    def of(model: str, page: str, *args: object) -> str:
        return reverse(f"admin:moderation_{model}_{page}", args=args)

    queue = of("case", "changelist")
    found = {model: of(model, "changelist") for model in LISTS}
    found |= {f"{model} new": of(model, "add") for model in FORMS}
    found |= {
        f"{model} {row.pk}": of(model, "change", row.pk)
        for model, listed in rows.items()
        for row in listed
    }
    found |= {
        "dashboard": of("case", "dashboard"),
        "preferences": of("case", "preferences"),
        "nothing found": f"{queue}?q=nothingofthekind",
        "filtered": f"{queue}?state=decided&kind=comment",
        "workbench": of("threshold", "workbench"),
        "verified": of("event", "verify"),
        "decision": of("decision", "change", Decision.objects.values_list("pk").first()[0]),
    }
    return found


@contextmanager
def signed_in_page(chromium: str, server: str, user, **options) -> Iterator[Page]:
    client = Client()
    client.force_login(user)
    key = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    with browser_page(chromium, **options) as page:
        page.context.add_cookies(
            [{"name": django_settings.SESSION_COOKIE_NAME, "value": key, "url": server}]
        )
        yield page


def preview_a_batch(page: Page, queue: str) -> None:
    page.goto(queue)
    for tick in page.locator(".action-select").all()[:2]:
        tick.check()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Decide together", level=1)).to_be_visible()


def test_axe_finds_nothing_on_any_page_light_or_dark(live_server, chromium, axe, root, desk_pages):
    wrong: dict[tuple[str, str], list[str]] = {}

    def ask(page: Page, name: str) -> None:
        page.evaluate(UNFOLD)
        page.evaluate(axe)
        for scheme, asked in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            page.evaluate(SETTLE)
            found = [each for each in page.evaluate(ASK, asked) if each not in DJANGOS_OWN]
            if found:
                wrong[name, scheme] = found

    with signed_in_page(chromium, live_server.url, root) as page:
        for name, path in desk_pages.items():
            answer = page.goto(live_server.url + path)
            assert answer.status == 200, path
            ask(page, name)
        preview_a_batch(page, live_server.url + desk_pages["case"])
        ask(page, "batch")
        page.goto(live_server.url + desk_pages["case"])
        page.get_by_role("button", name="Keys").click()
        ask(page, "help")
    assert wrong == {}


def test_no_page_scrolls_sideways(live_server, chromium, root, desk_pages):
    wide: dict[tuple[str, int], int] = {}

    def measure(page: Page, name: str) -> None:
        for width, factor in SCREENS:
            screen.send(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": 740, "deviceScaleFactor": factor, "mobile": False},
            )
            assert page.evaluate("[innerWidth, devicePixelRatio]") == [width, factor]
            if (by := overflow(page)) > 0:
                wide[name, width] = by

    with signed_in_page(chromium, live_server.url, root) as page:
        screen = page.context.new_cdp_session(page)
        for name, path in desk_pages.items():
            page.goto(live_server.url + path)
            measure(page, name)
        preview_a_batch(page, live_server.url + desk_pages["case"])
        measure(page, "batch")
    assert wide == {}


def test_what_changes_by_itself_is_announced(live_server, chromium, root, desk_pages):
    with signed_in_page(chromium, live_server.url, root) as page:
        page.goto(live_server.url + desk_pages["case"])
        expect(page.locator("[data-live-news]")).to_have_attribute("role", "status")
        case = next(path for name, path in desk_pages.items() if name.startswith("case "))
        page.goto(live_server.url + case)
        expect(page.locator("#moderation-present")).to_have_attribute("aria-live", "polite")


def test_the_queue_is_walked_through_in_the_order_it_is_read(
    live_server, chromium, root, desk_pages
):
    with signed_in_page(chromium, live_server.url, root) as page:
        page.goto(live_server.url + desk_pages["case"])
        seen: list[str] = []
        page.locator("#searchbar").focus()
        for _step in range(40):
            seen.append(
                page.evaluate(
                    """() => { const at = document.activeElement;
                      return at.closest('[role=search]') ? 'search'
                        : at.closest('.moderation-acts') ? 'actions'
                        : at.closest('tbody') ? 'rows'
                        : at.closest('#filters') ? 'filters' : 'other'; }"""
                )
            )
            page.keyboard.press("Tab")
        parts = [part for part in dict.fromkeys(seen) if part != "other"]
        assert parts == ["search", "actions", "rows", "filters"]
        outlined = page.evaluate(
            """() => { const style = getComputedStyle(document.activeElement);
              return style.outlineStyle !== 'none' || style.boxShadow !== 'none'; }"""
        )
        assert outlined
