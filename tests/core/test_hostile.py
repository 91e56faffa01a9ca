"""Texts made to break things, through the built-in detectors, from the save to the case."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from moderation.models import DetectorRun, Evidence, RunState, Scan, ScanState
from moderation.services.scanning import run_scan
from moderation.text.storage import storable
from tests.site.models import Article, Comment

LONG = 5_000_000

TEXTS = {
    "whitespace": " \t\r\n\u00a0\u3000 " * 10,
    "zero width": "\u200b\u200c\u200d\ufeff" * 1000,
    "nul": "You are\x00 an id\x00iot.",
    "surrogates": "You are \ud83d an \udc00 idiot.",
    "deep html": "<div>" * 10_000 + "You are an idiot." + "</div>" * 10_000,
    "unclosed": "<" * 20_000 + "<!--" * 5_000 + "<a href='" * 5_000,
    "entities": "&amp;" * 20_000 + "&#x110000;&#0;&nosuch;",
    "one word": "word " * 40_000,
    "one letter": "a" * 400_000,
    "emoji": "😡" * 100_000,
    "combining": ("e" + "\u0301" * 50) * 2000,
    "bidi": "\u202eYou are an idiot.\u202c " * 200,
    "arabic": "أعلنت البلدية اليوم عن خطة جديدة لإصلاح الجسر القديم فوق النهر. " * 60,
    "hindi": "नगर परिषद ने आज नदी पर बने पुराने पुल की मरम्मत की नई योजना की घोषणा की। " * 60,
    "thai": "สภาเมืองประกาศแผนใหม่ในการซ่อมสะพานเก่าข้ามแม่น้ำในวันนี้ " * 60,
    "chinese": "市议会今天宣布了修复河上旧桥的新计划，工程将于春季开始。" * 60,
    "japanese": "市議会は本日、川に架かる古い橋を修理する新しい計画を発表した。" * 60,
    "markup": "<script>alert(1)</script>{{ settings.SECRET_KEY }}{% debug %}=HYPERLINK(1)",
    "regex bait": ("aaaaaaaaaaaaaaaaaaaaaaaa! " * 2000) + "\n" * 20_000 + "- " * 20_000,
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("model", [Article, Comment])
def test_no_text_breaks_a_detector(settings, name, model):
    settings.MODERATION = {}
    text = storable(TEXTS[name])
    if model is Article:
        Article.objects.create(headline=name, body=text)
    else:
        article = Article.objects.create(headline="Bridge", body="Repaired.")
        Comment.objects.create(article=article, body=text)
    scan = Scan.objects.latest("pk")
    state = run_scan(scan.pk)
    assert state in (ScanState.DONE, ScanState.SKIPPED)
    assert not DetectorRun.objects.exclude(state=RunState.DONE).exists()
    length = len(scan.snapshot.text)
    for passage in Evidence.objects.all():
        assert 0 <= passage.start < passage.end <= length


@pytest.mark.django_db
def test_five_megabytes_are_kept_and_scanned_in_part_and_it_says_so(settings):
    settings.MODERATION = {}
    Article.objects.create(headline="Long", body="One more ordinary sentence. " * (LONG // 28))
    scan = Scan.objects.get()
    assert run_scan(scan.pk) == ScanState.DONE
    scan.refresh_from_db()
    assert scan.scanned_chars == 500_000
    assert str(scan.snapshot.length) in scan.note
    assert len(scan.snapshot.text) == 1_000_000


def test_bad_lines_give_an_error_each_and_the_rest_is_assessed():
    lines = [
        b'{"id": 1, "text": "The bridge was repaired."}',
        b"not json",
        b'{"id": 3}',
        b'{"id": 4, "text": 5}',
        b'{"id": 5, "text": "x", "format": "docx"}',
        b"[1, 2]",
        b"\xff\xfe",
        b"",
        b"[" * 100_000,
        b'{"id": "last", "text": "You are a stupid idiot. \\ud800 \\u0000"}',
    ]
    done = subprocess.run(
        [sys.executable, "-m", "django", "moderation_check", "--kind", "comment"],
        input=b"\n".join(lines),
        capture_output=True,
        check=True,
        env=_environment(),
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [1, None, 3, 4, 5, None, None, None, "last"]
    assert ["error" in answer for answer in answers] == [False, *[True] * 7, False]
    assert (answers[0]["flagged"], answers[-1]["flagged"]) == (False, True)
    for found in answers[-1]["findings"]:
        for passage in found["evidence"]:
            assert passage["explanation"]


def test_a_check_needs_no_database():
    done = subprocess.run(
        [
            *(sys.executable, "-m", "django", "moderation_check"),
            *("--kind", "comment", "--text", "The bridge was repaired."),
        ],
        capture_output=True,
        check=True,
        env={**_environment(), "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
    )
    assert json.loads(done.stdout)["flagged"] is False


@pytest.mark.parametrize("arguments", [["--input", "/no/such/file"], ["--corpus", "/no/such"]])
def test_an_input_that_cannot_be_read_ends_with_1(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "django", "moderation_check", "--kind", "article", *arguments],
        input=b"",
        capture_output=True,
        check=False,
        env=_environment(),
    )
    assert done.returncode == 1
    assert b"cannot be read" in done.stderr
    assert b"Traceback" not in done.stderr


def _environment():
    import os

    return {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
