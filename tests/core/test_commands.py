"""The commands for people and scripts."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from moderation.management.commands.moderation_evaluate import figures, roc_auc
from moderation.management.progress import Progress
from moderation.models import Scan
from tests.site.models import Article

SOURCE = (
    "The old bridge over the river was closed on Monday after engineers found cracks in two of "
    "its pillars. Drivers now have to take the detour by the mill, which adds twenty minutes to "
    "the way to work. The council wants to reopen one lane before the winter, if the money for "
    "the repair is granted by the county in its next session. Shopkeepers on both banks fear for "
    "their Christmas trade and have asked for a ferry in the meantime."
)


def check(tmp_path, rows, *arguments):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = io.StringIO()
    call_command("moderation_check", "--input", str(source), *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_copy_is_found_in_a_folder_and_pointed_out_on_both_sides(tmp_path, settings):
    settings.MODERATION = {}
    folder = tmp_path / "corpus"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "bridge.txt").write_text(SOURCE)
    (folder / "other.html").write_text("<p>Something else entirely about gardens.</p>")
    (folder / "ignored.bin").write_bytes(b"\xff\xfe")
    rows = [
        {"id": "copy", "text": "Introduction by us. " + SOURCE},
        {"id": "new", "text": "A text about gardens and how to water them in a dry summer."},
    ]
    copy, new = check(tmp_path, rows, "--kind", "article", "--corpus", str(folder))
    assert (copy["flagged"], copy["band"], new["flagged"]) == (True, "likely", False)
    found = next(item for item in copy["findings"] if item["kind"] == "duplicate")
    passage = found["evidence"][0]
    assert passage["source"] == "below/bridge.txt"
    copied = rows[0]["text"][passage["start"] : passage["end"]]
    assert copied == SOURCE[passage["source_start"] : passage["source_end"]]
    assert set(copy) >= {"id", "flagged", "score", "band", "scores", "findings"}
    assert copy["score"] == max(found["score"] for found in copy["findings"])


def test_a_corpus_may_be_json_lines_and_a_bad_one_is_refused(tmp_path, settings):
    settings.MODERATION = {}
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(json.dumps({"id": 7, "text": SOURCE}))
    (copy,) = check(tmp_path, [{"text": SOURCE}], "--kind", "article", "--corpus", str(corpus))
    assert copy["findings"][0]["evidence"][0]["source"] == "7"
    corpus.write_text("nonsense")
    with pytest.raises(CommandError, match="line 1: not JSON"):
        check(tmp_path, [], "--kind", "article", "--corpus", str(corpus))


def test_lines_may_tell_whose_text_it_is(tmp_path, settings):
    settings.MODERATION = {}
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(json.dumps({"id": "old", "text": SOURCE, "author": "anna"}))
    rows = [
        {"text": SOURCE, "author": "anna", "published_at": "2026-11-01"},
        {"text": SOURCE, "author": "bert", "url": None, "published_at": "in spring"},
    ]
    own, copy = check(tmp_path, rows, "--kind", "article", "--corpus", str(corpus))
    assert (own["flagged"], copy["flagged"]) == (False, True)


def test_shadow_detectors_and_broken_ones_do_not_decide_a_check(settings, tmp_path):
    word = {"CLASS": "tests.site.detectors.WordDetector"}
    broken = {"CLASS": "tests.site.detectors.BrokenDetector"}
    off = dict.fromkeys(["duplicate", "scraped", "framing"])
    settings.MODERATION = {"DETECTORS": {**off, "word": word, "broken": broken}}
    (answer,) = check(tmp_path, [{"text": "badword explode"}], "--kind", "comment")
    assert answer["flagged"]
    assert answer["error"] == "broken: RuntimeError"
    settings.MODERATION = {"DETECTORS": {**off, "word": {**word, "MODE": "shadow"}}}
    (answer,) = check(tmp_path, [{"text": "badword"}], "--kind", "comment")
    assert (answer["flagged"], answer["score"]) == (False, 0)


def test_evaluate_prints_figures_and_thresholds(settings, tmp_path, capsys):
    off = dict.fromkeys(["duplicate", "scraped", "framing"])
    word = {"CLASS": "tests.site.detectors.WordDetector"}
    settings.MODERATION = {"DETECTORS": {**off, "word": word}}
    rows = [
        {"text": "a ⟦badword⟧", "label": True, "categories": ["attack"]},
        {"text": "missed", "label": True, "categories": ["attack"]},
        {"text": "meh", "label": False},
        {"text": "fine", "label": False},
        {"text": "no label"},
    ]
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    call_command("moderation_evaluate", str(path))
    printed = capsys.readouterr()
    assert "4 texts, 2 of them positive" in printed.out
    assert "framing" not in printed.out
    row = next(line for line in printed.out.splitlines() if line.startswith("attack"))
    assert row.split() == ["attack", "2", "0.500", "0.500", "0.500", "0.625"]
    threshold = next(line for line in printed.out.splitlines() if line.startswith("0.60"))
    assert threshold.split() == ["0.60", "1", "1.000", "0.500", "0.667"]
    assert "line 5 is left out" in printed.err
    path.write_text("")
    with pytest.raises(CommandError, match="no labelled text"):
        call_command("moderation_evaluate", str(path))


def test_figures_of_nothing_are_nothing():
    assert figures([]).precision is None
    assert roc_auc([(True, 0.5)]) is None
    assert roc_auc([(True, 0.9), (False, 0.1)]) == 1.0
    assert roc_auc([(True, 0.5), (False, 0.5)]) == 0.5
    assert roc_auc([(True, 0.1), (False, 0.9)]) == 0.0


def test_progress_tells_rate_and_time_left():
    progress = Progress(io.StringIO(), total=1000, start=100)
    assert progress.line(600, 42, seconds=10.0) == (
        "600 of 1,000 rows (60 %), 42 scans queued, 50 rows/s, 0:08 left"
    )
    assert "left" not in progress.line(1000, 42, seconds=10.0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.Model"], "no model"),
        (["site.Unmoderated"], "not registered"),
        (["site.Article", "--database", "elsewhere"], "no database"),
        (["site.Article", "--batch", "0"], "at least 1"),
    ],
)
def test_scan_says_what_is_wrong(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("moderation_scan", *arguments)


@pytest.mark.django_db
def test_sweep_prints_what_it_did(capsys):
    Article.objects.bulk_create([Article(headline="Bridge", body="text")])
    call_command("moderation_sweep", "--complete")
    assert "taken in: 1" in capsys.readouterr().out
    assert Scan.objects.count() == 1


def word_detector(settings):
    off = dict.fromkeys(["duplicate", "scraped", "framing"])
    word = {"CLASS": "tests.site.detectors.WordDetector"}
    settings.MODERATION = {"DETECTORS": {**off, "word": word}}


def test_matched_texts_are_compared(settings, tmp_path, capsys):
    word_detector(settings)
    rows = [
        {"id": "fair", "a": "badword left", "b": "badword right", "label": True},
        {"texts": ["left", "right", "centre"], "label": False},
        {"text": "badword green", "pair": "unfair", "label": True},
        {"text": "red", "pair": "unfair", "label": True},
        {"text": "alone", "pair": "single"},
        {"text": "one", "pair": "mixed", "label": True},
        {"text": "two", "pair": "mixed", "label": False},
        {"a": "only one side"},
        {"a": 1, "b": "two"},
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "nonsense\n")
    call_command("moderation_evaluate", "--pairs", str(path))
    said = capsys.readouterr()
    figures_printed = {line[:22].strip(): line[22:].strip() for line in said.out.splitlines()}
    assert "3 groups of matched texts" in said.out
    assert figures_printed["same decision"] == "0.667"
    assert figures_printed["largest gap"] == "0.900"
    assert figures_printed["inflammatory flagged"] == "0.750"
    assert figures_printed["civil flagged"] == "0.000"
    assert "unfair: 0.000 and 0.900" in said.out
    assert "fair: 0.900" not in said.out.replace("unfair", "")
    left_out = said.err.splitlines()
    assert len(left_out) == 5
    assert "pair 'single' has one text only" in said.err
    assert "line 10: not JSON" in said.err


def test_evaluate_wants_a_file_it_can_use(settings, tmp_path):
    word_detector(settings)
    with pytest.raises(CommandError, match="Give a file"):
        call_command("moderation_evaluate")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("moderation_evaluate", "--pairs", str(tmp_path / "missing"))
    (tmp_path / "empty").write_text("")
    with pytest.raises(CommandError, match="no matched texts"):
        call_command("moderation_evaluate", "--pairs", str(tmp_path / "empty"))
