"""What scraped and generated bodies carry along, in many wordings."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from moderation.detectors.scraped.signals import Category


class Place(Enum):
    """Where in a body the leftover stands."""

    TOP = auto()
    MIDDLE = auto()
    BOTTOM = auto()


class Leftover(NamedTuple):
    """``enough`` says that it alone makes the body a case."""

    text: str
    category: Category
    place: Place = Place.BOTTOM
    enough: bool = False


_CHROME, _EMBED, _MODEL = Category.PAGE_CHROME, Category.EMBED_RESIDUE, Category.MODEL_RESIDUE
_MARKUP, _KEYWORDS, _CLUES = Category.STRAY_MARKUP, Category.KEYWORD_LINE, Category.HTML_CLUES
_TOP, _MIDDLE = Place.TOP, Place.MIDDLE

LEFTOVERS = (
    # Comment forms and threads
    Leftover("Your email address will not be shared.", _CHROME, enough=True),
    Leftover("Mandatory fields are marked with an asterisk", _CHROME, enough=True),
    Leftover("Notify me of follow-up comments by email.", _CHROME, enough=True),
    Leftover("You must be logged in to post a comment.", _CHROME, enough=True),
    Leftover("Log in to join the conversation", _CHROME, enough=True),
    Leftover("Be the first to comment", _CHROME, enough=True),
    Leftover("3 thoughts on “Bridge reopens after eleven weeks”", _CHROME, enough=True),
    Leftover("Comments are closed.", _CHROME, enough=True),
    Leftover(
        "Please enable JavaScript to view the comments powered by Disqus.", _CHROME, enough=True
    ),
    Leftover("Deine E-Mail-Adresse wird nicht veröffentlicht.", _CHROME, enough=True),
    Leftover("Name *\nEmail *\nWebsite\nPost Comment", _CHROME),
    # Sharing
    Leftover("Share this:\nFacebook\nX\nWhatsApp\nTelegram", _CHROME),
    Leftover("FacebookTwitterPinterestLinkedInWhatsApp", _CHROME, _TOP),
    Leftover("Click to share on Reddit (Opens in new window)", _CHROME, enough=True),
    Leftover("Follow us on Instagram, Threads and Bluesky", _CHROME),
    Leftover("Like this:\nLike Loading...", _CHROME, enough=True),
    Leftover("1.2K shares", _CHROME, _TOP),
    # Cookies
    Leftover(
        "We use cookies to personalise content and ads and to analyse our traffic.",
        _CHROME,
        _TOP,
        enough=True,
    ),
    Leftover(
        "By continuing to use this website you agree to our use of cookies.", _CHROME, enough=True
    ),
    Leftover(
        "Accept all cookies\nReject non-essential cookies\nManage preferences",
        _CHROME,
        _TOP,
        enough=True,
    ),
    # Logging in and paying
    Leftover("Subscribe to continue reading", _CHROME, enough=True),
    Leftover(
        "Already have an account? Sign in\nForgot your password?\nCreate a free account",
        _CHROME,
        enough=True,
    ),
    Leftover("You have 2 free articles left this month.", _CHROME, _TOP, enough=True),
    Leftover("This article is for subscribers only.", _CHROME, enough=True),
    # Newsletters
    Leftover(
        "Sign up for our daily newsletter\nEnter your email address\nYou can unsubscribe anytime.",
        _CHROME,
        enough=True,
    ),
    Leftover("Get the morning's top stories delivered to your inbox.", _CHROME),
    Leftover(
        "By signing up, you agree to our Terms of Use and Privacy Policy.", _CHROME, enough=True
    ),
    Leftover("Check your inbox or spam folder to confirm your subscription.", _CHROME, enough=True),
    # Other stories
    Leftover(
        "Related articles\nTen bridges worth a detour\nWhy barges get wider\nThe island in winter",
        _CHROME,
    ),
    Leftover("READ ALSO: Five walks along the river", _CHROME, _MIDDLE),
    Leftover("Recommended for you", _CHROME),
    Leftover("You might also be interested in\nMost popular\nTrending now", _CHROME, enough=True),
    Leftover("More from this author", _CHROME),
    Leftover("The post Bridge open again appeared first on Island Courier.", _CHROME, enough=True),
    Leftover("Read the full story at islandcourier.example", _CHROME, enough=True),
    # Interruptions, navigation, bylines, credits
    Leftover("Story continues below advertisement", _CHROME, _MIDDLE, enough=True),
    Leftover("ADVERTISEMENT - SCROLL TO CONTINUE READING", _CHROME, _MIDDLE, enough=True),
    Leftover("Your browser does not support the video tag.", _CHROME, _MIDDLE, enough=True),
    Leftover("hide caption", _CHROME, _MIDDLE, enough=True),
    Leftover("Skip to main content\nToggle navigation", _CHROME, _TOP, enough=True),
    Leftover("Home » News » Local » Bridge open again", _CHROME, _TOP, enough=True),
    Leftover("1 2 3 … 9 Next »", _CHROME, enough=True),
    Leftover("← Previous post\nNext post →", _CHROME),
    Leftover("5 min read", _CHROME, _TOP),
    Leftover("Estimated reading time: 4 minutes", _CHROME, _TOP),
    Leftover("Posted by admin on June 3, 2024 | No Comments", _CHROME, _TOP),
    Leftover("Image credit: Tom Hale/Getty Images", _CHROME, _MIDDLE),
    Leftover("Last updated: 3 June 2024 at 14:05 BST", _CHROME, _TOP),
    Leftover(
        "Open in app\nMember-only story\n7 min read · Jun 3, 2024", _CHROME, _TOP, enough=True
    ),
    Leftover("News Sport Business Opinion Weather Jobs", _CHROME, _TOP),
    Leftover("More ways to share this story", _CHROME),
    Leftover("We are having trouble retrieving the article content.", _CHROME, enough=True),
    Leftover("Thanks for reading The Weir! Subscribe for free.", _CHROME, enough=True),
    Leftover("Tap here to join our WhatsApp channel", _CHROME),
    # Embedded posts
    Leftover(
        "View this post on Instagram\nA post shared by Island Bakery (@islandbakery)",
        _EMBED,
        _MIDDLE,
        enough=True,
    ),
    Leftover("— Island Council (@islandcouncil) May 30, 2024", _EMBED, _MIDDLE),
    Leftover("9:41 AM · May 30, 2024 · 12.4K Views", _EMBED, _MIDDLE),
    Leftover("214 Retweets 38 Quotes 1,902 Likes", _EMBED, _MIDDLE),
    Leftover("10.3K followers", _EMBED, _MIDDLE),
    Leftover("Watch on YouTube", _EMBED, _MIDDLE),
    Leftover("♬ original sound - riverdrummer", _EMBED, _MIDDLE),
    Leftover("Post by @islandbakery\nView on Threads", _EMBED, _MIDDLE, enough=True),
    Leftover(
        "This Tweet is currently unavailable. It might be loading or has been removed.",
        _EMBED,
        _MIDDLE,
    ),
    Leftover("Posted by u/barge_spotter 3 hours ago", _EMBED, _MIDDLE),
    Leftover("What a sight! pic.x.com/a1B2c3D4e5", _EMBED, _MIDDLE),
    Leftover("Island Ferry (@ferry.bsky.social) 2024-05-30T09:41:00Z", _EMBED, _MIDDLE),
    Leftover("@ferrywatch The bridge is open! ♬ original sound - Ferry Watch", _EMBED, _MIDDLE),
    Leftover("Content from X can't be displayed.", _EMBED, _MIDDLE),
    Leftover("Forwarded from Island Council", _EMBED, _MIDDLE),
    Leftover("https://www.youtube.com/watch?v=aB3dEf7hIjK", _EMBED, _MIDDLE),
    # Language models
    Leftover("Certainly! Here is a rewritten version of the article:", _MODEL, _TOP, enough=True),
    Leftover("Sure, here’s your 600-word blog post about the bridge:", _MODEL, _TOP, enough=True),
    Leftover("Here is the SEO-optimized article you requested.", _MODEL, _TOP, enough=True),
    Leftover(
        "As an AI language model, I do not have access to local news.", _MODEL, _MIDDLE, enough=True
    ),
    Leftover("I’m sorry, but I can’t assist with that request.", _MODEL, _MIDDLE, enough=True),
    Leftover("I cannot fulfill this request.", _MODEL, _MIDDLE, enough=True),
    Leftover(
        "As of my last knowledge update in September 2021, the bridge was still closed.",
        _MODEL,
        _MIDDLE,
        enough=True,
    ),
    Leftover("Please note that I don't have access to real-time information.", _MODEL, enough=True),
    Leftover(
        "Let me know if you'd like me to adjust the tone or make it shorter!", _MODEL, enough=True
    ),
    Leftover(
        "Feel free to customize this article to better fit your audience.", _MODEL, enough=True
    ),
    Leftover("Would you like me to add a conclusion?", _MODEL, enough=True),
    Leftover("Word count: 612", _MODEL, enough=True),
    Leftover("Note: This article was written to be search-friendly.", _MODEL, enough=True),
    Leftover("This version keeps the facts and avoids plagiarism.", _MODEL, enough=True),
    Leftover("Said <official name>, who leads the council.", _MODEL, _MIDDLE),
    Leftover("%%subheadline%%", _MODEL, _MIDDLE),
    Leftover("The bridge is to cost XX million.", _MODEL, _MIDDLE),
    Leftover(
        "This article has been optimized for search engines and integrates the keywords.",
        _MODEL,
        enough=True,
    ),
    Leftover("Rewrite the following article in a human-like tone:", _MODEL, _TOP, enough=True),
    Leftover("ChatGPT can make mistakes. Check important info.", _MODEL, enough=True),
    Leftover(
        "The shim was made in an afternoon :contentReference[oaicite:3]{index=3}.",
        _MODEL,
        _MIDDLE,
        enough=True,
    ),
    Leftover(
        "Said [insert quote from mayor], who leads [Company Name].", _MODEL, _MIDDLE, enough=True
    ),
    Leftover(
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit.", _MODEL, _MIDDLE, enough=True
    ),
    Leftover("Of course! Below is a polished version of your article.", _MODEL, _TOP, enough=True),
    Leftover("If you want, I can also turn this into a social media post.", _MODEL, enough=True),
    Leftover("Would you like a shorter version?", _MODEL, enough=True),
    Leftover("Act as a professional journalist and write an article.", _MODEL, _TOP, enough=True),
    Leftover("Unfortunately, I cannot browse the internet.", _MODEL, _MIDDLE, enough=True),
    Leftover("My knowledge was last updated in January 2022.", _MODEL, _MIDDLE, enough=True),
    Leftover("This text is 100% plagiarism-free.", _MODEL, enough=True),
    Leftover("Source: https://a.example/b?utm_source=chatgpt.com", _MODEL),
    # Stray markup
    Leftover("```html", _MARKUP, _TOP),
    Leftover("”`", _MARKUP),
    Leftover('[caption id="attachment_311" align="aligncenter" width="640"]', _MARKUP, _MIDDLE),
    Leftover("(adsbygoogle = window.adsbygoogle || []).push({});", _MARKUP, _MIDDLE),
    Leftover("<p>The island&nbsp;waited.</p><br />", _MARKUP, _MIDDLE),
    Leftover("## Background\n## What happens next", _MARKUP, _MIDDLE),
    # Keywords
    Leftover("swing bridge repair, island shop closures, river traffic news", _KEYWORDS, _TOP),
    Leftover("Meta description: How a missing shim closed a bridge for eleven weeks.", _KEYWORDS),
    Leftover("Focus keyword: swing bridge", _KEYWORDS),
    # Whose text it is
    Leftover("© 2024 Island Courier Media Ltd. All rights reserved.", _CLUES),
    Leftover("This material may not be published, broadcast, rewritten or redistributed.", _CLUES),
)

MARKUP = {
    "foreign canonical": '<link rel="canonical" href="https://www.island-courier.example/bridge-open">',
    "foreign address": '<meta property="og:url" content="https://island-courier.example/bridge">',
    "pictures of another host": (
        '<img src="https://island-courier.example/a"><img src="//i.island-courier.example/b">'
    ),
    "an upload of another site": (
        '<img src="https://island-courier.example/wp-content/uploads/2024/05/bridge.jpg" alt="">'
    ),
    "a tracker": '<script src="https://www.google-analytics.com/analytics.js"></script>',
    "an advertisement": '<ins class="adsbygoogle" data-ad-slot="1"></ins>',
    "a share widget": '<div class="sharedaddy sd-sharing-enabled"></div>',
    "a tracking picture": '<img width="1" height="1" src="https://www.facebook.com/tr?id=1&amp;ev=x">',
    "another comment system": '<div id="disqus_thread"></div>',
    "a newsletter form": '<form action="https://x.us1.list-manage.com/subscribe/post"></form>',
}
