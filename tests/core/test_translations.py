"""The catalogues: complete, with every placeholder, compiled, and what a moderator reads."""

from __future__ import annotations

import gettext
import re
from ast import literal_eval
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.urls import reverse

from moderation.detectors.explanations import MESSAGES

LOCALE = Path(__file__).resolve().parents[2] / "moderation" / "locale"
CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))

_FIELD = re.compile(r'^(msg\w+(?:\[\d\])?) ("(?:.*"\n")*.*")$', re.MULTILINE)
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|\{\w+\}")


@dataclass(frozen=True)
class Message:
    originals: tuple[str, ...]  # the msgid and, if there is one, its plural
    translations: tuple[str, ...]


def read(path: Path) -> list[Message]:
    """Return the messages of a catalogue, without its header."""
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")[1:]
    return [message(block) for block in blocks]


def message(block: str) -> Message:
    # Quoted pieces on lines of their own are one text, in a catalogue as in Python.
    fields = {name: literal_eval(f"({text})") for name, text in _FIELD.findall(block)}
    return Message(
        originals=tuple(text for name, text in fields.items() if name.startswith("msgid")),
        translations=tuple(text for name, text in fields.items() if name.startswith("msgstr")),
    )


def placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))


def language(path: Path) -> str:
    return path.parent.parent.name


per_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=language)


def test_there_is_a_catalogue_for_every_promised_language():
    assert {language(path) for path in CATALOGUES} == {"de", "es", "fr"}


@per_catalogue
def test_a_catalogue_is_complete(path):
    messages = read(path)
    known = {entry.originals[0] for entry in messages}
    assert known >= set(MESSAGES.values())  # the reader below has not lost entries
    assert len(known) == len(messages)
    unfinished = [e for e in messages if not e.translations or not all(e.translations)]
    assert unfinished == []


@per_catalogue
def test_a_translation_has_the_placeholders_of_the_original(path):
    for entry in read(path):
        expected = placeholders(entry.originals[0])
        for text in (*entry.originals, *entry.translations):
            assert placeholders(text) == expected, text


@per_catalogue
def test_nothing_is_left_as_a_guess_of_the_merging_tool(path):
    assert not re.search(r"^#, .*\bfuzzy\b", path.read_text(encoding="utf-8"), re.MULTILINE)


@per_catalogue
def test_the_compiled_catalogue_says_what_the_catalogue_says(path):
    with path.with_suffix(".mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    for entry in read(path):
        if len(entry.originals) == 1:
            assert compiled.gettext(entry.originals[0]) == entry.translations[0]
        else:
            assert compiled.ngettext(*entry.originals, 1) == entry.translations[0]
            assert compiled.ngettext(*entry.originals, 2) == entry.translations[-1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "heading"),
    [
        ("en", "Moderation queue"),
        ("de", "Moderationswarteschlange"),
        ("fr", "File d’attente de modération"),
        ("es", "Cola de moderación"),
    ],
)
def test_the_queue_speaks_the_language_of_the_reader(admin_client, wanted, heading):
    queue = reverse("admin:moderation_case_changelist")
    page = admin_client.get(queue, headers={"accept-language": wanted})
    assert f"<h1>{heading}</h1>" in page.content.decode()
    assert page.headers["Content-Language"] == wanted
