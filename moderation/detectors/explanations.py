"""Every reason a detector can give, in English, under a stable key.

The keys are stored with the evidence; the words are looked up when they are shown, so that
they can be translated. Parameters are filled in with ``str.format``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping


def gettext_noop(message: str) -> str:
    """Mark a message for translation; the name is what ``makemessages`` looks for."""
    return message


MESSAGES: dict[str, str] = {}

MESSAGES |= {
    "duplicate.verdict.exact": gettext_noop("The same words as the source, from first to last."),
    "duplicate.verdict.near": gettext_noop("Nearly the same text as the source."),
    "duplicate.verdict.reordered": gettext_noop("Nearly the same text, in another order."),
    "duplicate.verdict.contained": gettext_noop("Nearly all of this text is from the source."),
    "duplicate.verdict.contains": gettext_noop("Nearly all of the source is in this text."),
    "duplicate.verdict.partial": gettext_noop("Passages are the same as in the source."),
    "duplicate.passage.verbatim": gettext_noop("The same {words} words stand in the source."),
    "duplicate.passage.edited": gettext_noop(
        "{words} of these {length} words stand in the source in the same order."
    ),
    "duplicate.pasted.repeated": gettext_noop(
        "Comments that say the same: {count}, under different texts: {places}, "
        "by different accounts: {authors}."
    ),
    "duplicate.pasted.contact": gettext_noop(
        "Comments that lead to the same address: {count}, under different texts: {places}, "
        "by different accounts: {authors}."
    ),
    "duplicate.note.set_phrase": gettext_noop("Says too little for repeats of it to be counted."),
    "duplicate.rewrite.sentence": gettext_noop(
        "Tells in other words what a sentence of the source tells: {terms} rare words in common."
    ),
    "duplicate.note.no_corpus": gettext_noop("There was nothing to compare the text with."),
    "duplicate.note.too_short": gettext_noop("Too few words to compare with other texts."),
    "duplicate.note.quotation": gettext_noop("Attributed quotations were not counted as copied."),
    "duplicate.note.own_text": gettext_noop("Texts by the same author were not compared."),
    "duplicate.note.common": gettext_noop(
        "Words that anybody may use, or that many stories have, were not counted."
    ),
    "duplicate.note.licensed": gettext_noop("Sources that may be copied were not compared."),
    "duplicate.note.allowed": gettext_noop("Texts it may share passages with were not compared."),
    "duplicate.note.original": gettext_noop(
        "Other texts have passages of this one; this one was there first."
    ),
}

MESSAGES |= {
    "duplicate.provenance.text_names_source": gettext_noop(
        "This text says that it comes from {name}, as the matched text does."
    ),
    "duplicate.provenance.text_names_source.address": gettext_noop(
        "This text declares an address of the matched text, at {name}, as its own."
    ),
    "duplicate.provenance.text_names_source.title": gettext_noop(
        "This text names the title of the matched text as its origin."
    ),
    "duplicate.provenance.source_names_text": gettext_noop(
        "The matched text says that it comes from {name}, as this text does."
    ),
    "duplicate.provenance.source_names_text.address": gettext_noop(
        "The matched text declares an address of this text, at {name}, as its own."
    ),
    "duplicate.provenance.source_names_text.title": gettext_noop(
        "The matched text names the title of this text as its origin."
    ),
    "duplicate.provenance.text_credits_too": gettext_noop(
        "This text credits {name}, as the matched text does."
    ),
    "duplicate.provenance.text_credits_too.address": gettext_noop(
        "This text declares that its original address is at {name}, as the matched text does."
    ),
    "duplicate.provenance.source_credits_too": gettext_noop(
        "The matched text credits {name}, as this text does."
    ),
    "duplicate.provenance.source_credits_too.address": gettext_noop(
        "The matched text declares that its original address is at {name}, as this text does."
    ),
    "duplicate.provenance.text_credits": gettext_noop("Only this text credits {name}."),
    "duplicate.provenance.text_credits.address": gettext_noop(
        "This text declares that its original address is at {name}."
    ),
    "duplicate.provenance.source_credits": gettext_noop("Only the matched text credits {name}."),
    "duplicate.provenance.source_credits.address": gettext_noop(
        "The matched text declares that its original address is at {name}."
    ),
    "duplicate.provenance.text_claims": gettext_noop(
        "This text says that it was published here first. Anybody can write that; "
        "it does not count."
    ),
    "duplicate.provenance.source_claims": gettext_noop(
        "The matched text says that it was published there first. Anybody can write that; "
        "it does not count."
    ),
    "duplicate.provenance.older": gettext_noop(
        "This text (of {ours_at}) is older than the matched text (of {source_at})."
    ),
    "duplicate.provenance.younger": gettext_noop(
        "The matched text (of {source_at}) is older than this text (of {ours_at})."
    ),
    "duplicate.provenance.disputed": gettext_noop(
        "This text (of {ours_at}) was there before the matched text (of {source_at}), "
        "but its words came in later, with an edit."
    ),
    "duplicate.provenance.unknown": gettext_noop(
        "Whether this text (of {ours_at}) or the matched text (of {source_at}) is older "
        "cannot be told."
    ),
    "duplicate.provenance.known_later": gettext_noop(
        "It came in after the matched text, although it is older."
    ),
}

MESSAGES |= {
    "duplicate.disguise.invisible": gettext_noop("Characters that nobody sees part this word."),
    "duplicate.disguise.bidi": gettext_noop("Hidden signs of direction stand in this word."),
    "duplicate.disguise.homoglyph": gettext_noop(
        "Letters of another alphabet that look the same stand in this word."
    ),
    "duplicate.disguise.fullwidth": gettext_noop("This word is written in wide letters."),
    "duplicate.disguise.combining": gettext_noop("Marks are heaped on the letters of this word."),
    "duplicate.disguise.case": gettext_noop("Small and capital letters by turns."),
    "duplicate.disguise.entities": gettext_noop(
        "Letters are written as numbers, or parted by markup that shows nothing."
    ),
}

MESSAGES |= {
    "scraped.page_chrome.comment_form": gettext_noop("Left over from a comment form."),
    "scraped.page_chrome.login_prompt": gettext_noop("A page's invitation to log in or pay."),
    "scraped.page_chrome.share_bar": gettext_noop("Buttons to share or follow a page."),
    "scraped.page_chrome.cookie_note": gettext_noop("A page's notice about cookies."),
    "scraped.page_chrome.newsletter_box": gettext_noop("The sign-up box of a newsletter."),
    "scraped.page_chrome.interruption": gettext_noop("Put between the paragraphs by a page."),
    "scraped.page_chrome.related_stories": gettext_noop("A page's pointer to other stories."),
    "scraped.page_chrome.feed_footer": gettext_noop(
        "The footer of a feed, or a link to the source."
    ),
    "scraped.page_chrome.call_to_action": gettext_noop("A page asks its visitors to do something."),
    "scraped.page_chrome.page_words": gettext_noop("Says nothing but what pages say."),
    "scraped.page_chrome.navigation": gettext_noop("The navigation of a page."),
    "scraped.page_chrome.byline": gettext_noop("The date or reading-time line of a page."),
    "scraped.page_chrome.credit": gettext_noop("The credit or caption of a missing picture."),
    "scraped.embed_residue.post_signature": gettext_noop("The signature of an embedded post."),
    "scraped.embed_residue.post_stamp": gettext_noop("The time stamp of an embedded post."),
    "scraped.embed_residue.post_counter": gettext_noop("The counters of an embedded post."),
    "scraped.embed_residue.embed_frame": gettext_noop("The frame of a post that was embedded."),
    "scraped.embed_residue.embed_address": gettext_noop("The bare address of a post."),
    "scraped.embed_residue.post_link": gettext_noop("The short link of an embedded post."),
    "scraped.model_residue.refusal": gettext_noop("A language model declines a request."),
    "scraped.model_residue.knowledge_cutoff": gettext_noop(
        "A language model names the limits of what it knows."
    ),
    "scraped.model_residue.assistant_opening": gettext_noop("An assistant hands over its text."),
    "scraped.model_residue.assistant_sign_off": gettext_noop("An assistant offers changes."),
    "scraped.model_residue.assistant_pleasantry": gettext_noop("Sounds like an assistant's reply."),
    "scraped.model_residue.self_description": gettext_noop(
        "The text describes itself as made to order."
    ),
    "scraped.model_residue.prompt": gettext_noop("An instruction to a language model."),
    "scraped.model_residue.chat_window": gettext_noop("Copied along from the window of a chat."),
    "scraped.model_residue.artefact": gettext_noop("A mark that only chat programs make."),
    "scraped.model_residue.chat_address": gettext_noop("An address as a chat program gives it."),
    "scraped.model_residue.placeholder": gettext_noop("A placeholder that nobody filled in."),
    "scraped.stray_markup.stray_fence": gettext_noop("A code fence with no code."),
    "scraped.stray_markup.stray_script": gettext_noop("Code of a page shown as text."),
    "scraped.stray_markup.stray_shortcode": gettext_noop(
        "A content system's shortcode shown as text."
    ),
    "scraped.stray_markup.stray_tag": gettext_noop("HTML shown as text."),
    "scraped.stray_markup.stray_heading": gettext_noop("A Markdown heading shown as text."),
    "scraped.stray_markup.stray_emphasis": gettext_noop("Markdown emphasis shown as text."),
    "scraped.keyword_line.search_phrases": gettext_noop("A list of search phrases."),
    "scraped.keyword_line.seo_label": gettext_noop("A field of a publishing form."),
    "scraped.told_twice.first_telling": gettext_noop(
        "The story is told from here, and again further down: the two parts share {sides} % of "
        "their subjects, their beginnings {leads} %."
    ),
    "scraped.told_twice.second_telling": gettext_noop("The story starts over here."),
    "scraped.self_repetition.repeated": gettext_noop(
        "Stands further up word for word, as {percent} % of the text does."
    ),
    "scraped.html_clues.foreign_canonical": gettext_noop(
        "Declares that its original address is at {host}."
    ),
    "scraped.html_clues.page_head": gettext_noop("The head of a page at {host}, inside a text."),
    "scraped.html_clues.foreign_images": gettext_noop("The pictures are loaded from {host}."),
    "scraped.html_clues.foreign_image": gettext_noop("A picture is loaded from {host}."),
    "scraped.html_clues.widget": gettext_noop("A widget of a page: {name}."),
    "scraped.html_clues.foreign_copyright": gettext_noop("The copyright notice of somebody else."),
    "scraped.html_clues.copyright": gettext_noop("A copyright notice."),
    "scraped.html_clues.no_redistribution": gettext_noop("A ban on publishing the text elsewhere."),
}


MESSAGES |= {
    "framing.attack.insult": gettext_noop("Calls someone an insulting name."),
    "framing.attack.adjective": gettext_noop("Describes someone in insulting words."),
    "framing.attack.belittle": gettext_noop("Belittles someone."),
    "framing.attack.silence": gettext_noop("Tells someone to shut up or to leave."),
    "framing.attack.wording": gettext_noop("Reads like a personal attack."),
    "framing.dehumanise.vermin": gettext_noop("Compares people to vermin, animals or disease."),
    "framing.dehumanise.all_alike": gettext_noop("Says something demeaning of a whole group."),
    "framing.dehumanise.cast_out": gettext_noop("Wants people cast out or locked away."),
    "framing.dehumanise.wording": gettext_noop("Reads like denying people their dignity."),
    "framing.threat.announced": gettext_noop("Announces harm to someone."),
    "framing.threat.wished": gettext_noop("Wishes harm on someone."),
    "framing.threat.called_for": gettext_noop("Calls for violence."),
    "framing.threat.veiled": gettext_noop("Can be read as a veiled threat."),
    "framing.threat.wording": gettext_noop("Reads like a threat."),
    "framing.rage.enemy": gettext_noop("Casts people as enemies or traitors."),
    "framing.rage.plot": gettext_noop("Claims that people plot against us or mean us harm."),
    "framing.rage.call": gettext_noop("Calls for outrage against people."),
    "framing.rage_bait.wording": gettext_noop("Reads like setting people against each other."),
    "framing.profanity.at_someone": gettext_noop("Swears at someone."),
    "framing.profanity_directed.wording": gettext_noop("Reads like swearing at someone."),
    "framing.shouting.wording": gettext_noop("Shouts at someone in capitals."),
    "framing.note.no_model": gettext_noop(
        "No framing model could be loaded; only unmistakable turns of phrase were looked for."
    ),
    "framing.note.no_backend": gettext_noop(
        "The back end that the site has set up gave no scores; the model of the package judged."
    ),
    "not_assessed_language": gettext_noop("Not in English, so it was not assessed."),
}


MESSAGES |= {
    "wordlist.blocked": gettext_noop("On the site's list of words and phrases."),
}


def explain(
    key: str,
    params: Mapping[str, str | int] | None = None,
    translate: Callable[[str], str] = str,
) -> str:
    """Say ``key`` in words; an unknown key (of a removed detector) is shown as it is."""
    message = MESSAGES.get(key)
    if message is None:
        return key
    try:
        return translate(message).format(**(params or {}))
    except (KeyError, IndexError, ValueError):
        return message
