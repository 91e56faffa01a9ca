"""What the README and the guides show, works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from moderation.conf import SETTING_NAMES
from moderation.models import Scan
from moderation.targets import registry
from moderation.targets.checks import check_target
from moderation.text.document import Document
from moderation.types import Kind, TextFormat
from tests.site.models import Article, Comment

ROOT = Path(__file__).resolve().parents[2]


def python_blocks(name, containing):
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    return [block for block in blocks if containing in block]


@pytest.mark.django_db
def test_the_ten_lines_of_the_readme_attach_a_site():
    (block,) = python_blocks("README.md", "@moderation.register")
    lines = [line for line in block.splitlines() if line.strip() and not line.startswith("import")]
    assert len(lines) <= 10
    with registry.override():
        for model in (Article, Comment):
            registry.unregister(model)
        exec(block.replace('"news.', '"site.'), {})
        for model in (Article, Comment):
            registration = registry.lookup(model)
            assert registration is not None
            assert list(check_target(registration.target)) == []
        article = Article.objects.create(headline="Bridge", body="<p>Repaired.</p>")
        Comment.objects.create(article=article, body="At last.")
        assert Scan.objects.count() == 2


def test_the_detector_of_the_guide_detects():
    (block,) = python_blocks("docs/detectors.md", "class Links")
    names: dict[str, object] = {}
    exec(block, names)
    detector = names["Links"](limit=2)
    text = "See <b>https://one.example</b> and https://two.example"
    document = Document(text=text, kind=Kind.COMMENT, format=TextFormat.HTML)
    (finding,) = detector.detect(document, None).findings
    assert [text[each.start : each.end] for each in finding.evidence] == ["http", "http"]
    assert detector.detect(Document(text="none", kind=Kind.COMMENT), None).findings == ()


def test_every_local_link_of_the_documents_leads_somewhere():
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_setting_is_documented():
    guide = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [name for name in sorted(SETTING_NAMES) if f"`{name}`" not in guide] == []
