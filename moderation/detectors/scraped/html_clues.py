"""Clues of another site in the body: its address, its pictures, its widgets, its copyright."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import Final

from moderation.detectors.scraped.furniture import Furniture
from moderation.detectors.scraped.page import Page
from moderation.detectors.scraped.signals import Category, Hit, Signal
from moderation.detectors.scraped.sites import host_of, is_name_of, is_shared, site_of
from moderation.detectors.scraped.topics import is_about
from moderation.detectors.scraped.wordings import read_data, read_wordings
from moderation.types import Span, TextFormat

_MOST: Final = 0.6
#: No body has more that says something new.
_MOST_TAGS: Final = 5_000
#: By reason: what one such clue weighs, and at most all of them.
_WEIGHTS: Final = {
    "foreign_canonical": (0.35, 0.35),
    "page_head": (0.14, 0.14),
    "foreign_images": (0.14, 0.14),
    "foreign_image": (0.05, 0.05),
    "widget": (0.14, 0.35),
    "foreign_copyright": (0.2, 0.2),
    "copyright": (0.05, 0.05),
    "no_redistribution": (0.2, 0.2),
}
_HEAVIEST: Final = 0.35

_TAG: Final = re.compile(
    r"<(link|meta|img|source|script|iframe|ins|div|ul|aside|section|form|a|span|amp-img)"
    r"(?=\s)([^<>]{0,3000})>",
    re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(
    r"(?<![\w:.-])([a-z][\w:.-]*+)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))",
    re.IGNORECASE,
)
_MARKDOWN_IMAGE: Final = re.compile(r"!\[[^\[\]\n]{0,300}\]\(\s?<?([^\s()<>]{1,1000})")
#: Where pages keep an address until the picture comes into view.
_IMAGE_SOURCES: Final = ("data-src", "data-lazy-src", "data-original", "src")
#: Content systems keep what their own authors uploaded there.
_UPLOADS: Final = re.compile(r"/wp-content/uploads/|/sites/default/files/|/media/uploads/")

_WIDGET_HOSTS: Final = frozenset(read_data("hosts.toml")["widgets"])
_WIDGET_PATHS: Final = re.compile(r"facebook\.com/(?:tr\?|plugins/(?:like|share|comments))")
_WIDGET_CLASSES: Final = re.compile(
    r"(?<![\w-])(?:sharedaddy|sd-sharing|jp-relatedposts|addtoany_\w+|a2a_kit|addthis_\w+|sharethis-\w[\w-]*"
    r"|shareaholic-canvas|ssba\w*|heateor_\w+|social-share(?:-\w+)?|share-(?:buttons|bar|links)|entry-share"
    r"|adsbygoogle|taboola-\w+|trc_related_container|OUTBRAIN|disqus_thread|comment-respond|comments-area"
    r"|post-navigation|nav-links|yarpp-related|related-?posts?|mc_embed_signup|newsletter-sign-?up"
    r"|cookie-(?:notice|banner|consent)|print-?friendly\w*|td-post-sharing\w*|wp-block-jetpack-\w+)(?![\w-])",
    re.IGNORECASE,
)

_COPYRIGHT: Final = re.compile(
    r"(?:all rights? reserved\W*)?"
    r"(?:copyright (?:©|\(c\)) ?|copyright (?=\d{4})|© ?(?:copyright )?|\(?c\) ?(?=\d{4}))"
    r"(?:\d{4}(?: ?- ?(?:\d{4}|present))?)?[ ,.|]*(?:by )?([^|]{0,100})"
)
_HOLDER_ENDS: Final = re.compile(
    r"[.,;|](?: |$)|\b(?:all rights? reserved|and/or|via|powered by|\d{4})|\s-\s"
)
_NOTICES: Final = Furniture(read_wordings("notices.toml"))


@dataclass(frozen=True, slots=True)
class _Tag:
    span: Span
    name: str
    attributes: Mapping[str, str]


def html_clues(page: Page) -> Signal:
    """Find what the body brought along from another site.

    What is foreign is judged by the host of the document's own address; where that is unknown,
    only what belongs to no body at all is reported.
    """
    own = site_of(host_of(page.document.url))
    hits = [*_notices(page, own)]
    if page.document.format is not TextFormat.PLAIN:
        tags = list(islice(_tags(page), _MOST_TAGS))
        hits += [*_page_heads(tags, own), *_images(page, tags, own), *_widgets(tags)]
    weight = 0.0
    for reason, number in Counter(hit.reason for hit in hits).items():
        each, most = _WEIGHTS[reason]
        weight += min(each * number, most)
    return Signal(
        Category.HTML_CLUES, min(weight, _MOST), tuple(sorted(hits, key=lambda hit: hit.start))
    )


def _hit(span: Span, reason: str, *, in_original: bool = True, **params: str) -> Hit:
    weight = _WEIGHTS[reason][0] / _HEAVIEST
    return Hit(*span, reason, params, weight, in_original=in_original, masks=not in_original)


def _tags(page: Page) -> Iterator[_Tag]:
    text = page.document.text
    for number, match in enumerate(_TAG.finditer(text)):
        page.check(number)
        if not page.is_code_in_original(match.start()):
            attributes = {
                name.lower(): unescape(double or single or bare)
                for name, double, single, bare in _ATTRIBUTE.findall(match[2])
            }
            yield _Tag(Span(*match.span()), match[1].lower(), attributes)


def _page_heads(tags: Sequence[_Tag], own: str) -> Iterator[Hit]:
    """A body has no head. If it has one all the same, it says whose page it was."""
    for tag in tags:
        address = _declared_address(tag)
        host = host_of(address)
        if not host:
            continue
        if not own:
            yield _hit(tag.span, "page_head", host=host)
        elif site_of(host) != own:
            yield _hit(tag.span, "foreign_canonical", host=host)


def _declared_address(tag: _Tag) -> str:
    attributes = tag.attributes
    if tag.name == "link" and attributes.get("rel", "").lower() in {"canonical", "amphtml"}:
        return attributes.get("href", "")
    if tag.name == "meta" and attributes.get("property", "").lower() == "og:url":
        return attributes.get("content", "")
    return ""


def _images(page: Page, tags: Sequence[_Tag], own: str) -> list[Hit]:
    """One picture of another site is a habit of many authors; all of them from one is copying."""
    if not own:
        return []
    images = [(tag.span, _image_source(tag)) for tag in tags if tag.name in {"img", "amp-img"}]
    if page.document.format is TextFormat.MARKDOWN:
        images += [
            (Span(*match.span()), match[1])
            for match in islice(_MARKDOWN_IMAGE.finditer(page.document.text), _MOST_TAGS)
            if not page.is_code_in_original(match.start())
        ]
    foreign = [
        (span, address, site_of(host_of(address)))
        for span, address in images
        if _is_foreign(host_of(address), own)
    ]
    hosts = {site for _, _, site in foreign}
    uploaded = any(_UPLOADS.search(address) for _, address, _ in foreign)
    all_of_one = len(foreign) > 1 and len(foreign) == len(images) and len(hosts) == 1
    reason = "foreign_images" if uploaded or all_of_one else "foreign_image"
    return [_hit(span, reason, host=site) for span, _, site in foreign]


def _image_source(tag: _Tag) -> str:
    return next((tag.attributes[name] for name in _IMAGE_SOURCES if name in tag.attributes), "")


def _is_foreign(host: str, own: str) -> bool:
    return bool(host) and site_of(host) != own and not is_shared(host)


def _widgets(tags: Sequence[_Tag]) -> Iterator[Hit]:
    seen: set[str] = set()
    for tag in tags:
        name = _widget_name(tag)
        if name and name not in seen:
            seen.add(name)
            yield _hit(tag.span, "widget", name=name)


def _widget_name(tag: _Tag) -> str:
    attributes = tag.attributes
    if tag.name != "a":
        address = attributes.get("src") or attributes.get("action") or ""
        site = site_of(host_of(address))
        if site in _WIDGET_HOSTS:
            return site
        if _WIDGET_PATHS.search(address):
            return "facebook.com"
    found = _WIDGET_CLASSES.search(f"{attributes.get('class', '')} {attributes.get('id', '')}")
    return found.group().lower() if found else ""


def _notices(page: Page, own: str) -> Iterator[Hit]:
    found = list(_notice_lines(page, own))
    if not found:
        return
    prose = page.prose_without([span for span, _ in found])
    for span, reason in found:
        if not is_about(reason, prose):
            yield _hit(span, reason, in_original=False)


def _notice_lines(page: Page, own: str) -> Iterator[tuple[Span, str]]:
    for number, line in enumerate(page.lines):
        page.check(number)
        if line.apart or not line.words:
            continue
        notice = _COPYRIGHT.fullmatch(line.words)
        if notice is not None:
            yield line.span, _copyright_reason(notice[1], own)
            continue
        for wording in _NOTICES.pieces(line.words)[:1]:
            yield line.span, wording.reason


def _copyright_reason(rest: str, own: str) -> str:
    holder = _HOLDER_ENDS.split(rest, maxsplit=1)[0].strip()
    return "foreign_copyright" if own and holder and not is_name_of(holder, own) else "copyright"
