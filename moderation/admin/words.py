"""What stands in the database as a code, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_KINDS: Mapping[str, _StrPromise] = {
    "duplicate": gettext_lazy("copy"),
    "scraped": gettext_lazy("scraped"),
    "framing": gettext_lazy("framing"),
    "wordlist": gettext_lazy("word list"),
    "report": gettext_lazy("reported"),
}

_CATEGORIES: Mapping[str, _StrPromise] = {
    "duplicate/exact": gettext_lazy("exact copy"),
    "duplicate/near": gettext_lazy("nearly the same"),
    "duplicate/reordered": gettext_lazy("copy in another order"),
    "duplicate/contained": gettext_lazy("taken from a longer text"),
    "duplicate/contains": gettext_lazy("contains another text"),
    "duplicate/partial": gettext_lazy("shared passages"),
    "duplicate/rewrite": gettext_lazy("the same story in other words"),
    "duplicate/pasted": gettext_lazy("pasted comment"),
    "duplicate/disguise": gettext_lazy("disguised spelling"),
    "scraped/page_chrome": gettext_lazy("remains of a web page"),
    "scraped/embed_residue": gettext_lazy("remains of an embedded post"),
    "scraped/model_residue": gettext_lazy("remains of generated text"),
    "scraped/stray_markup": gettext_lazy("stray markup"),
    "scraped/keyword_line": gettext_lazy("line of keywords"),
    "scraped/told_twice": gettext_lazy("told twice"),
    "scraped/self_repetition": gettext_lazy("repeats itself"),
    "scraped/html_clues": gettext_lazy("traces in the markup"),
    "wordlist/blocked": gettext_lazy("word list"),
    "framing/attack": gettext_lazy("attack on a person"),
    "framing/dehumanise": gettext_lazy("dehumanising"),
    "framing/threat": gettext_lazy("threat"),
    "framing/rage_bait": gettext_lazy("rage bait"),
    "framing/profanity_directed": gettext_lazy("profanity at somebody"),
    "framing/shouting": gettext_lazy("shouting"),
    "report/attack": gettext_lazy("reported: attack"),
    "report/hate": gettext_lazy("reported: hatred"),
    "report/threat": gettext_lazy("reported: threat"),
    "report/copied": gettext_lazy("reported: copied"),
    "report/false": gettext_lazy("reported: false"),
    "report/privacy": gettext_lazy("reported: privacy"),
    "report/spam": gettext_lazy("reported: spam"),
    "report/minors": gettext_lazy("reported: abuse of children"),
    "report/unlawful": gettext_lazy("reported: unlawful"),
    "report/other": gettext_lazy("reported: other"),
}

_PROVENANCE: Mapping[str, _StrPromise] = {
    "original": gettext_lazy("This text is the original."),
    "copy": gettext_lazy("This text is the copy."),
    "shared_source": gettext_lazy("Both texts come from a third source."),
    "unclear": gettext_lazy("It is unclear who copied whom."),
}

_VERBS: Mapping[str, _StrPromise] = {
    "case.opened": gettext_lazy("Case opened"),
    "case.reopened": gettext_lazy("Case opened again"),
    "case.refreshed": gettext_lazy("Findings renewed"),
    "case.closed_moot": gettext_lazy("Closed, nothing left to decide"),
    "case.claimed": gettext_lazy("Claimed"),
    "case.assigned": gettext_lazy("Given to a colleague"),
    "case.noted": gettext_lazy("Note"),
    "case.proposed": gettext_lazy("Proposed to a second person"),
    "case.released": gettext_lazy("Released"),
    "case.snoozed": gettext_lazy("Put aside"),
    "case.claim_expired": gettext_lazy("Claim ran out"),
    "case.woken": gettext_lazy("Back in the queue"),
    "case.decided": gettext_lazy("Decided"),
    "case.escalated": gettext_lazy("Escalated"),
    "decision.undone": gettext_lazy("Decision taken back"),
    "report.received": gettext_lazy("Report received"),
    "report.repeated": gettext_lazy("Reported again by the same person"),
    "report.answered": gettext_lazy("Reports answered"),
    "appeal.submitted": gettext_lazy("Appeal submitted"),
    "appeal.taken": gettext_lazy("Appeal under review"),
    "appeal.upheld": gettext_lazy("Appeal: decision upheld"),
    "appeal.partially_reversed": gettext_lazy("Appeal: decision partially reversed"),
    "appeal.reversed": gettext_lazy("Appeal: decision reversed"),
    "appeal.withdrawn": gettext_lazy("Appeal withdrawn"),
    "appeal.expired": gettext_lazy("Appeal expired"),
    "policy.added": gettext_lazy("Policy added"),
    "policy.changed": gettext_lazy("Policy changed"),
    "reference.added": gettext_lazy("Reference document added"),
    "reference.changed": gettext_lazy("Reference document changed"),
    "reference.removed": gettext_lazy("Reference document removed"),
    "reference.imported": gettext_lazy("Reference documents imported"),
    "allowance.added": gettext_lazy("Allow-list entry added"),
    "allowance.changed": gettext_lazy("Allow-list entry changed"),
    "allowance.removed": gettext_lazy("Allow-list entry removed"),
    "wordlist.added": gettext_lazy("Word list: line added"),
    "wordlist.changed": gettext_lazy("Word list: line changed"),
    "wordlist.removed": gettext_lazy("Word list: line removed"),
    "threshold.drafted": gettext_lazy("Threshold drafted"),
    "threshold.tried": gettext_lazy("Threshold on trial"),
    "threshold.live": gettext_lazy("Threshold live"),
    "threshold.retired": gettext_lazy("Threshold retired"),
    "api_key.created": gettext_lazy("API key made"),
    "api_key.changed": gettext_lazy("API key changed"),
    "api_key.revoked": gettext_lazy("API key revoked"),
    "webhook.created": gettext_lazy("Webhook added"),
    "webhook.changed": gettext_lazy("Webhook changed"),
    "webhook.removed": gettext_lazy("Webhook removed"),
    "webhook.rotated": gettext_lazy("Webhook: new secret"),
    "webhook.tried": gettext_lazy("Webhook: test message"),
    "webhook.gone": gettext_lazy("Webhook switched off: its address is gone"),
    "webhook.replayed": gettext_lazy("Messages to webhooks sent again"),
    "retention.purged": gettext_lazy("Removed after its time"),
    "person.erased": gettext_lazy("Person erased"),
    "suggestion.kept": gettext_lazy("Suggested scores kept"),
    "suggestion.forgotten": gettext_lazy("Suggested scores deleted"),
}

_NOTES: Mapping[str, _StrPromise] = {
    "empty": gettext_lazy("The text is empty."),
    "waits for the re-scan budget": gettext_lazy(
        "The text was edited often; the scan waits for its turn."
    ),
    "the text is no longer kept": gettext_lazy("The text is no longer kept."),
    "the worker was lost each time": gettext_lazy("The worker was lost each time."),
}


def category(name: str) -> str:
    """Say a ``kind/category`` pair in words; one of a foreign detector stays as it is."""
    known = _CATEGORIES.get(name)
    if known is not None:
        return str(known)
    kind, _slash, rest = name.partition("/")
    if kind not in _KINDS:
        return name
    return (
        f"{_KINDS[kind]}: {rest.replace('_', ' ')}" if rest and rest != kind else str(_KINDS[kind])
    )


def provenance(verdict: str) -> str:
    """Say in words who copied whom."""
    return str(_PROVENANCE.get(verdict, verdict))


def verb(name: str) -> str:
    """Say in words what an event tells."""
    return str(_VERBS.get(name, name))


def scan_note(note: str) -> str:
    """Say in words why a scan was not, or not yet, done."""
    return str(_NOTES.get(note, note))


def percent(share: float) -> str:
    """Write a share as a percentage."""
    return _("%(number)d%%") % {"number": round(share * 100)}
