"""What a moderator does in the course of a check: look at the queue, decide, take it back."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.db.models import Model
from django.urls import reverse

from moderation.models import Case, CaseState, Decision, Policy
from moderation.services import audit, decisions
from moderation.services.hosts import load
from project.demo.browser import Browser
from project.demo.report import Report
from project.demo.surroundings import HOST
from project.demo.trial import Trial
from project.newsroom.models import Article, Comment

# The starter policies that a finding speaks to: by kind and category, else by kind.
POLICIES = {
    "duplicate": "copied",
    "scraped": "low-quality",
    "framing": "personal-attack",
    "framing/dehumanise": "dehumanising",
    "framing/profanity_directed": "profanity",
    "framing/rage_bait": "rage-bait",
    "framing/shouting": "shouting",
    "framing/threat": "threats",
}


def travel(run: Trial, report: Report) -> None:
    """Open the queue as the moderator, hide the first case's text, undo it, verify the trail."""
    base = f"http://{HOST}:{run.options.port}"
    _open_queue(Browser(base), run.passwords["moderator"], report)
    case = Case.objects.filter(state=CaseState.OPEN).order_by("-priority", "opened_at").first()
    if case is None:
        report.add("Decision", "no case to decide: nothing was found")
        report.add("Undo", "nothing to undo")
    else:
        _hide_and_restore(case, Browser(base), report)
    verification = audit.verify()
    report.add(
        "Audit chain",
        f"{verification.events} events, {verification.problem or 'verified'}",
        ok=verification.ok and (case is None or verification.events > 0),
    )


def _open_queue(browser: Browser, password: str, report: Report) -> None:
    queue = reverse("admin:moderation_case_changelist")
    login = reverse("admin:login")
    browser.post_form(login, {"username": "moderator", "password": password, "next": queue})
    page = browser.get(queue)
    there = page.url.endswith(queue)
    report.add(
        "Queue page",
        f"{queue} answers {page.status}" + ("" if there else " elsewhere: the login failed"),
        ok=page.status == 200 and there,
    )


def _hide_and_restore(case: Case, reader: Browser, report: Report) -> None:
    moderator = User.objects.get(username="moderator")
    policy = Policy.objects.get(code=_policy_for(case.categories[0]))
    obj = load(case.subject)
    if obj is None:
        report.fail("Decision", "the text is gone")
        return
    seen_before = _is_seen(obj, reader)
    decision = decisions.decide(
        case.pk,
        outcome="hide",
        actor=moderator,
        policies=[policy],
        version=case.version,
        internal_note="Decided by the check of the demo.",
    )
    seen_hidden = _is_seen(obj, reader)
    report.add(
        "Decision",
        f"case {case}, {case.subject.kind} “{case.subject}”: hidden under “{policy}”, "
        + ("but readers still see it" if seen_hidden else "and readers no longer see it"),
        ok=seen_before and not seen_hidden,
    )
    decisions.undo(decision.pk, actor=moderator)
    seen_after = _is_seen(obj, reader)
    reopened = Case.objects.get(pk=case.pk).is_open
    recorded = Decision.objects.filter(case=case).count()
    report.add(
        "Undo",
        ("readers see it again" if seen_after else "but readers still do not see it")
        + f", {recorded} decisions on record, the case is {'open' if reopened else 'not open'}",
        ok=seen_after and reopened and recorded == 2,
    )


def _policy_for(category: str) -> str:
    """Return the code of the house rule that a text with this finding breaks."""
    return POLICIES.get(category) or POLICIES[category.partition("/")[0]]


def _is_seen(obj: Model, reader: Browser) -> bool:
    """Whether a reader who is not logged in finds ``obj`` on its page."""
    if isinstance(obj, Comment):
        page = reader.get(obj.article.get_absolute_url())
        return f'id="comment-{obj.pk}"' in page.text
    return reader.get(cast("Article", obj).get_absolute_url()).status == 200
