"""Who may do what to whose: every endpoint, every role, own and foreign objects.

An endpoint that is not in the table fails the first test.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from moderation.models import Allowance, Case, Decision, Event, ListedPhrase, Threshold, Webhook
from moderation.services import (
    appeals,
    cases,
    decisions,
    links,
    references,
    reports,
    statements,
    webhooks,
)
from moderation.services.actors import human
from moderation.services.references import NewReference
from moderation.services.reports import NewReport
from tests.api.conftest import signed_in
from tests.api.test_parity import api_operations
from tests.site.models import Comment

pytestmark = pytest.mark.django_db

SOON = (timezone.now() + timedelta(days=3650)).isoformat()

ROLES = ("stranger", "outsider", "viewer", "claimer", "decider", "senior", "clerk", "root")
"""Nobody; an account without permissions; three kinds of moderator; the two who override or
keep the lists; and the superuser."""

LOOK = {"viewer", "claimer", "decider", "senior", "clerk", "root"}
CLAIM = {"claimer", "decider", "senior", "root"}
DECIDE = {"decider", "senior", "root"}
OVERRIDE = {"senior", "root"}
KEEP = {"clerk", "root"}
ALL = set(ROLES)

KEPT = ("policy", "referencedocument", "allowance", "listedphrase", "webhook")
CLERK = (
    "view_case",
    *(f"{verb}_{model}" for model in KEPT for verb in ("view", "add", "change", "delete")),
    *(f"view_{model}" for model in ("subject", "scan", "event", "decision")),
    "add_scan",
    "view_delivery",
    "change_delivery",
    "manage_detectors",
)
CODENAMES = {
    "outsider": (),
    "viewer": ("view_case",),
    "claimer": ("view_case", "claim_case"),
    "decider": ("view_case", "claim_case", "decide_case"),
    "senior": ("view_case", "claim_case", "decide_case", "override_case"),
    "clerk": CLERK,
}


class Rule(NamedTuple):
    """How an operation is asked for, who may, and whether one's own content is off limits."""

    method: str
    address: str
    may: set[str]
    body: dict | None = None
    not_own: bool = False


RULES = {
    "appeals/list": Rule("get", "appeals/", LOOK),
    "appeals/retrieve": Rule("get", "appeals/{appeal}/", LOOK),
    "appeals/take": Rule("post", "appeals/{appeal}/take/", DECIDE, {}),
    "appeals/create": Rule("post", "appeals/", ALL, {"token": "{token}", "text": "No."}),
    "appeals/withdraw": Rule("post", "appeals/withdraw/", ALL, {"token": "{contested}"}),
    "reports/list": Rule("get", "reports/", LOOK),
    "reports/retrieve": Rule("get", "reports/{report}/", LOOK),
    "reports/create": Rule(
        "post",
        "reports/",
        ALL,
        {
            "model": "site.comment",
            "object_id": "{comment}",
            "category": "attack",
            "email": "reader@mail.example",
        },
    ),
    "statements/list": Rule("get", "statements/", LOOK),
    "statements/retrieve": Rule("get", "statements/{statement}/", LOOK),
    "cases/list": Rule("get", "cases/", LOOK),
    "cases/retrieve": Rule("get", "cases/{case}/", LOOK),
    "cases/findings": Rule("get", "cases/{case}/findings/", LOOK),
    "cases/timeline": Rule("get", "cases/{case}/timeline/", LOOK),
    "cases/notes": Rule("get", "cases/{case}/notes/", LOOK),
    "cases/note": Rule("post", "cases/{case}/notes/", CLAIM, {"text": "Seen."}, not_own=True),
    "cases/claim": Rule("post", "cases/{case}/claim/", CLAIM, {}),
    "cases/release": Rule("post", "cases/{claimed}/release/", OVERRIDE, {}),
    "cases/snooze": Rule("post", "cases/{case}/snooze/", CLAIM, {"until": SOON}, not_own=True),
    "cases/assign": Rule("post", "cases/{case}/assign/", OVERRIDE, {"to": "{decider}"}),
    "cases/colleagues": Rule("get", "cases/{case}/colleagues/", OVERRIDE),
    "cases/scan": Rule("post", "cases/{case}/scan/", DECIDE, {}),
    "cases/decide": Rule(
        "post",
        "cases/{case}/decide/",
        DECIDE,
        {"outcome": "dismiss_allowed", "version": 1},
        not_own=True,
    ),
    "decisions/list": Rule("get", "decisions/", LOOK),
    "decisions/retrieve": Rule("get", "decisions/{decision}/", LOOK),
    "decisions/undo": Rule("post", "decisions/{decision}/undo/", OVERRIDE, {}),
    "events/list": Rule("get", "events/", KEEP),
    "events/retrieve": Rule("get", "events/{event}/", KEEP),
    "events/verify": Rule("get", "events/verify/", KEEP),
    "findings/list": Rule("get", "findings/", LOOK),
    "findings/retrieve": Rule("get", "findings/{finding}/", LOOK),
    "policies/list": Rule("get", "policies/", LOOK),
    "policies/retrieve": Rule("get", "policies/test-civility/", LOOK),
    "policies/create": Rule("post", "policies/", KEEP, {"code": "new", "title": "New"}),
    "policies/partial_update": Rule("patch", "policies/test-civility/", KEEP, {"title": "Else"}),
    "references/list": Rule("get", "references/", KEEP),
    "references/retrieve": Rule("get", "references/{reference}/", KEEP),
    "references/create": Rule("post", "references/", KEEP, {"text": "Another wire story."}),
    "references/partial_update": Rule("patch", "references/{reference}/", KEEP, {"title": "T"}),
    "references/destroy": Rule("delete", "references/{reference}/", KEEP),
    "references/switch": Rule("post", "references/switch/", KEEP, {"ids": [1], "is_active": False}),
    "allowances/list": Rule("get", "allowances/", KEEP),
    "allowances/retrieve": Rule("get", "allowances/{allowance}/", KEEP),
    "allowances/create": Rule("post", "allowances/", KEEP, {"scope": "source", "value": "b.org"}),
    "allowances/partial_update": Rule("patch", "allowances/{allowance}/", KEEP, {"note": "n"}),
    "allowances/destroy": Rule("delete", "allowances/{allowance}/", KEEP),
    "allowances/switch": Rule("post", "allowances/switch/", KEEP, {"ids": [1], "is_active": False}),
    "wordlists/list": Rule("get", "wordlists/", KEEP),
    "wordlists/retrieve": Rule("get", "wordlists/{phrase}/", KEEP),
    "wordlists/create": Rule("post", "wordlists/", KEEP, {"list": "blocked", "text": "new one"}),
    "wordlists/partial_update": Rule("patch", "wordlists/{phrase}/", KEEP, {"note": "n"}),
    "wordlists/destroy": Rule("delete", "wordlists/{phrase}/", KEEP),
    "wordlists/try_out": Rule("post", "wordlists/try/", KEEP, {"list": "blocked", "text": "word"}),
    "thresholds/list": Rule("get", "thresholds/", KEEP),
    "thresholds/retrieve": Rule("get", "thresholds/{draft}/", KEEP),
    "thresholds/create": Rule(
        "post", "thresholds/", KEEP, {"detector": "word", "category": "attack", "value": 0.4}
    ),
    "thresholds/try_out": Rule("post", "thresholds/{draft}/try/", KEEP, {}),
    "thresholds/put_live": Rule("post", "thresholds/{trial}/live/", KEEP, {}),
    "thresholds/retire": Rule("post", "thresholds/{draft}/retire/", KEEP, {}),
    "thresholds/workbench": Rule(
        "get", "thresholds/workbench/?detector=word&category=attack", KEEP
    ),
    "webhooks/list": Rule("get", "webhooks/", KEEP),
    "webhooks/retrieve": Rule("get", "webhooks/{webhook}/", KEEP),
    "webhooks/create": Rule("post", "webhooks/", KEEP, {"name": "x", "url": "https://b.org/"}),
    "webhooks/partial_update": Rule("patch", "webhooks/{webhook}/", KEEP, {"name": "y"}),
    "webhooks/destroy": Rule("delete", "webhooks/{webhook}/", KEEP),
    "webhooks/rotate": Rule("post", "webhooks/{webhook}/rotate/", KEEP, {}),
    "webhooks/ping": Rule("post", "webhooks/{webhook}/ping/", KEEP, {}),
    "deliveries/list": Rule("get", "deliveries/", KEEP),
    "deliveries/retrieve": Rule("get", "deliveries/{delivery}/", KEEP),
    "deliveries/replay": Rule("post", "deliveries/{delivery}/replay/", KEEP, {}),
    "scans/list": Rule("get", "scans/", KEEP),
    "scans/retrieve": Rule("get", "scans/{scan}/", KEEP),
    "scans/create": Rule("post", "scans/", KEEP, {"subject": "{subject}"}),
    "snapshots/list": Rule("get", "snapshots/", LOOK),
    "snapshots/retrieve": Rule("get", "snapshots/{snapshot}/", LOOK),
    "subjects/list": Rule("get", "subjects/", KEEP),
    "subjects/retrieve": Rule("get", "subjects/{subject}/", KEEP),
    "statistics/figures": Rule("get", "statistics/", LOOK),
    "exports/cases": Rule("get", "exports/cases/", LOOK),
    "exports/decisions": Rule("get", "exports/decisions/", KEEP),
    "exports/statements": Rule("get", "exports/statements/", KEEP),
    "check/check": Rule("post", "check/", ALL, {"text": "hello"}),
}
BATCHES = {"decisions/create", "decisions/undo_batch"}
"""These say of each case what became of it; see the tests below."""


def test_every_endpoint_is_in_the_table():
    assert api_operations() == set(RULES) | BATCHES | {"appeals/judge"}


@pytest.fixture
def people(make_user, root):
    made = {role: make_user(role, *codenames) for role, codenames in CODENAMES.items()}
    return {**made, "root": root}


@pytest.fixture
def client_of(people):
    def client(role) -> APIClient:
        return signed_in(people[role]) if role in people else APIClient()

    return client


@pytest.fixture
def rows(people, colleague, policy, comment_case):
    """Objects of somebody else: a case, one a colleague holds, one a colleague decided."""
    decided = comment_case("badword that was decided")
    decision = decisions.decide(
        decided.pk, outcome="dismiss_allowed", actor=colleague, version=decided.version
    )
    claimed = comment_case("badword that is held")
    cases.claim(claimed.pk, user=colleague)
    case = comment_case("badword that waits")
    hidden = [_hidden(comment_case(f"badword {n} hidden"), colleague, policy) for n in range(2)]
    appeal = appeals.submit(hidden[0].pk, text="It was a quotation.")
    reader = NewReport(category="attack", email="ann@mail.example")
    report = reports.submit(Comment.objects.get(pk=case.subject.object_id), reader).report
    wire = NewReference(text="The bridge over the river is open again.")
    reference = references.put(wire, actor=human(colleague)).id
    allowance = Allowance.objects.create(scope="author", value="x", value_hash="0" * 64)
    webhook = webhooks.save(Webhook(name="site", url="https://example.org/hook"))
    limit = {"detector": "word", "category": "attack", "value": 0.4}
    return {
        "draft": Threshold.objects.create(**limit).pk,
        "trial": Threshold.objects.create(**limit, section="sports", state="shadow").pk,
        "webhook": webhook.pk,
        "delivery": webhooks.ping(webhook),
        "appeal": appeal.pk,
        "contested": links.token_of(hidden[0]),
        "token": links.token_of(hidden[1]),
        "report": report.pk,
        "comment": case.subject.object_id,
        "statement": statements.of(hidden[0]).pk,
        "case": case.pk,
        "claimed": claimed.pk,
        "decision": decision.pk,
        "decider": people["decider"].pk,
        "subject": case.subject_id,
        "snapshot": case.snapshot_id,
        "scan": case.snapshot.scans.get().pk,
        "finding": case.snapshot.scans.get().findings.first().pk,
        "event": Event.objects.order_by("-number")[0].number,
        "reference": reference,
        "allowance": allowance.pk,
        "phrase": ListedPhrase.objects.create(list="blocked", text="some phrase").pk,
    }


def _hidden(case, user, policy):
    return decisions.decide(
        case.pk, outcome="hide", actor=user, version=case.version, policies=[policy]
    )


def ask(client, rule, rows):
    body = {
        name: rows[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
        for name, value in (rule.body or {}).items()
    }
    send = getattr(client, rule.method)
    address = "/api/v1/" + rule.address.format(**rows)
    return send(address) if rule.body is None else send(address, body, format="json")


@contextmanager
def undone_after():
    """Let each role find the rows as they were."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", sorted(RULES))
def test_each_role_may_what_it_may_and_no_more(name, client_of, rows):
    rule, events = RULES[name], Event.objects.count()
    for role in ROLES:
        with undone_after():
            answer = ask(client_of(role), rule, rows)
            if role in rule.may:
                assert 200 <= answer.status_code < 300, (role, answer.content)
                continue
            assert answer.status_code in ({401, 403} if role == "stranger" else {403}), role
            assert answer.json()["code"] in {
                "not_authenticated",
                "permission_denied",
                "not_allowed",
            }
            assert Event.objects.count() == events


@pytest.mark.parametrize("name", sorted(name for name, rule in RULES.items() if rule.not_own))
@pytest.mark.parametrize("role", ["claimer", "decider", "senior", "root"])
def test_nobody_touches_the_case_of_their_own_content(
    name, role, people, client_of, rows, comment_case
):
    own = comment_case("badword of mine", author=people[role])
    answer = ask(client_of(role), RULES[name], {**rows, "case": own.pk})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    own.refresh_from_db()
    assert (own.version, own.state) == (1, "open")


def test_a_moderator_takes_back_their_own_decision_and_no_colleagues(people, client_of, rows):
    case = Case.objects.get(pk=rows["case"])
    own = decisions.decide(
        case.pk, outcome="dismiss_allowed", actor=people["decider"], version=case.version
    )
    client = client_of("decider")
    assert client.post(f"/api/v1/decisions/{rows['decision']}/undo/").status_code == 403
    assert client.post(f"/api/v1/decisions/{own.pk}/undo/").status_code == 201


@pytest.mark.parametrize("role", ["viewer", "claimer", "clerk"])
def test_a_batch_of_one_who_may_not_decide_decides_nothing(role, client_of, rows):
    body = {"outcome": "dismiss_allowed", "cases": [{"case": rows["case"], "version": 1}]}
    before = Decision.objects.count()
    answer = client_of(role).post("/api/v1/decisions/", body, format="json")
    assert [row["error"]["code"] for row in answer.json()["results"]] == ["not_allowed"]
    assert Decision.objects.count() == before


@pytest.mark.parametrize("role", ["stranger", "outsider"])
def test_a_refusal_does_not_tell_what_exists(role, client_of, rows):
    client, nowhere = client_of(role), dict.fromkeys(rows, 999_999)
    aimed = [rule for rule in RULES.values() if "{" in rule.address]
    assert len(aimed) > 20
    for rule in aimed:
        there, not_there = ask(client, rule, rows), ask(client, rule, nowhere)
        assert (there.status_code, there.content) == (not_there.status_code, not_there.content)


def test_a_case_is_not_given_to_who_is_not_there_nor_told_apart(client_of, rows, people):
    client, address = client_of("senior"), f"/api/v1/cases/{rows['case']}/assign/"
    unknown = client.post(address, {"to": 10**9}, format="json")
    unfit = client.post(address, {"to": people["viewer"].pk}, format="json")
    assert unknown.status_code == unfit.status_code == 403
    assert unknown.content == unfit.content


@pytest.mark.parametrize("role", ROLES)
def test_an_appeal_is_judged_by_who_may_decide_and_has_taken_it(role, client_of, rows):
    client, address = client_of(role), f"/api/v1/appeals/{rows['appeal']}/"
    early = client.post(f"{address}judge/", {"result": "upheld"}, format="json")
    taken = client.post(f"{address}take/")
    judged = client.post(f"{address}judge/", {"result": "upheld"}, format="json")
    codes = [answer.status_code for answer in (early, taken, judged)]
    assert codes == [409, 200, 200] if role in DECIDE else set(codes) <= {401, 403}
