"""Whatever cleans the HTML, nothing of it runs, loads or restyles the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.sanitize import (
    ATTRIBUTES,
    TAGS,
    BleachSanitizer,
    Nh3Sanitizer,
    Sanitizer,
)
from tests.text.hostile import EDGES, REPEATED, nested

PAYLOADS = [
    "<script>alert(1)</script>",
    "<script >alert(1)</script\n>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<b onmouseover=alert(1)>b</b>",
    "<a href='javascript:alert(1)'>a</a>",
    "<a href=' &#106;avascript:alert(1)'>a</a>",
    "<a href='JaVa\tScRiPt:alert(1)'>a</a>",
    "<a href='data:text/html,x'>a</a>",
    "<p style='position:fixed'>p</p>",
    "<iframe src=//e.org></iframe>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mi><mglyph><style><!--</style><img src onerror=alert(1)>-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<form action=//e.org><input name=x><button>b</button></form>",
    "<base href=//e.org><meta http-equiv=refresh content=0><link rel=stylesheet href=x>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<a title='\"><img src=x onerror=alert(1)>'>a</a>",
    "<img alt='\"' src='x' \"onerror=alert(1)>",
]


class Inventory(HTMLParser):
    """Collects the elements and attributes of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


def assert_harmless(html: str) -> None:
    inventory = Inventory(html)
    assert inventory.tags <= TAGS
    for tag, name, value in inventory.attributes:
        assert name in ATTRIBUTES.get(tag, ())
        if name == "href":
            assert not re.match(r"\s*(?!https?:|mailto:)[\w+.-]+:", value or "")


@pytest.mark.parametrize("sanitizer", [BleachSanitizer(), Nh3Sanitizer()], ids=["bleach", "nh3"])
class TestSanitizer:
    """The contract of a sanitizer."""

    def test_keeps_what_is_harmless(self, sanitizer: Sanitizer) -> None:
        html = (
            "<p>Tom &amp; <b>Ann</b> 1 &lt; 2</p><ul><li>a</li></ul>"
            '<a href="https://e.org/?a=1&amp;b=2" title="t">e</a>'
        )
        assert sanitizer.to_safe_html(html) == html

    def test_drops_elements_that_nobody_reads(self, sanitizer: Sanitizer) -> None:
        html = "a<script>b</script><style>c</style><template>d</template><noscript>e</noscript>f"
        assert sanitizer.to_safe_html(html) == "af"

    def test_keeps_the_text_of_unknown_elements(self, sanitizer: Sanitizer) -> None:
        assert sanitizer.to_safe_html("<x-y>a <font color=red>b</font></x-y>") == "a b"

    def test_closes_what_is_open(self, sanitizer: Sanitizer) -> None:
        assert sanitizer.to_safe_html("<b>a") == "<b>a</b>"

    def test_shows_stray_signs(self, sanitizer: Sanitizer) -> None:
        assert sanitizer.to_safe_html("1 < 2 & 3 > 2 <3") == "1 &lt; 2 &amp; 3 &gt; 2 &lt;3"

    def test_adds_no_links(self, sanitizer: Sanitizer) -> None:
        assert sanitizer.to_safe_html("see http://e.org") == "see http://e.org"

    @pytest.mark.parametrize("payload", PAYLOADS)
    def test_lets_nothing_through(self, sanitizer: Sanitizer, payload: str) -> None:
        assert_harmless(sanitizer.to_safe_html(payload))
        assert_harmless(sanitizer.to_safe_html(f"<p>{payload}</p><b>{payload}"))

    @pytest.mark.parametrize("name", EDGES)
    def test_survives_edges(self, sanitizer: Sanitizer, name: str) -> None:
        sanitizer.to_safe_html(EDGES[name]).encode()
        assert isinstance(sanitizer.to_text(EDGES[name]), str)

    @pytest.mark.parametrize("unit", REPEATED)
    def test_survives_hostile_texts(self, sanitizer: Sanitizer, unit: str) -> None:
        assert_harmless(sanitizer.to_safe_html(unit * (20_000 // len(unit))))

    def test_survives_elements_in_each_other(self, sanitizer: Sanitizer) -> None:
        html = sanitizer.to_safe_html(nested())
        assert "deep" in html
        assert_harmless(html)

    def test_shows_as_text_what_takes_too_long(self, sanitizer: Sanitizer) -> None:
        assert sanitizer.to_safe_html("<p>&" * 100_000) == "&lt;p&gt;&amp;" * 100_000

    def test_reads_text(self, sanitizer: Sanitizer) -> None:
        html = "<p>Tom &amp; Ann</p><p>&lt;b&gt;<script>x</script></p>"
        assert sanitizer.to_text(html) == "Tom & Ann\n\n<b>"

    @given(
        html=st.one_of(
            st.text(),
            st.lists(st.sampled_from([*REPEATED, *PAYLOADS]), max_size=10).map("".join),
        )
    )
    def test_is_harmless_whatever_it_is_given(self, sanitizer: Sanitizer, html: str) -> None:
        assert_harmless(sanitizer.to_safe_html(html))


def test_a_parser_that_fails_shows_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Callable[[], None]:
        raise RecursionError

    monkeypatch.setattr("bleach.Cleaner", fail)
    assert BleachSanitizer().to_safe_html("<b>a</b>") == "&lt;b&gt;a&lt;/b&gt;"


def test_nothing_else_imports_bleach() -> None:
    from pathlib import Path

    import moderation

    package = Path(moderation.__file__).parent
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"^\s*(?:import|from) bleach\b", path.read_text("utf-8"), re.MULTILINE)
    }
    assert users == {"text/sanitize.py"}
