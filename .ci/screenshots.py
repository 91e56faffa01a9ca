"""Take a picture of every page of the demo site: light and dark, wide and narrow.

``screenshots.py [folder]``; without a folder they go to ``screenshots/``. The site is filled anew
in a folder of its own, scanned in this process, worked on a little, and served until the last
picture is taken. A page that answers with an error, complains on the console or scrolls sideways
is named, and the script fails. Needs Chromium.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.services import CHROMIUM_ARGUMENTS, HOST, find_chromium, free_port  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = ROOT / "screenshots"
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
START_SECONDS = 60
OK = 200
OVERFLOW = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


def main(arguments: list[str]) -> int:
    chromium = find_chromium()
    if chromium is None:
        print("screenshots: Chromium was not found; name it with CHROMIUM=", file=sys.stderr)
        return 1
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        session = fill(data)
        paths = pages()
        with serve() as base:
            problems = take(chromium, base, paths, session, folder)
    for problem in problems:
        print(f"screenshots: {problem}", file=sys.stderr)
    return 1 if problems else 0


# The site


def fill(data: str) -> str:
    """Fill, scan and work on the newsroom; returns the session key of an administrator."""
    os.environ |= {"DEMO_DIR": data, "DJANGO_SETTINGS_MODULE": "project.settings"}
    for variable in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(variable, None)
    import django
    from django.conf import settings
    from django.test import Client

    settings.MODERATION = {
        **getattr(settings, "MODERATION", {}),
        "DISPATCHER": "moderation.dispatch.immediate.ImmediateDispatcher",
    }
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("load_newsroom", verbosity=0)
    chief = User.objects.create_superuser("photographer", password="x")
    work(chief, User.objects.create_superuser("colleague", password="x"))
    client = Client()
    client.force_login(chief)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def work(chief: Any, colleague: Any) -> None:
    """Decide, put aside, report, appeal and list: so that no page is empty."""
    from moderation.services import heartbeats, views

    decide_some(colleague)
    hold_some(colleague)
    hear_people()
    list_sources(chief)
    views.save_view(chief, name="Urgent comments", query="kind=comment&band=likely", shared=True)
    heartbeats.beat(heartbeats.SWEEP)
    heartbeats.beat(heartbeats.WORKER)


def open_cases() -> list[Any]:
    from moderation.models import Case, CaseState

    return list(Case.objects.filter(state=CaseState.OPEN).order_by("pk"))


def decide_some(colleague: Any) -> None:
    from moderation.models import Outcome, Policy
    from moderation.services import decisions

    policy = Policy.objects.filter(is_active=True).first()
    outcomes = [
        Outcome.HIDE,
        Outcome.DISMISS_FALSE_POSITIVE,
        Outcome.HIDE,
        Outcome.DISMISS_ALLOWED,
        Outcome.LABEL,
        Outcome.HIDE,
    ]
    for case, outcome in zip(open_cases()[::3], outcomes, strict=False):
        restricts = outcome in (Outcome.HIDE, Outcome.LABEL)
        decisions.decide(
            case.pk,
            outcome=outcome,
            actor=colleague,
            version=case.version,
            policies=[policy] if restricts and policy else [],
            public_note="Please keep to our rules." if restricts else "",
        )


def hold_some(colleague: Any) -> None:
    """Claim one case, put one aside, and write a note on one."""
    from django.utils import timezone

    from moderation.services import cases, notes

    claimed, aside, noted, *_ = open_cases()
    cases.claim(claimed.pk, user=colleague)
    cases.snooze(aside.pk, user=colleague, until=timezone.now() + timedelta(hours=4))
    notes.add(noted.pk, user=colleague, text="I have asked the desk of the region.")


def hear_people() -> None:
    """Let two authors appeal, and a reader report the newest texts."""
    from moderation.models import Decision, Outcome
    from moderation.services import appeals, reports
    from project.newsroom.models import Article, Comment

    hidden = Decision.objects.filter(outcome=Outcome.HIDE).order_by("pk")
    for decision in hidden[:2]:
        appeals.submit(decision.pk, text="I only quoted what was said at the meeting.")
    report = reports.NewReport(
        category="attack", text="Seen before.", name="A reader", email="reader@news.example"
    )
    for text in (Article.objects.order_by("pk").last(), Comment.objects.order_by("pk").last()):
        if text is not None:
            reports.submit(text, report)


def list_sources(chief: Any) -> None:
    """Add one of everything that the chief keeps lists of."""
    from moderation.models import Allowance, ListedPhrase, Webhook
    from moderation.services import allowances, references, webhooks, wordlists
    from moderation.services.actors import human

    references.put(
        references.NewReference(
            title="Wire: the ferry is back in service", text="The ferry is back. " * 40
        ),
        actor=human(chief),
        compare=False,
    )
    allowances.save(
        Allowance(scope="passage", value="All times are those of the station.", note="A footer."),
        actor=human(chief),
    )
    wordlists.save(ListedPhrase(list="blocked", text="cheap loans"), user=chief)
    webhooks.save(Webhook(name="Archive", url="https://archive.example/hook"), user=chief)


def pages() -> dict[str, str]:
    """The path of every page, by the name of its picture."""
    from django.contrib import admin
    from django.urls import reverse

    from moderation.models import Case

    queue = reverse("admin:moderation_case_changelist")
    found = {
        "front": reverse("newsroom:front"),
        "admin": reverse("admin:index"),
        "dashboard": reverse("admin:moderation_case_dashboard"),
        "preferences": reverse("admin:moderation_case_preferences"),
        "queue_decided": f"{queue}?state=decided",
        "queue_empty": f"{queue}?q=nothingofthekind",
        "workbench": reverse("admin:moderation_threshold_workbench"),
        "events_verify": reverse("admin:moderation_event_verify"),
    }
    for kind in ("article", "comment"):
        for state in ("open", "claimed", "decided"):
            case = Case.objects.filter(kind=kind, state=state).order_by("-severity", "pk").first()
            if case is not None:
                found[f"case_{kind}_{state}"] = reverse(
                    "admin:moderation_case_change", args=[case.pk]
                )
    for model, own in admin.site._registry.items():
        options = model._meta
        if options.app_label not in {"moderation", "newsroom"}:
            continue
        name = f"{options.app_label}_{options.model_name}"
        found[name] = reverse(f"admin:{name}_changelist")
        if (first := model._base_manager.order_by("pk").first()) is not None:
            found[f"{name}_page"] = reverse(f"admin:{name}_change", args=[first.pk])
            if hasattr(first, "get_absolute_url"):
                found[f"{name}_public"] = first.get_absolute_url()
        if options.app_label == "moderation" and type(own).has_add_permission.__module__.startswith(
            "django."
        ):
            found[f"{name}_new"] = reverse(f"admin:{name}_add")
    return found


@contextlib.contextmanager
def serve() -> Iterator[str]:
    base = f"http://{HOST}:{free_port()}"
    command = [sys.executable, "-m", "django", "runserver", "--noreload", base[len("http://") :]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_for(server, base)
            yield base
        finally:
            server.terminate()


def wait_for(server: subprocess.Popen[bytes], base: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(base, timeout=START_SECONDS).close()
        except urllib.error.URLError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


# The pictures


def take(chromium: Path, base: str, paths: dict[str, str], session: str, folder: Path) -> list[str]:
    """Take all pictures; returns what is wrong with the pages."""
    from playwright.sync_api import sync_playwright

    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(CHROMIUM_ARGUMENTS)
        )
        for scheme in SCHEMES:
            for size in SIZES:
                with opened(browser, base, scheme, size, session) as page:
                    problems += take_all(page, base, paths, folder, f"{scheme}-{size}")
        browser.close()
    return problems


def take_all(page: Page, base: str, paths: dict[str, str], folder: Path, mode: str) -> list[str]:
    problems: list[str] = []
    page.on(
        "console",
        lambda said: problems.append(f"{page.url}: {said.text}") if said.type == "error" else None,
    )
    for name, path in paths.items():
        answer = page.goto(base + path)
        if answer is None or answer.status != OK:
            problems.append(f"{path} answers with {answer and answer.status}")
        problems += shoot(page, folder / f"{name}-{mode}.png")
    page.goto(base + paths["moderation_case"])
    return problems + preview(page, folder / f"batch-{mode}.png")


@contextlib.contextmanager
def opened(browser: Browser, base: str, scheme: str, size: str, session: str) -> Iterator[Page]:
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)
    context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
    yield context.new_page()
    context.close()


def preview(page: Page, target: Path) -> list[str]:
    """Choose two cases of the queue and look at what would be decided together."""
    for tick in page.locator(".action-select").all()[:2]:
        tick.check()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_load_state()
    return shoot(page, target)


def shoot(page: Page, target: Path) -> list[str]:
    page.screenshot(path=target, full_page=True)
    print(target)
    sideways = page.evaluate(OVERFLOW)
    return [f"{page.url} scrolls sideways by {sideways} in {target.name}"] if sideways else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
