"""The commands of docs/walkthrough.md, run one after another against a running server."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import path

from moderation.models import Appeal, Case, Decision, Effect, Policy, SuggestedScore
from moderation.services import audit
from tests.conftest import NOT_RUN
from tests.services import find_program
from tests.site.models import Article, Comment

PAGE = (Path(__file__).resolve().parents[2] / "docs/walkthrough.md").read_text(encoding="utf-8")
NEEDED = ("bash", "curl", "jq")
STATUS = re.compile(r"[1-5][0-9]{2}")
MANAGE = re.compile(r"python manage\.py (?P<arguments>[^)>\n]+)")
KEYS = {"id", "report", "decision", "appeal", "reverses", "ruling", "version"}
"""Fields whose numbers differ from site to site."""


# The site that the page speaks of


def article_page(request, pk):
    comments = Article.objects.get(pk=pk).comments.filter(is_public=True)
    return HttpResponse("\n".join(comment.body for comment in comments), content_type="text/plain")


as_told: dict[str, Any] = {}
for block in re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE):
    exec(block, as_told)  # settings and addresses are those that the page has its readers write

urlpatterns = [path("articles/<int:pk>/", article_page), *as_told["urlpatterns"]]


@pytest.fixture
def site(settings, transactional_db, live_server) -> str:
    settings.ROOT_URLCONF = __name__
    settings.MODERATION = {
        **as_told["MODERATION"],
        "DISPATCHER": "moderation.dispatch.immediate.ImmediateDispatcher",
        "SITE_URL": live_server.url,
        "UNDO_SECONDS": 0,
    }
    cache.clear()
    call_command("moderation_roles", stdout=io.StringIO())
    groups = {"mia": "Moderators", "tom": "Moderators", "max": "Moderation managers"}
    for name, group in groups.items():
        user = User.objects.create_user(name, password=f"secret of {name}")
        user.groups.add(Group.objects.get(name=group))
    Policy.objects.update_or_create(  # a starter policy, which other tests may have flushed
        code="personal-attack",
        defaults={
            "title": "No personal attacks",
            "public_text": "Argue against what was said, not against who said it.",
            "statement_category": "STATEMENT_CATEGORY_CYBER_VIOLENCE",
        },
    )
    ann = User.objects.create_user("ann", email="ann@mail.example")
    article = Article.objects.create(pk=1, headline="Snow", body="<p>It snowed again.</p>")
    body = "The man at number 12 never sweeps his snow."
    Comment.objects.create(pk=812, article=article, author=ann, author_name="ann", body=body)
    return live_server.url


# The page


@dataclass(slots=True)
class Command:
    """A command of the page, the statuses that curl shows, and what is printed."""

    line: str
    statuses: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)


def commands(page: str) -> Iterator[Command]:
    for block in re.findall(r"^```console\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            yield _command(part.splitlines())


def _command(lines: list[str]) -> Command:
    """Lines indented by four belong to the command, lines of three digits are statuses."""
    most = next((at for at, line in enumerate(lines[1:], 1) if not line.startswith("    ")), None)
    told = lines[len(lines) if most is None else most :]
    command = Command("\n".join(lines[: len(lines) - len(told)]))
    for line in told:
        (command.statuses if STATUS.fullmatch(line) else command.printed).append(line)
    return command


def values(text: str) -> list[Any]:
    """Return the JSON values in what was printed, or its lines if it is no JSON."""
    decoder, at, found = json.JSONDecoder(), 0, []
    text = text.strip()
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            found.append(value)
            at += len(text[at:]) - len(text[at:].lstrip())
    except ValueError:
        return text.splitlines()
    return found


def alike(told: Any, shown: Any, name: str = "") -> bool:
    """Tell whether the site said what the page shows: keys may differ, ``…`` is anything."""
    match shown:
        case dict() if isinstance(told, dict):
            return told.keys() == shown.keys() and all(
                alike(told[each], shown[each], each) for each in shown
            )
        case list() if isinstance(told, list):
            return len(told) == len(shown) and all(map(alike, told, shown))
        case str():
            pattern = ".+".join(map(re.escape, shown.split("…")))
            return isinstance(told, str) and re.fullmatch(pattern, told) is not None
        case int() if name in KEYS and not isinstance(shown, bool):
            return type(told) is int
    return type(told) is type(shown) and told == shown


# A terminal


@dataclass(frozen=True, slots=True)
class Ran:
    printed: str
    statuses: list[str]
    complaints: list[str]


@pytest.fixture
def terminal(site, tmp_path) -> Callable[[str], Ran]:
    """Run a line as it would be typed after those before it; variables are kept."""
    missing = [name for name in NEEDED if find_program(name) is None]
    if missing:
        pytest.skip(f"{NOT_RUN}{', '.join(missing)}")
    memory, temporary = tmp_path / "variables", tmp_path / "temporary"
    memory.touch()
    temporary.mkdir()
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(temporary), "LC_ALL": "C.UTF-8"}
    script = '. "$1"; set -a; trap \'export -p > "$1"\' EXIT; eval "$2"'

    def run(line: str) -> Ran:
        done = subprocess.run(
            [str(find_program("bash")), "-c", script, "bash", str(memory), line],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        errors = done.stderr.splitlines()
        return Ran(
            done.stdout,
            [each for each in errors if STATUS.fullmatch(each)],
            [each for each in errors if not STATUS.fullmatch(each)],
        )

    return run


def as_here(line: str, site: str, mails: list[Any]) -> str:
    """Return a command with the address and the models of this site, and the mailed token."""
    line = line.replace("SITE=https://news.example", f"SITE={site}").replace("news.", "site.")
    line = MANAGE.sub(_printed, line)
    return f"TOKEN={_token(site, mails)}" if line.startswith("TOKEN=") else line


def _token(site: str, mails: list[Any]) -> str:
    """Return the token in the newest link that the author was sent."""
    link = re.compile(rf"^{re.escape(site)}/moderation/appeal/(.+)/$", re.MULTILINE)
    sent = "\n".join(mail.body for mail in mails if mail.to == ["ann@mail.example"])
    return link.findall(sent)[-1]


def _printed(match: re.Match[str]) -> str:
    """Run a management command here: the server's database is in the memory of this process."""
    out = io.StringIO()
    call_command(*shlex.split(match["arguments"]), stdout=out)
    return f"echo {shlex.quote(out.getvalue().strip())}"


# The walk


@pytest.mark.both_databases
def test_every_command_of_the_page_answers_as_the_page_says(site, terminal, mailoutbox, caplog):
    walked = list(commands(PAGE))
    wrong = []
    for command in walked:
        ran = terminal(as_here(command.line, site, mailoutbox))
        shown = values("\n".join(command.printed))
        if (ran.statuses, ran.complaints) != (command.statuses, []) or not alike(
            values(ran.printed), shown
        ):
            wrong.append(f"{command.line}\n{ran.statuses}\n{ran.printed}{ran.complaints}")
    assert not wrong, "\n\n".join(wrong)
    assert len(walked) == PAGE.count("\n$ ")
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []
    _look_at_the_records()


def _look_at_the_records() -> None:
    """The page has said what the answers were, this is what is true."""
    assert Comment._base_manager.get().is_public
    assert Case.objects.get().state == "decided"
    assert [str(each.outcome) for each in Decision.objects.order_by("pk")] == [
        "hide",
        "undo",
        "hide",
        "undo",
        "dismiss_allowed",
    ]
    assert {effect.state for effect in Effect.objects.all()} == {"undone"}
    assert Appeal.objects.get().state == "reversed"
    assert not SuggestedScore.objects.exists()
    assert audit.verify().ok


# The comparison finds what is wrong


@pytest.mark.parametrize(
    ("told", "shown", "same"),
    [
        ('{"id":4}', '{"id": 40}', True),
        ('{"id":"4"}', '{"id": 40}', False),
        ('{"id":true}', '{"id": 40}', False),
        ('{"id":4,"state":"open"}', '{"id": 4}', False),
        ('{"b":1,"a":2}', '{"a": 2, "b": 1}', True),  # the database may have its own order
        ('{"number":1}', '{"number": 2}', False),
        ('{"flagged":1}', '{"flagged": true}', False),
        ('{"a":null}', '{"a": null}', True),
        ('{"a":null}', '{"a": []}', False),
        ("0", "1", False),
        ("null\n[1]", "null\n[1]", True),
        ("null", "null\n[1]", False),
        ("", "null", False),
        ('"decision-7-x"', '"decision-…"', True),
        ('"decision-"', '"decision-…"', False),
        ("Header: a", "Header: b", False),
        ("Header: a\r\n", "Header: a", True),
    ],
)
def test_what_the_page_shows_is_compared(told, shown, same):
    assert alike(values(told), values(shown)) is same
