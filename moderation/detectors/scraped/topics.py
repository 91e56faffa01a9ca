"""Whether a body is about the very things that betray a scraped one.

An article on comment forms shows their labels, one on chatbots lets them speak. It also
names the subject in its own sentences, which a page's leftovers do not.
"""

from __future__ import annotations

from typing import Final

#: One mention happens to anybody.
_MENTIONS: Final = 2

_COMMENTING: Final = (
    "comment form",
    "comment section",
    "comments section",
    "comment field",
    "comment box",
    "commenter",
    "form field",
    "form label",
    "required field",
    "wordpress",
    "plugin",
    "web form",
)
_SHARING: Final = ("share button", "sharing button", "share bar", "share link", "social button")
_ADVERTISING: Final = (
    "advertis",
    "ad blocker",
    "banner",
    "sponsored",
    "clickbait",
    "recommendation",
)
_CHATBOTS: Final = (
    "language model",
    "chatbot",
    "chatgpt",
    "generative ai",
    "ai-generated",
    "ai-written",
    "machine-written",
    "ai assistant",
    "ai model",
    "prompt",
    "llm",
    "search engine optimi",
)
_TEMPLATES: Final = (
    "template",
    "placeholder",
    "bracket",
    "sample letter",
    "cover letter",
    "form letter",
    "fill in",
    "blank",
    "boilerplate",
    "lorem ipsum",
    "fill it in",
    "filled in",
    "gap",
    "typeface",
    "typeset",
    "typograph",
    "layout",
    "nonsense latin",
    "licence",
    "license",
)
_MARKUP: Final = (
    "html",
    "markdown",
    "markup",
    "shortcode",
    "javascript",
    "stylesheet",
    "source code",
)
_PUBLISHING: Final = ("copyright", "licence", "license", "reprint", "syndicat")

#: By reason of a hit: the words (beginnings, lower case) of a text about it.
TOPICS: Final[dict[str, tuple[str, ...]]] = {
    "comment_form": _COMMENTING,
    "login_prompt": (*_COMMENTING, "log in", "login", "sign in", "password", "paywall"),
    "share_bar": _SHARING,
    "cookie_note": ("cookie", "consent", "gdpr", "privacy"),
    "newsletter_box": ("newsletter", "mailing list", "sign-up form", "signup form", "subscribers"),
    "related_stories": _ADVERTISING,
    "interruption": _ADVERTISING,
    "navigation": ("navigation", "website", "web page", "accessib", "screen reader", "menu"),
    "feed_footer": ("rss", "feed", "scrape", "wordpress", "syndicat"),
    "refusal": _CHATBOTS,
    "knowledge_cutoff": _CHATBOTS,
    "assistant_opening": _CHATBOTS,
    "assistant_sign_off": _CHATBOTS,
    "self_description": _CHATBOTS,
    "prompt": _CHATBOTS,
    "chat_window": _CHATBOTS,
    "placeholder": _TEMPLATES,
    "seo_label": ("search engine", "seo", "meta description", "slug", "keyword"),
    "stray_fence": _MARKUP,
    "stray_script": _MARKUP,
    "stray_shortcode": _MARKUP,
    "stray_tag": _MARKUP,
    "stray_heading": _MARKUP,
    "stray_emphasis": _MARKUP,
    "foreign_copyright": _PUBLISHING,
    "no_redistribution": _PUBLISHING,
}


def is_about(reason: str, prose: str) -> bool:
    """Say whether ``prose`` (case folded, without the doubtful passages) is about ``reason``."""
    return sum(prose.count(word) for word in TOPICS.get(reason, ())) >= _MENTIONS
