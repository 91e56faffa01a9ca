"""Texts made to crash or to stall whoever reads them."""

from __future__ import annotations

from itertools import repeat

SIZE = 60_000
"""Characters: a reader that takes quadratic time needs minutes for it, a linear one none."""

EDGES = {
    "empty": "",
    "white space": " \t\r\n\x0b\x0c\x85\xa0\u2028\u3000",
    "NUL": "a\x00b",
    "lone surrogates": "\udfff\ud800 a\ud800",
    "Arabic": "هذا نص عربي، وفيه جملة ثانية؟ نعم.",
    "Hindi": "यह हिन्दी का एक वाक्य है। यह दूसरा है।",
    "Thai": "นี่คือประโยคภาษาไทย และนี่คืออีกประโยคหนึ่ง",
    "Chinese": "这是一个句子。这是第二个！",
    "Japanese": "これは文です。「はい」とカタカナで答えた。",
    "Korean": "이것은 문장입니다. 두 번째 문장입니다.",
    "Burmese and Khmer": "မြန်မာဘာသာ။ ភាសាខ្មែរ។",
    "mixed directions": "abc \u202eשלום\u202c def \u2067العربية\u2069",
    "emoji": "👩‍👩‍👧‍👦 👍🏽 🇫🇷 ☠️",
}

REPEATED = [
    *(
        "<",
        "<!--",
        "<!",
        "</",
        "<?",
        "<a ",
        '<a ="',
        "<a b='",
        "<a b='\">",
        "<![CDATA[",
        "<!doctype ",
    ),
    *("<script>", "<script></script>", "<title>", "<textarea>", "<template>", "<plaintext>"),
    *("<div>", "</div>", "<b><i>", "<p>a b</p>", "<blockquote>", "<q>", "<pre>", "<td>", "<a/b=c>"),
    *("&", "&#", "&#x", "&amp;", "&amp", "&a", "<a@", "<x:"),
    *("*", "**a", "*a ", "_a_ ", "~~", "`", "` ", "``` ", "`a``b", "```\n", "~~~\n", "\\", "|"),
    *("[", "]", "[a](", '[a](b "', "[a](<", "![", "[[]]", "[a][b]", "[a]: b\n", "a|b\n-|-\n"),
    *(
        ">",
        "> ",
        "> > x\n",
        "- ",
        "- a\n",
        "    - a\n",
        "1. ",
        "#",
        "# #",
        "    x\n",
        "===\n",
        "* * *",
    ),
    *(
        "a",
        "a ",
        "a\n",
        "a  \n",
        " ",
        "\n",
        "\t",
        " \n",
        "\r",
        "\u2028",
        "a b ",
        "a.",
        "a. ",
        "a-",
        "1.",
    ),
    *(
        "!",
        "!a",
        "!? ",
        "... ",
        "Mr. ",
        "。",
        '"',
        "'",
        "(",
        ")",
        "-",
        "$a",
        "a$",
        "a1",
        "a@",
        "f#ck ",
    ),
    *(
        "\u200b",
        "\u200ba",
        "\u00ada",
        "\u202e",
        "\ufe0f",
        "\u0301",
        "a\u0301",
        "\u0336",
        "\u0e34",
        "\U000e0061",
    ),
    *(
        "а",
        "aа",
        "ʏ",
        "Ａ",
        "①",
        "ﬁ",
        "ﷺ",
        "\U0001d41b",
        "ß",
        "İ",
        "\u1100",
        "\u11a8",
        "क्",
        "ا",
        "ـ",
    ),
    *(
        "ก",
        "中",
        "の",
        "\U0001f600",
        "\U0001f44d\U0001f3fd\u200d",
        "\ud800",
        "\x00",
        "viii",
        "iiii ",
    ),
]


def hostile_texts() -> dict[str, str]:
    """Return texts that repeat a few characters up to :data:`SIZE`, under a name."""
    return {ascii(unit): unit * (SIZE // len(unit)) for unit in REPEATED}


def nested(depth: int = 10_000) -> str:
    """Return HTML whose elements stand in each other."""
    return "".join(repeat("<div><blockquote><b>", depth)) + "deep" + "</b></div>" * depth
