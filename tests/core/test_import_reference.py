"""Reference documents from files: every kind, whatever is wrong with it."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from datetime import UTC, datetime
from textwrap import dedent

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from hypothesis import given
from hypothesis import strategies as st

from moderation.management import reference_files
from moderation.management.commands import moderation_import_reference as command
from moderation.management.reference_files import open_source, xml_stream
from moderation.management.reference_files.pages import reference_of_page
from moderation.management.reference_files.values import NotText, decoded, moment_of
from moderation.models import Event, Finding, ReferenceDocument, Scan, ScanState, Walk
from moderation.services import references
from moderation.types import TextFormat
from tests.duplicate.prose import CHOIR, HARBOUR, LIBRARY, NIGHT_BUS, ORCHARD
from tests.site.models import Article

pytestmark = pytest.mark.django_db


class Run:
    """What a run of the command wrote; ``failed`` when it ended with an error."""

    def __init__(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        self.failure = ""
        try:
            call_command(
                "moderation_import_reference", *map(str, arguments), stdout=out, stderr=err
            )
        except CommandError as error:
            self.failure = str(error)
        self.out, self.err = out.getvalue(), err.getvalue()


def titles():
    return sorted(ReferenceDocument.objects.values_list("title", flat=True))


def texts():
    return {row.text.strip() for row in ReferenceDocument.objects.all()}


def json_lines(path, *rows):
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def page(text, head="", before="", after=""):
    paragraphs = "".join(f"<p>{part}</p>" for part in text.strip().split("\n\n"))
    return (
        f"<!doctype html><html lang='en'><head>{head}</head><body><nav>Home News Sport</nav>"
        f"{before}<article>{paragraphs}</article>{after}<footer>About us</footer></body></html>"
    )


# JSON Lines


@pytest.mark.both_databases
def test_a_line_is_a_document_with_all_that_is_known_of_it(tmp_path):
    path = json_lines(
        tmp_path / "wire.jsonl",
        {
            "body": HARBOUR,
            "title": "Ferry terminal",
            "url": "https://wire.example/1",
            "source": "Wire",
            "license": "CC BY 4.0",
            "date": "2026-03-01T10:00:00+02:00",
            "language": "en",
            "format": "markdown",
            "unknown": [1],
        },
        b"",
        {"content": ORCHARD},
    )
    run = Run(path, "--publisher", "House", "--may-be-copied", "--origin", "the wire")
    assert (run.failure, run.err) == ("", "")
    assert "2 added, 0 replaced, 0 unchanged, 0 failed" in run.out
    first, second = ReferenceDocument.objects.order_by("pk")
    assert (first.title, first.url, first.publisher) == (
        "Ferry terminal",
        "https://wire.example/1",
        "Wire",
    )
    assert (first.licence, first.language, first.format) == ("CC BY 4.0", "en", "markdown")
    assert first.published_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert (second.publisher, second.may_be_copied, second.origin) == ("House", True, "the wire")
    event = Event.objects.get(verb="reference.imported")
    assert event.data == {
        "origin": "the wire",
        "added": 2,
        "replaced": 0,
        "unchanged": 0,
        "failed": 0,
    }


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"title": "only"}', "'text' is missing"),
        (b'{"text": 7}', "'text' is not a string"),
        (b'{"text": "  "}', "There is no text."),
        (b'{"text": "a b", "format": "pdf"}', "'format' is not one of"),
        (b'{"text": "a b", "date": "soon"}', "'published_at' is not a date"),
        (b'{"text": "a b", "url": ["x"]}', "'url' is not a string"),
        (b'{"text": "caf\xe9"}', "not utf-8"),
        (b"[" * 100_000, "not JSON"),
        (b"\x00\x01\x02\xff", "not utf-8"),
    ],
)
def test_what_is_wrong_with_a_line_is_named_and_the_others_stay(tmp_path, line, why):
    path = json_lines(tmp_path / "wire.jsonl", {"text": HARBOUR}, line, {"text": ORCHARD})
    run = Run(path)
    assert f"{path}, line 2: {why}" in run.err
    assert run.failure == "1 of 3 documents could not be imported."
    assert texts() == {HARBOUR.strip(), ORCHARD.strip()}


def test_a_line_without_end_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr("moderation.management.reference_files.json_lines.MOST_BYTES", 5_000)
    path = json_lines(
        tmp_path / "wire.jsonl", {"text": HARBOUR}, {"text": "x " * 20_000}, {"text": ORCHARD}
    )
    run = Run(path)
    assert "line 2: larger than" in run.err
    assert texts() == {HARBOUR.strip(), ORCHARD.strip()}


def test_another_encoding_is_named_by_the_user(tmp_path):
    path = tmp_path / "wire.jsonl"
    path.write_bytes(json.dumps({"text": "Zürich " + HARBOUR}, ensure_ascii=False).encode("cp1252"))
    assert "--encoding" in Run(path).err
    assert Run(path, "--encoding", "cp1252").failure == ""
    (text,) = texts()
    assert text.startswith("Zürich")
    assert "There is no encoding" in Run(path, "--encoding", "nonsense").failure


@pytest.mark.both_databases
def test_what_is_imported_twice_is_there_once(tmp_path):
    row = {"text": HARBOUR, "url": "https://wire.example/1"}
    path = json_lines(tmp_path / "wire.jsonl", row, row, {"text": ORCHARD}, {"text": ORCHARD})
    assert "2 added, 0 replaced, 2 unchanged" in Run(path).out
    json_lines(path, {**row, "text": CHOIR})
    assert "0 added, 1 replaced" in Run(path).out
    assert texts() == {CHOIR.strip(), ORCHARD.strip()}


# Cut and damaged files


def packed(tmp_path, *rows):
    path = json_lines(tmp_path / "all.jsonl", *rows)
    target = tmp_path / "wire.jsonl.gz"
    target.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return target


def test_a_compressed_file_is_read_as_it_is(tmp_path):
    path = packed(tmp_path, {"text": HARBOUR}, {"text": ORCHARD})
    assert Run(path).failure == ""
    assert texts() == {HARBOUR.strip(), ORCHARD.strip()}


def test_of_a_cut_file_the_good_part_stays(tmp_path):
    path = packed(tmp_path, *({"text": f"{number} {HARBOUR}"} for number in range(300)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    run = Run(path)
    good = ReferenceDocument.objects.count()
    assert 0 < good < 300
    assert f"line {good + 1}: the file is cut off here" in run.err
    assert run.failure == f"1 of {good + 1} documents could not be imported."


def test_of_a_damaged_file_too(tmp_path):
    path = packed(tmp_path, *({"text": f"{number} {HARBOUR}"} for number in range(300)))
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2 :] = b"\xff" * (len(whole) - len(whole) // 2)
    path.write_bytes(bytes(whole))
    run = Run(path)
    assert run.failure
    assert f"{path}, line " in run.err
    good = texts()
    assert 50 < sum(text.endswith(HARBOUR.strip()) for text in good) < 300


def test_a_line_cut_in_the_middle_is_the_only_one_lost(tmp_path):
    path = json_lines(tmp_path / "wire.jsonl", {"text": HARBOUR}, {"text": ORCHARD})
    path.write_bytes(path.read_bytes()[:-40])
    assert "line 2: not JSON" in Run(path).err
    assert texts() == {HARBOUR.strip()}


# Going on, limits, dry runs


@pytest.mark.both_databases
def test_an_interrupted_run_goes_on_where_it_stood(tmp_path, monkeypatch):
    path = json_lines(
        tmp_path / "wire.jsonl", *({"text": f"{number} {HARBOUR}"} for number in range(120))
    )
    real, taken = references.put, []

    def put(new, **options):
        if len(taken) == 70:
            raise KeyboardInterrupt
        taken.append(new.text)
        return real(new, **options)

    monkeypatch.setattr(references, "put", put)
    assert "run the command again" in Run(path).failure
    assert ReferenceDocument.objects.count() == 70
    seen = []
    monkeypatch.setattr(
        references, "put", lambda new, **options: seen.append(new.text) or real(new, **options)
    )
    run = Run(path)
    assert "(from 71 on): 50 added" in run.out
    assert (len(seen), seen[0].split()[0], ReferenceDocument.objects.count()) == (50, "70", 120)
    assert not Walk.objects.exists()


def test_a_database_that_fails_ends_the_run_and_loses_no_document(tmp_path, monkeypatch):
    path = json_lines(tmp_path / "wire.jsonl", {"text": HARBOUR}, {"text": ORCHARD})
    real = references.put

    def put(new, **options):
        if new.text == ORCHARD:
            raise OperationalError
        return real(new, **options)

    monkeypatch.setattr(references, "put", put)
    with pytest.raises(OperationalError):
        Run(path)
    monkeypatch.setattr(references, "put", real)
    assert "(from 2 on): 1 added" in Run(path).out


def test_a_document_that_cannot_be_indexed_is_one_failure(tmp_path, monkeypatch):
    real = references.put

    def put(new, **options):
        if new.text == ORCHARD:
            raise RuntimeError(new.text)
        return real(new, **options)

    monkeypatch.setattr(references, "put", put)
    run = Run(json_lines(tmp_path / "wire.jsonl", {"text": ORCHARD}, {"text": HARBOUR}))
    assert "line 1: it cannot be taken in: RuntimeError at " in run.err
    assert "Marta" not in run.err
    assert texts() == {HARBOUR.strip()}


def test_a_limit_is_gone_on_from_and_a_restart_begins_anew(tmp_path):
    path = json_lines(
        tmp_path / "wire.jsonl", *({"text": f"{number} {HARBOUR}"} for number in range(5))
    )
    assert "2 added, 0 replaced, 0 unchanged, 0 failed; run" in Run(path, "--limit", 2).out
    assert "(from 3 on): 2 added" in Run(path, "--limit", 2).out
    assert "0 added, 0 replaced, 3 unchanged" in Run(path, "--restart", "--limit", 3).out
    assert "(from 4 on): 1 added, 0 replaced, 1 unchanged" in Run(path).out
    assert "--limit is at least 1" in Run(path, "--limit", 0).failure


def test_a_dry_run_reads_everything_and_writes_nothing(tmp_path):
    path = json_lines(tmp_path / "wire.jsonl", {"text": HARBOUR}, {"text": " "}, b"{")
    run = Run(path, "--dry-run")
    assert "1 readable, 2 failed" in run.out
    assert run.failure == "2 of 3 documents could not be imported."
    rows = ReferenceDocument.objects, Walk.objects, Event.objects.filter(verb__contains="ref")
    assert not any(found.exists() for found in rows)


def test_of_very_many_failures_the_first_are_shown(tmp_path):
    run = Run(json_lines(tmp_path / "wire.jsonl", *([b"{"] * 150)))
    assert run.err.count("not JSON") == command._MOST_SHOWN
    assert "Further ones are only counted." in run.err
    assert run.failure == "150 of 150 documents could not be imported."


def queries_of(path, *options):
    counted = Counter()

    def count_one(execute, *args):
        counted["queries"] += 1
        return execute(*args)

    with connection.execute_wrapper(count_one):
        assert Run(path, *options).failure == ""
    return counted["queries"]


@pytest.mark.both_databases
def test_a_document_costs_as_many_queries_however_many_there_are(tmp_path):
    def rows(count, name):
        return json_lines(tmp_path / name, *({"text": f"{name} {n}"} for n in range(count)))

    few = queries_of(rows(50, "few.jsonl"), "--no-rescan")
    assert queries_of(rows(200, "many.jsonl"), "--no-rescan") <= few * 4


def test_ten_thousand_lines_are_read_without_any(tmp_path):
    path = json_lines(tmp_path / "all.jsonl", *({"text": f"text {n}"} for n in range(10_000)))
    assert queries_of(path, "--dry-run") == 0


def test_progress_is_told_now_and_then():
    progress = command.ImportProgress(io.StringIO(), 200)
    assert progress.line(50, 10, 2.0) == "10 documents, 25 % read, 5 documents/s"
    empty = command.ImportProgress(io.StringIO(), 0)
    assert empty.line(0, 0, 0.0) == "0 documents, 100 % read, 0 documents/s"


# Folders


def test_a_folder_is_read_with_all_below_it(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "harbour.txt").write_text(HARBOUR)
    (tmp_path / "a.md").write_text("# Orchard\n\n" + ORCHARD)
    (tmp_path / "c.HTML").write_text(page(CHOIR, "<title>The choir</title>"))
    (tmp_path / "d.pdf").write_bytes(b"%PDF")
    (tmp_path / "e.txt").write_bytes(b"\x00\x01binary")
    (tmp_path / "f.txt").write_bytes("café".encode("cp1252"))
    (tmp_path / "g.txt").symlink_to("/proc/self/environ")
    run = Run(tmp_path)
    assert titles() == ["The choir", "a", "harbour"]
    assert ReferenceDocument.objects.get(title="a").format == TextFormat.MARKDOWN
    assert f"{tmp_path}, e.txt: not a text" in run.err
    assert f"{tmp_path}, f.txt: not utf-8" in run.err
    assert run.failure == "2 of 5 documents could not be imported."


def test_a_single_file_is_a_folder_of_one(tmp_path):
    path = tmp_path / "harbour.txt"
    path.write_text(HARBOUR)
    assert Run(path).failure == ""
    assert titles() == ["harbour"]


def test_a_file_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("moderation.management.reference_files.folders.MOST_BYTES", 100)
    (tmp_path / "harbour.txt").write_text(HARBOUR)
    assert "harbour.txt: larger than" in Run(tmp_path).err


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("missing.jsonl", None, "cannot be read"),
        ("data.csv", b"a,b", "of no known kind; --format"),
        ("page.xml", b"<html/>", "neither a feed nor a sitemap"),
        ("page.xml", b"nothing", "neither a feed nor a sitemap"),
    ],
)
def test_what_cannot_be_read_at_all_is_said_before_anything_is_done(tmp_path, name, content, why):
    good = json_lines(tmp_path / "good.jsonl", {"text": HARBOUR})
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert why in Run(good, tmp_path / name).failure
    assert not ReferenceDocument.objects.exists()


def test_a_format_may_be_given(tmp_path):
    path = json_lines(tmp_path / "export.data", {"text": HARBOUR})
    assert Run(path, "--format", "jsonl").failure == ""
    assert "is a folder" in Run(tmp_path, "--format", "jsonl").failure


# Pages

HEAD = """
<title>Ferry terminal - The Wire</title>
<meta property="og:title" content="Ferry &amp; terminal"><meta name=description content=x>
<meta content='2026-03-01T10:00:00Z' property='article:published_time'>
<META PROPERTY="og:site_name" CONTENT="The Wire">
<link rel="canonical" href="/story/1?a=1&amp;b=2"><link rel="license" href="https://cc.example/by">
"""


def test_the_head_of_a_page_tells_title_address_date_publisher_and_licence():
    found = reference_of_page(page(HARBOUR, HEAD), "https://wire.example/old")
    assert (found.title, found.publisher) == ("Ferry & terminal", "The Wire")
    assert found.url == "https://wire.example/story/1?a=1&b=2"
    assert found.published_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert (found.licence, found.language, found.format) == (
        "https://cc.example/by",
        "en",
        TextFormat.HTML,
    )
    assert found.text.startswith("<p>The old ferry")
    assert "Home News" not in found.text


def test_linked_data_fills_what_the_head_leaves_open():
    data = {
        "@graph": [
            {"@type": "WebSite", "name": "x"},
            {
                "@type": "NewsArticle",
                "headline": "Ferry terminal",
                "datePublished": "2026-03-01",
                "publisher": [{"name": "The Wire"}],
                "license": "CC BY",
            },
        ]
    }
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    found = reference_of_page(page(HARBOUR, script))
    assert (found.title, found.publisher, found.licence) == ("Ferry terminal", "The Wire", "CC BY")
    assert found.published_at == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("canonical", "url", "address"),
    [
        ("https://wire.example/1", "", "https://wire.example/1"),
        ("https://www.wire.example/1", "https://wire.example/2", "https://www.wire.example/1"),
        ("https://other.example/1", "https://wire.example/2", "https://wire.example/2"),
        ("javascript:alert(1)", "https://wire.example/2", "https://wire.example/2"),
        ("/1", "", ""),
        ("https://[", "https://wire.example/2", "https://wire.example/2"),
    ],
)
def test_a_page_says_where_it_is_only_on_its_own_site(canonical, url, address):
    head = f'<link rel="canonical" href="{canonical}">'
    assert reference_of_page(page(HARBOUR, head), url).url == address


def test_several_articles_are_no_story_and_the_body_is_taken():
    found = reference_of_page(page(HARBOUR, after="<article>Another</article>"))
    assert "Home News" in found.text
    assert "Another" in found.text
    assert reference_of_page("<main><p>One</p></main> more").text == "<p>One</p>"
    assert reference_of_page("<p>only").text == "<p>only"
    assert reference_of_page("<article>a</article></article>").text == "a</article>"
    assert reference_of_page("</article><article>a").text == "a"


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<article>" * 50_000,
        "<meta " * 50_000,
        "<meta " + "a='" * 50_000,
        "<script type='application/ld+json'>" + '{"@type":' * 20_000,
        '<meta property="article:published_time" content="' + "9" * 100_000 + '">',
        "<title>" + "x" * 100_000,
        "<!--" * 50_000,
    ],
)
def test_no_page_is_too_much(html):
    found = reference_of_page(html)
    assert len(found.text) <= len(html)
    assert len(found.title) <= 5_000


@given(st.text(alphabet="<>/ae='\"rticlmnbody \n", max_size=300))
def test_any_page_gives_a_part_of_itself(html):
    assert reference_of_page(html).text in html


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 10:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00.123456789+0100 or so", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Sun, 01 Mar 2026 10:00:00 +0000", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("Sun, 01 Mar 2026 10:00:00 GMT", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00+12:00", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("yesterday", None),
        ("", None),
        ("1" * 10_000, None),
    ],
)
def test_dates_as_files_have_them(text, moment):
    assert moment_of(text) == moment


@given(st.text(max_size=80))
def test_any_date_is_one_or_none(text):
    found = moment_of(text)
    assert found is None or found.astimezone(UTC).tzinfo is UTC


@pytest.mark.parametrize(
    ("raw", "options", "text"),
    [
        ("café".encode(), {}, "café"),
        ("\ufeffcafé".encode(), {}, "café"),
        ("café".encode("utf-16"), {}, "café"),
        ("café".encode("cp1252"), {"encoding": "cp1252"}, "café"),
        (b'<meta charset="iso-8859-1">\x93', {"is_page": True}, '<meta charset="iso-8859-1">“'),
        ("<p>日本".encode("shift_jis"), {"is_page": True, "declared": "Shift_JIS"}, "<p>日本"),
        (b'<meta charset="utf-16">caf\xc3\xa9', {"is_page": True}, '<meta charset="utf-16">café'),
        (
            b'<meta charset="punycode">caf\xc3\xa9',
            {"is_page": True},
            '<meta charset="punycode">café',
        ),
    ],
)
def test_bytes_become_text_as_they_say_they_should(raw, options, text):
    assert decoded(raw, **options) == text


@pytest.mark.parametrize("raw", ["café".encode("cp1252"), b"\x00\x00", b"\xff\xfe\x00"])
def test_bytes_that_are_no_text_are_told(raw):
    with pytest.raises(NotText):
        decoded(raw)


# Feeds


def feed(tmp_path, content, name="feed.xml", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(dedent(content).lstrip("\n").encode(encoding))
    return path


def rss(*items, before="", language="<language>en</language>"):
    return f"""<?xml version="1.0"?>{before}
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>The Wire</title>{language}<link>https://wire.example/</link>
<atom:link rel="self" href="https://wire.example/feed"/><copyright>CC BY</copyright>
{"".join(items)}</channel></rss>"""


def rss_item(number, text, extra=""):
    return f"""<item><title>Story {number}</title><link>https://wire.example/{number}</link>
<pubDate>Sun, 01 Mar 2026 10:00:00 +0000</pubDate>{extra}
<description>Short</description><content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"""


def test_the_items_of_a_feed_are_documents(tmp_path):
    media = "<media:title>Picture</media:title>"
    path = feed(tmp_path, rss(rss_item(1, HARBOUR), rss_item(2, ORCHARD, media)))
    assert Run(path).failure == ""
    first, second = ReferenceDocument.objects.order_by("pk")
    assert first.text == f"<p>{HARBOUR}</p>"
    assert (first.title, first.url, first.publisher, first.licence, first.language) == (
        "Story 1",
        "https://wire.example/1",
        "The Wire",
        "CC BY",
        "en",
    )
    assert first.published_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert (first.format, second.title) == ("html", "Story 2")


def test_an_atom_feed_too_in_all_its_kinds_of_text(tmp_path):
    path = feed(
        tmp_path,
        f"""
        <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>The Wire</title>
        <entry><title>One</title><link rel="edit" href="https://wire.example/edit"/>
          <link href="https://wire.example/1"/><updated>2026-03-02T00:00:00Z</updated>
          <published>2026-03-01T00:00:00Z</published>
          <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>a &lt; b</p>{HARBOUR}
          </div></content></entry>
        <entry><title>Two</title><id>tag:2</id>
          <content type="html">&lt;p&gt;{CHOIR}&lt;/p&gt;</content></entry>
        <entry><title>Three</title><summary>{ORCHARD}</summary><rights>all</rights></entry>
        <entry><title>Four</title><content src="https://wire.example/4"/></entry>
        </feed>""",
    )
    run = Run(path)
    assert "item 4: no text" in run.err
    one, two, three = ReferenceDocument.objects.order_by("pk")
    assert "<div><p>a &lt; b</p>" in one.text
    assert (one.url, one.published_at) == (
        "https://wire.example/1",
        datetime(2026, 3, 1, tzinfo=UTC),
    )
    assert (one.format, one.language, two.text) == ("html", "en", f"<p>{CHOIR}</p>")
    assert (three.format, three.text, three.licence) == ("plain", ORCHARD, "all")


def test_an_rdf_feed_has_its_items_beside_the_channel(tmp_path):
    path = feed(
        tmp_path,
        f"""
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
          xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel><title>The Wire</title></channel>
        <item><title>One</title><link>https://wire.example/1</link><dc:date>2026-03-01</dc:date>
        <description>{HARBOUR}</description></item></rdf:RDF>""",
        "feed.rdf.xml",
    )
    assert Run(path).failure == ""
    (one,) = ReferenceDocument.objects.all()
    assert (one.title, one.publisher, one.published_at.year) == ("One", "The Wire", 2026)


BOMB = """<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
OUTSIDE = """<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>"""


@pytest.mark.parametrize("before", [BOMB, OUTSIDE])
def test_a_file_with_entities_is_refused(tmp_path, before):
    path = feed(tmp_path, rss(rss_item("&b;", HARBOUR), before=before), "feed.rss")
    run = Run(path)
    assert "line 1: it declares entities, or refers to something outside" in run.err
    assert not ReferenceDocument.objects.exists()


def test_a_document_type_alone_is_none(tmp_path):
    before = '<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://nowhere.example/rss.dtd">'
    assert Run(feed(tmp_path, rss(rss_item(1, HARBOUR), before=before))).failure == ""
    assert ReferenceDocument.objects.count() == 1


def test_of_a_feed_cut_in_the_middle_the_good_part_stays(tmp_path):
    whole = rss(*(rss_item(number, f"{number} {HARBOUR}") for number in range(200)))
    at = whole.index("<title>Story 120") + 3
    run = Run(feed(tmp_path, whole[:at]))
    assert ReferenceDocument.objects.count() == 120
    line = whole[:at].count("\n") + 1
    assert f"line {line}: not XML: " in run.err
    assert run.failure == "1 of 121 documents could not be imported."


def test_of_a_compressed_feed_cut_too(tmp_path):
    whole = rss(*(rss_item(number, f"{number} {HARBOUR}") for number in range(200)))
    packed = gzip.compress(whole.encode())
    path = tmp_path / "feed.xml.gz"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    run = Run(path)
    assert 0 < ReferenceDocument.objects.count() < 200
    assert "the file is cut off here" in run.err


def test_an_entity_nobody_knows_names_its_line(tmp_path):
    items = rss_item(1, HARBOUR), "\n\n<item><title>a&nbsp;b</title></item>"
    run = Run(feed(tmp_path, rss(*items)))
    assert "not XML: undefined entity" in run.err
    assert ReferenceDocument.objects.count() == 1


def test_feeds_in_other_encodings(tmp_path):
    content = rss(rss_item(1, "Zürich " + HARBOUR)).replace(
        '<?xml version="1.0"?>', '<?xml version="1.0" encoding="iso-8859-1"?>'
    )
    assert Run(feed(tmp_path, content, encoding="iso-8859-1")).failure == ""
    japanese = content.replace("iso-8859-1", "shift_jis").replace("Zürich", "日本")
    path = feed(tmp_path, japanese.replace("/1<", "/2<"), "two.rss", encoding="shift_jis")
    assert "--encoding" in Run(path).err
    assert Run(path, "--encoding", "shift_jis").failure == ""
    assert {text[3:5] for text in texts()} == {"Zü", "日本"}
    assert "not ascii" in Run(path, "--encoding", "ascii", "--restart").err


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<rss>" + "<a>" * 5_000, "elements are nested too deeply"),
        ("<rss><channel><item " + "a" * 6_000_000, "a tag or comment without end"),
        ("<rss><!--" + "a" * 6_000_000, "a tag or comment without end"),
        ("", "not XML: no element found"),
        ("\x00\x01", "not XML: "),
    ],
)
def test_no_feed_is_too_much(tmp_path, content, why):
    run = Run(feed(tmp_path, content, "feed.rss"))
    assert why in run.err
    assert run.failure == "1 of 1 documents could not be imported."


def test_an_item_too_large_is_the_only_one_lost(tmp_path, monkeypatch):
    monkeypatch.setattr("moderation.management.reference_files.feeds.MOST_BYTES", 5_000)
    run = Run(feed(tmp_path, rss(rss_item(1, "x " * 5_000), rss_item(2, HARBOUR))))
    assert "item 1: larger than" in run.err
    assert titles() == ["Story 2"]


def test_space_before_the_xml_does_no_harm(tmp_path):
    assert Run(feed(tmp_path, "x").parent / "feed.xml").failure
    (tmp_path / "feed.xml").write_text("\n\n  " + rss(rss_item(1, HARBOUR)))
    assert Run(tmp_path / "feed.xml").failure == ""


# Sitemaps


def sitemap(tmp_path, *urls, name="sitemap.xml", root="urlset", entry="url"):
    entries = "".join(
        f"<{entry}><loc> {url} </loc><image:image><image:loc>https://x.example/i.jpg</image:loc>"
        f"</image:image></{entry}>"
        for url in urls
    )
    path = tmp_path / name
    path.write_text(
        f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">{entries}</{root}>'
    )
    return path


def test_the_pages_of_a_sitemap_are_found_where_they_were_saved(tmp_path):
    stories = {
        "wire.example/a/one.html": HARBOUR,
        "b/two/index.html": ORCHARD,
        "c/three.html": CHOIR,
        "four.html": NIGHT_BUS,
        "index.html": LIBRARY,
    }
    for name, text in stories.items():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page(text, f"<title>{name}</title>"))
    urls = [
        "https://wire.example/a/one.html",
        "https://wire.example/b/two/",
        "https://wire.example/c/three",
        "https://wire.example/deep/er/four.html",
        "https://wire.example/",
        "https://wire.example/missing.html",
    ]
    run = Run(sitemap(tmp_path, *urls))
    assert "page 6: the page is not in the folder" in run.err
    assert run.failure == "1 of 6 documents could not be imported."
    found = dict(ReferenceDocument.objects.values_list("title", "url"))
    assert found == dict(zip(stories, urls, strict=False))


@pytest.mark.parametrize(
    "url",
    [
        "https://wire.example/../secret.html",
        "https://wire.example/%2e%2e/secret.html",
        "https://wire.example/..%2fsecret.html",
        "https://../secret.html",
        "https://wire.example/linked.html",
        "https://wire.example/%00secret.html",
        "https://[wire/secret.html",
        "/../secret.html",
        "file:///etc/hostname",
        "x" * 10_000,
    ],
)
def test_no_page_is_taken_from_elsewhere(tmp_path, url):
    (tmp_path / "secret.html").write_text(page(HARBOUR))
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "linked.html").symlink_to(tmp_path / "secret.html")
    run = Run(sitemap(folder, url))
    assert "the page is not in the folder" in run.err
    assert not ReferenceDocument.objects.exists()


def test_an_index_of_sitemaps_leads_to_their_pages(tmp_path):
    (tmp_path / "one.html").write_text(page(HARBOUR))
    inner = sitemap(tmp_path, "https://wire.example/one.html", name="inner.xml")
    (tmp_path / "news.xml.gz").write_bytes(gzip.compress(inner.read_bytes())[:-20])
    listed = [
        f"https://wire.example/{n}" for n in ("inner.xml", "index.xml", "gone.xml", "news.xml.gz")
    ]
    index = sitemap(tmp_path, *listed, name="index.xml", root="sitemapindex", entry="sitemap")
    run = Run(index)
    assert ReferenceDocument.objects.count() == 1
    assert run.err.count("sitemap index: a sitemap is not in the folder") == 2
    assert "news.xml.gz, line " in run.err


# WARC


def response(url, body, kind="text/html; charset=utf-8", status="200 OK", record="response"):
    payload = body if isinstance(body, bytes) else body.encode()
    http = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + payload
    head = (
        f"WARC/1.0\r\nWARC-Type: {record}\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2026-05-01T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def story(number, text=HARBOUR):
    return response(f"https://wire.example/{number}", page(f"{number} {text}"))


RECORDS = [
    response("https://wire.example/1", page(HARBOUR)),
    response("https://wire.example/logo.png", b"\x89PNG", "image/png"),
    response("https://wire.example/gone", page(CHOIR), status="404 Not Found"),
    response("https://wire.example/1", "", record="request").replace(
        b"HTTP/1.1 200", b"GET / HTTP"
    ),
    response("dns:wire.example", "x", "text/dns", record="resource"),
    response("https://wire.example/2", page("Zürich " + ORCHARD).encode("cp1252"), "text/html"),
    response(
        "https://wire.example/3",
        page("Zürich " + CHOIR).encode("cp1252"),
        "text/html;charset=latin1",
    ),
]


def pack_each(records):
    return b"".join(map(gzip.compress, records))


@pytest.mark.parametrize("pack", [b"".join, pack_each, lambda all_: gzip.compress(b"".join(all_))])
def test_the_pages_among_the_records_are_documents(tmp_path, pack):
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(pack(RECORDS))
    run = Run(path)
    assert "record 6: not utf-8" in run.err
    assert run.failure == "1 of 3 documents could not be imported."
    one, three = ReferenceDocument.objects.order_by("pk")
    assert (one.url, one.published_at, one.language) == ("https://wire.example/1", None, "en")
    assert "Zürich" in three.text


def test_of_a_crawl_cut_anywhere_the_good_part_stays(tmp_path):
    records = [story(number) for number in range(6)]
    whole = b"".join(records)
    ends = [sum(map(len, records[: number + 1])) - 4 for number in range(6)]
    for at in range(150, len(whole), 331):
        ReferenceDocument.objects.all().delete()
        path = tmp_path / f"cut{at}.warc"
        path.write_bytes(whole[:at])
        run = Run(path, "--no-rescan")
        good = sum(end <= at for end in ends)
        assert (at, ReferenceDocument.objects.count()) == (at, good)
        if not any(end <= at <= end + 4 for end in ends):
            assert run.failure.startswith("1 of "), at


def test_of_a_compressed_crawl_cut_in_any_record_the_good_part_stays(tmp_path):
    records = [gzip.compress(story(number)) for number in range(4)]
    for cut in range(4):
        start = sum(map(len, records[:cut]))
        for at in (
            start + 1,
            start + 8,
            start + len(records[cut]) // 2,
            start + len(records[cut]) - 9,
        ):
            ReferenceDocument.objects.all().delete()
            path = tmp_path / f"cut{at}.warc.gz"
            path.write_bytes(b"".join(records)[:at])
            run = Run(path, "--no-rescan")
            assert cut <= ReferenceDocument.objects.count() <= cut + 1
            assert run.failure.startswith("1 of "), at


@pytest.mark.parametrize(
    "content",
    [
        b"no archive at all",
        b"WARC/1.0\r\n\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 12\r\n\r\nHTTP/1.1 ",
        b"x" * 5_000_000,
        b"WARC/1.0\r\nContent-Length: -5\r\nWARC-Type: response\r\n\r\n",
        b"WARC/1.0\r\nContent-Length: many\r\nWARC-Type: response\r\n\r\n",
        b"\x1f\x8b\x08\x00garbage",
        b"\xff" * 1000,
    ],
)
def test_what_is_no_crawl_is_told(tmp_path, content):
    path = tmp_path / "crawl.warc"
    path.write_bytes(story(1) + content)
    run = Run(path)
    assert run.failure.startswith("1 of ")
    assert ReferenceDocument.objects.count() == 1


def test_a_crawl_is_gone_on_with_at_its_record(tmp_path):
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(pack_each([story(1), RECORDS[1], story(2), story(3)]))
    assert Run(path, "--limit", 2).failure == ""
    assert "(from 4 on): 1 added" in Run(path).out


def test_without_the_library_one_line_says_what_to_install(tmp_path, monkeypatch):
    real = reference_files.find_spec
    monkeypatch.setattr(
        reference_files, "find_spec", lambda name: None if name == "warcio" else real(name)
    )
    path = tmp_path / "crawl.warc"
    path.write_bytes(story(1))
    assert Run(path).failure == (
        f"{path} needs the library warcio: pip install django-moderation-desk[reference]"
    )
    assert Run(json_lines(tmp_path / "wire.jsonl", {"text": HARBOUR})).failure == ""


# Older articles


@pytest.mark.parametrize(("options", "scans"), [((), 1), (("--no-rescan",), 0)])
def test_older_articles_are_compared_unless_nobody_wants_it(
    tmp_path, scan_all, settings, django_capture_on_commit_callbacks, options, scans
):
    settings.MODERATION = {"DETECTORS": {"scraped": None, "framing": None}}
    Article.objects.create(headline="Ours", body=HARBOUR)
    Article.objects.create(headline="Other", body=CHOIR)
    scan_all()
    path = json_lines(tmp_path / "wire.jsonl", {"text": HARBOUR}, {"text": ORCHARD})
    with django_capture_on_commit_callbacks(execute=True):
        assert Run(path, *options).failure == ""
    assert Scan.objects.filter(state=ScanState.QUEUED).count() == scans
    scan_all()
    assert Finding.objects.filter(reference__isnull=False).count() == scans


def test_memory_is_that_of_a_piece(tmp_path):
    """What is read of a file at once does not grow with the file."""
    path = feed(tmp_path, rss(*(rss_item(n, f"{n} {HARBOUR}") for n in range(2_000))))
    source = open_source(path)
    sizes = []
    with source.opened() as stream:
        reader = xml_stream.read_xml(stream, reference_files.feeds._FeedHandler(), "")
        sizes = [len(group) for group in reader]
    assert sum(sizes) == 2_000
    assert max(sizes) < 100
