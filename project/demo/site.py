"""Starting the site's processes and filling it. Imported once Django is set up."""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError
from django.urls import reverse

from project.demo import surroundings
from project.demo.accounts import Credentials
from project.demo.options import Options
from project.demo.problems import Problem, first_line
from project.demo.processes import Processes
from project.demo.surroundings import HOST
from project.newsroom.folder import Page, Skipped, read_folder
from project.newsroom.loading import Loaded, load_newsroom, load_pages

WEB_SECONDS = 60
SKIPPED_SHOWN = 20


@dataclass
class Haul:
    """What was loaded and what was left out."""

    loaded: list[Loaded] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def __str__(self) -> str:
        counts = Counter(
            f"{item.status} {item.model._meta.verbose_name_plural}" for item in self.loaded
        )
        return ", ".join(f"{number} {what}" for what, number in counts.items())


def start(processes: Processes, options: Options) -> None:
    """Start web, worker and beat. They take seconds, in which the newsroom can be filled."""
    processes.start("web", "django", "runserver", "--noreload", f"{HOST}:{options.port}")
    processes.start(
        "worker",
        *("celery", "-A", "project", "worker", "--concurrency", "2", "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )
    processes.start(
        "beat",
        *("celery", "-A", "project", "beat", "--loglevel", "INFO", "--pidfile="),
        *("--schedule", str(options.folder / "beat-schedule")),
    )


def wait_for_web(processes: Processes, options: Options) -> None:
    """Wait until the site answers. Raises ``Problem`` if it does not, ``Died`` if one ended."""
    url = address(options, "newsroom:front")
    deadline = time.monotonic() + WEB_SECONDS
    while True:
        processes.check()
        try:
            with urllib.request.urlopen(url, timeout=WEB_SECONDS):  # noqa: S310 - our own server
                return
        except urllib.error.HTTPError as error:
            raise Problem(f"{url} answers with status {error.code}") from error
        except OSError as error:
            if time.monotonic() > deadline:
                raise Problem(f"{url} does not answer") from error
            time.sleep(0.1)


def check_articles(options: Options) -> None:
    """Raise ``Problem`` if there is nothing to load, before anything is started for it."""
    if options.articles is None:
        return
    haul = Haul()
    for item in _pages(options.articles):
        if not isinstance(item, Skipped):
            return
        haul.skipped.append(item)
    _print_left_out(haul)
    raise Problem(f"ARTICLES={options.articles}: no .txt or .html file with text in it")


def _pages(folder: Path) -> Iterator[Page | Skipped]:
    try:
        yield from read_folder(folder)
    except OSError as error:
        raise Problem(f"ARTICLES={folder}: {error.strerror}") from error


def load(options: Options) -> Haul:
    """Fill the newsroom and say what was loaded."""
    haul = Haul()
    try:
        texts: Iterable[Loaded | Skipped] = (
            load_pages(_pages(options.articles)) if options.articles else load_newsroom()
        )
        for item in texts:
            if isinstance(item, Skipped):
                haul.skipped.append(item)
            else:
                haul.loaded.append(item)
    except DatabaseError as error:
        raise Problem(f"the texts cannot be saved: {first_line(error)}") from error
    _print_left_out(haul)
    print(f"Loaded     {haul}", flush=True)
    return haul


def _print_left_out(haul: Haul) -> None:
    for item in haul.skipped[:SKIPPED_SHOWN]:
        print(f"Skipped    {item.name}: {item.reason}")
    if len(haul.skipped) > SKIPPED_SHOWN:
        print(f"Skipped    {len(haul.skipped) - SKIPPED_SHOWN} more")
    for guess in haul.loaded:
        if guess.note:
            print(f"Note       {guess.name}: {guess.note}")
    sys.stdout.flush()


def address(options: Options, name: str) -> str:
    """Return the full address of a named page."""
    return f"http://{HOST}:{options.port}{reverse(name)}"


def print_services(options: Options) -> None:
    """Say where the rows and the messages are."""
    print(f"Database   {surroundings.database_name()}")
    print(f"Broker     {surroundings.broker_name(options.redis_url)}", flush=True)


def print_credentials(credentials: list[Credentials]) -> None:
    """Show new passwords, or how to get some."""
    for account in credentials:
        print(f"Account    {account.username:<10} {account.password}   ({account.role})")
    if credentials:
        print("           These passwords are shown this once.")
    else:
        print("Accounts   admin, moderator, author, with the passwords shown when they were made;")
        print("           new ones: .venv/bin/python -m project.demo --reset-passwords")
    sys.stdout.flush()
