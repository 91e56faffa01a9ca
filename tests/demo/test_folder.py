"""Any folder can be loaded: what cannot be an article is named, the rest is read right."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from project.newsroom import folder as module
from project.newsroom.folder import MAX_BYTES, MAX_HEADLINE, Page, Skipped, read_folder


def read(folder: Path) -> dict[str, Page | Skipped]:
    return {item.name: item for item in read_folder(folder)}


def read_one(folder: Path, name: str, content: str | bytes) -> Page | Skipped:
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    (item,) = read_folder(folder)
    return item


def page(folder: Path, name: str, content: str | bytes) -> Page:
    item = read_one(folder, name, content)
    assert isinstance(item, Page), item
    return item


def reason(folder: Path, name: str, content: str | bytes) -> str:
    item = read_one(folder, name, content)
    assert isinstance(item, Skipped), item
    return item.reason


class TestText:
    def test_the_first_line_with_text_is_the_headline_and_stays_in_the_body(
        self, tmp_path: Path
    ) -> None:
        found = page(tmp_path, "a.txt", "\n  Rain in  Saltings\n\nIt rained.\nA lot.\n \t\nEnd")
        assert found.headline == "Rain in Saltings"
        assert found.body == ("<p>Rain in  Saltings</p>\n<p>It rained.<br>\nA lot.</p>\n<p>End</p>")

    def test_markup_in_a_text_file_is_text(self, tmp_path: Path) -> None:
        body = page(tmp_path, "a.txt", "<script>alert(1)</script> & co").body
        assert body == "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; co</p>"

    def test_a_long_first_line_is_shortened_to_fit(self, tmp_path: Path) -> None:
        headline = page(tmp_path, "a.txt", "word " * 500).headline
        assert len(headline) <= MAX_HEADLINE
        assert headline.endswith("word…")


class TestHtml:
    def test_the_heading_is_the_headline_and_the_body_is_as_written(self, tmp_path: Path) -> None:
        source = (
            "<!doctype html><html><head><title>Site | T</title><style>p{}</style></head>"
            "<body class=x>\n<h1>Bells &amp; <em>whistles</em></h1><p>Text.</p>\n</body></html>"
        )
        found = page(tmp_path, "a.html", source)
        assert found.headline == "Bells & whistles"
        assert found.body == "<h1>Bells &amp; <em>whistles</em></h1><p>Text.</p>"

    @pytest.mark.parametrize(
        ("source", "headline"),
        [
            ("<title>From the title</title><p>x", "From the title"),
            ("<h1> </h1><h2>From the second</h2>x", "From the second"),
            ("<p>no heading", "story"),
            ("<h1>First</h1><h1>Second</h1>x", "First"),
            ("<h1>Never closed <p>x", "Never closed x"),
            ("<head><title>No end of head</title><p>x", "No end of head"),
        ],
    )
    def test_headlines_of_incomplete_pages(
        self, tmp_path: Path, source: str, headline: str
    ) -> None:
        assert page(tmp_path, "story.htm", source).headline == headline

    def test_offsets_survive_many_lines_and_other_line_ends(self, tmp_path: Path) -> None:
        body = page(tmp_path, "a.html", "<html>\r\n\r\n<body\r\n id=b>ä\r\nb</body>\r\n").body
        assert body == "ä\nb"

    @pytest.mark.parametrize(
        "source",
        [
            "<script>let x = 'text'</script><style>p{}</style>",
            "<p> </p>",
            "<title>Only this</title>",
        ],
    )
    def test_a_page_without_text_is_left_out(self, tmp_path: Path, source: str) -> None:
        assert reason(tmp_path, "a.html", source) == "no text in the markup"

    def test_hostile_markup_is_read_to_its_end(self, tmp_path: Path) -> None:
        source = "<div>" * 20_000 + "deep" + "<a <b </p -->" * 1_000 + "<![CDATA[ <!-- &#x110000; "
        assert page(tmp_path, "a.html", source).body == source.strip()


class TestEncodings:
    @pytest.mark.parametrize(
        ("data", "note"),
        [
            ("Grüße".encode(), ""),
            ("Grüße".encode("utf-8-sig"), ""),
            ("Grüße".encode("utf-16"), ""),
            ("Grüße".encode("cp1252"), "read as Windows-1252"),
        ],
        ids=["utf-8", "utf-8 with mark", "utf-16", "windows-1252"],
    )
    def test_encodings_are_recognised_or_guessed(
        self, tmp_path: Path, data: bytes, note: str
    ) -> None:
        found = page(tmp_path, "a.txt", data)
        assert (found.headline, found.note) == ("Grüße", note)

    def test_a_stray_nul_is_dropped(self, tmp_path: Path) -> None:
        assert page(tmp_path, "a.txt", "a" * 200 + "\0b").body == f"<p>{'a' * 200}b</p>"

    @pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"\x7fELF" + b"\0" * 64])
    def test_binary_files_are_left_out(self, tmp_path: Path, data: bytes) -> None:
        assert reason(tmp_path, "a.txt", data) == "not a text"


class TestLeftOut:
    @pytest.mark.parametrize("content", ["", " \n\t\r\n", "\ufeff"])
    def test_empty_files(self, tmp_path: Path, content: str) -> None:
        assert reason(tmp_path, "a.txt", content) == "empty"

    def test_huge_files_are_not_even_opened(self, tmp_path: Path) -> None:
        with (tmp_path / "a.txt").open("wb") as file:
            file.truncate(MAX_BYTES + 1)
        (item,) = read_folder(tmp_path)
        assert item == Skipped("a.txt", "larger than 10 MB")

    def test_other_files_are_named_and_hidden_ones_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "x.txt").write_text("hidden")
        (tmp_path / ".hidden.txt").write_text("hidden")
        (tmp_path / "picture.png").write_bytes(b"png")
        assert read(tmp_path) == {"picture.png": Skipped("picture.png", "neither .txt nor .html")}

    def test_things_that_are_no_files(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.txt")
        (tmp_path / "dead.txt").symlink_to(tmp_path / "nowhere")
        (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
        (tmp_path / "folder.txt").mkdir()
        assert read(tmp_path) == {
            "pipe.txt": Skipped("pipe.txt", "not a regular file"),
            "dead.txt": Skipped("dead.txt", "a dead link"),
            "loop.txt": Skipped("loop.txt", "a dead link"),
        }

    def test_a_file_that_cannot_be_read_does_not_stop_the_rest(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "a.txt").write_text("secret")
        (tmp_path / "b.txt").write_text("open")
        read_bytes = Path.read_bytes

        def refuse(path: Path) -> bytes:
            if path.name == "a.txt":
                raise PermissionError(13, "Permission denied", str(path))
            return read_bytes(path)

        monkeypatch.setattr(Path, "read_bytes", refuse)
        found = read(tmp_path)
        assert found["a.txt"] == Skipped("a.txt", "permission denied")
        assert isinstance(found["b.txt"], Page)

    def test_a_folder_that_cannot_be_listed_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        locked = tmp_path / "locked"
        locked.mkdir()
        (tmp_path / "z.txt").write_text("open")
        scandir = os.scandir

        def refuse(path: str) -> object:
            if Path(path) == locked:
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(module.os, "scandir", refuse)
        found = read(tmp_path)
        assert found["locked"] == Skipped("locked", "permission denied")
        assert isinstance(found["z.txt"], Page)

    @pytest.mark.parametrize("name", ["missing", "file"])
    def test_no_folder_is_an_error(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(OSError, match=name):
            list(read_folder(tmp_path / name))


class TestNames:
    def test_addresses_depend_on_nothing_but_the_file(self, tmp_path: Path) -> None:
        alone = page(tmp_path, "story.txt", "x").slug
        (tmp_path / "story.html").write_text("<p>x")
        (tmp_path / "below").mkdir()
        (tmp_path / "below" / "story.txt").write_text("x")
        found = read(tmp_path)
        slugs = {item.slug for item in found.values() if isinstance(item, Page)}
        assert found.keys() == {"story.txt", "story.html", "below/story.txt"}
        assert len(slugs) == 3
        assert alone in slugs

    @pytest.mark.parametrize("stem", ["日本語", "x" * 240, "---", "Ünï & çödé", "100%"])
    def test_addresses_fit_whatever_the_name(self, tmp_path: Path, stem: str) -> None:
        found = page(tmp_path, f"{stem}.txt", "x")
        assert 0 < len(found.slug) <= 100
        assert found.slug.replace("-", "").replace("_", "").isalnum()
        assert found.slug.isascii()

    def test_names_that_are_no_text_are_shown_without_harm(self, tmp_path: Path) -> None:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n\x1b[31m.txt")).write_text("x")
        (item,) = read_folder(tmp_path)
        assert isinstance(item, Page)
        assert item.name == "caf\\xe9\\n\\x1b[31m.txt"

    def test_the_order_is_that_of_the_names(self, tmp_path: Path) -> None:
        for name in ("b.txt", "a.txt", "c/a.txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("x")
        assert [item.name for item in read_folder(tmp_path)] == ["a.txt", "b.txt", "c/a.txt"]
