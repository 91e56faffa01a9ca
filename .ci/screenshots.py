"""Take a picture of every page of the demo site, light and dark, into ``screenshots/``.

The site is filled anew in a folder of its own, scanned in this process, and served until the last
picture is taken. Needs Chromium.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.services import CHROMIUM_ARGUMENTS, HOST, find_chromium, free_port  # noqa: E402

FOLDER = ROOT / "screenshots"
SIZE = {"width": 1280, "height": 900}
SCHEMES = ("light", "dark")
START_SECONDS = 60


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print("screenshots: Chromium was not found; name it with CHROMIUM=", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DEMO_DIR": folder, "DJANGO_SETTINGS_MODULE": "project.settings"}
        for variable in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(variable, None)
        session = fill()
        paths = pages()
        with serve() as base:
            take(chromium, base, paths, session)
    return 0


def fill() -> str:
    """Fill and scan the newsroom; returns the session key of a signed-in administrator."""
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
    call_command("load_newsroom")
    client = Client()
    client.force_login(User.objects.create_superuser("photographer"))
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def pages() -> dict[str, str]:
    """The path of every page, by the name of its picture."""
    from django.contrib import admin
    from django.urls import reverse

    found = {"front": reverse("newsroom:front"), "admin": reverse("admin:index")}
    for model in admin.site._registry:
        options = model._meta
        if options.app_label not in {"moderation", "newsroom"}:
            continue
        name = f"{options.app_label}_{options.model_name}"
        found[name] = reverse(f"admin:{name}_changelist")
        if (first := model._base_manager.order_by("pk").first()) is not None:
            found[f"{name}_page"] = reverse(f"admin:{name}_change", args=[first.pk])
            if hasattr(first, "get_absolute_url"):
                found[f"{name}_public"] = first.get_absolute_url()
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


def take(chromium: Path, base: str, paths: dict[str, str], session: str) -> None:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(CHROMIUM_ARGUMENTS)
        )
        for scheme in SCHEMES:
            context = browser.new_context(viewport=SIZE, color_scheme=scheme)
            context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
            page = context.new_page()
            for name, path in paths.items():
                answer = page.goto(base + path)
                if answer is None or answer.status != 200:
                    raise RuntimeError(f"{path} answers with {answer and answer.status}")
                target = FOLDER / f"{name}-{scheme}.png"
                page.screenshot(path=target, full_page=True)
                print(target.relative_to(ROOT))
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
