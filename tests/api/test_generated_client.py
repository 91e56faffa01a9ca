"""The client that docs/api.md has its readers generate, generated and used against a server."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from rest_framework.authtoken.models import Token

from moderation.models import Decision

PAGE = (Path(__file__).resolve().parents[2] / "docs/api.md").read_text(encoding="utf-8")
CHAPTER = PAGE.partition("## A client that is generated")[2].partition("\n## ")[0]
SITE, TOKEN = "https://example.org/moderation", "the token"


@pytest.fixture
def site(settings, live_server, transactional_db) -> str:
    settings.MODERATION = {
        **settings.MODERATION,
        "API_AUTHENTICATION": ["rest_framework.authentication.TokenAuthentication"],
    }
    return live_server.url


@pytest.fixture
def folder(site, tmp_path) -> Path:
    """Generate the client with the command of the page; return where it is."""
    [command] = [line for line in CHAPTER.splitlines() if line.startswith("$ openapi-python-")]
    _dollar, tool, *arguments = shlex.split(command.replace(SITE, site))
    (tmp_path / "quiet.yml").write_text("post_hooks: []\n")  # nobody reads this client
    told = subprocess.run(
        [Path(sys.executable).with_name(tool), *arguments, "--config", "quiet.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Warning" not in told.stdout, "a piece of the description was left out"
    return tmp_path


def test_the_generated_client_does_what_the_page_says(site, comment_case, moderator, folder):
    case, token = comment_case(), Token.objects.create(user=moderator)
    [code] = re.findall(r"^```python\n(.*?)^```$", CHAPTER, flags=re.DOTALL | re.MULTILINE)
    told = subprocess.run(
        [sys.executable, "-c", code.replace(SITE, site).replace(TOKEN, token.key)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines()[-1] == "dismiss_false_positive"
    decision = Decision.objects.get()
    assert (decision.case, decision.actor) == (case, moderator)
