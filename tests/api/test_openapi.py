"""The description of the API: complete, true, and served."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest
import schemathesis
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from moderation.api.openapi import describe
from moderation.models import (
    Allowance,
    Appeal,
    Case,
    Decision,
    Delivery,
    Event,
    Finding,
    ListedPhrase,
    ReferenceDocument,
    Report,
    Scan,
    Snapshot,
    StatementOfReasons,
    Subject,
    Webhook,
)
from moderation.services import (
    appeals,
    decisions,
    references,
    reports,
    statements,
    webhooks,
    wordlists,
)
from moderation.services.actors import human
from moderation.services.references import NewReference
from moderation.services.reports import NewReport
from tests.site.models import Comment

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def description():
    return describe("/api")


def operations(description):
    return [
        (f"{method} {path}", operation)
        for path, item in description["paths"].items()
        for method, operation in item.items()
    ]


def test_it_is_written_without_a_warning():
    reset_generator_stats()
    with GENERATOR_STATS.silence():
        assert describe("/api")["openapi"] == "3.1.1"
    assert not GENERATOR_STATS


def test_every_operation_has_words_a_name_of_its_own_and_examples(description):
    found = operations(description)
    assert len(found) > 50
    names = [operation["operationId"] for _where, operation in found]
    assert len(names) == len(set(names))
    for where, operation in found:
        assert operation["description"], where
        told = next(operation["responses"][code] for code in operation["responses"])
        bodies = [*told.get("content", {}).values()]
        bodies += operation.get("requestBody", {}).get("content", {}).values()
        assert bodies or "204" in operation["responses"], where
        assert all("example" in body for body in bodies), where


def test_examples_are_what_the_schemas_say(description):
    components = {"components": description["components"]}
    checked = 0
    for where, operation in operations(description):
        answers = operation["responses"].values()
        bodies = [body for told in answers for body in told.get("content", {}).values()]
        bodies += operation.get("requestBody", {}).get("content", {}).values()
        for body in bodies:
            if "example" in body:
                faults = Draft202012Validator({**body["schema"], **components}).iter_errors(
                    body["example"]
                )
                assert [fault.message for fault in faults] == [], where
                checked += 1
    assert checked > 60


@pytest.mark.django_db
def test_it_is_served_to_anybody():
    answer = APIClient().get("/api/v1/schema/")
    assert answer.status_code == 200
    told = answer.json()
    assert told["servers"] == [{"url": "/api"}]
    assert "/v1/cases/{id}/decide/" in told["paths"]
    accepted = APIClient().get("/api/v1/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json")
    assert accepted.json() == told


def test_the_api_works_without_the_extra():
    """A site that has not installed it has no description, and everything else."""
    code = (
        "import sys; sys.modules['drf_spectacular'] = None\n"
        "import django; django.setup()\n"
        "from django.urls import NoReverseMatch, reverse\n"
        "assert reverse('moderation_api:case-list') == '/api/v1/cases/'\n"
        "try:\n    reverse('moderation_api:schema')\n"
        "except NoReverseMatch:\n    print('none')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("none", "")


# Whether it is true


@pytest.fixture
def desk_with_rows(root, policy, comment_case, article_case):
    """At least one row of everything, so that not every address is empty."""
    hook = webhooks.save(Webhook(name="site", url="https://example.org/hook"))
    webhooks.ping(hook)
    decided = comment_case()
    comment_case("badword again", author_name="Other")
    article_case("<p>badword</p>")
    decision = decisions.decide(
        decided.pk, outcome="hide", actor=root, version=decided.version, policies=[policy]
    )
    statements.of(decision)
    appeals.submit(decision.pk, text="It was a quotation.")
    reader = NewReport(category="attack", email="ann@mail.example")
    reports.submit(Comment.objects.filter(is_public=True).first(), reader)
    references.put(NewReference(text="The bridge is open again."), actor=human(root))
    wordlists.save(ListedPhrase(list="blocked", text="cheap watch"), user=root)
    Allowance.objects.create(scope="source", value="wire.example", value_hash="0" * 64)
    models = {
        "allowances": Allowance,
        "appeals": Appeal,
        "cases": Case,
        "decisions": Decision,
        "deliveries": Delivery,
        "findings": Finding,
        "references": ReferenceDocument,
        "reports": Report,
        "scans": Scan,
        "snapshots": Snapshot,
        "statements": StatementOfReasons,
        "subjects": Subject,
        "webhooks": Webhook,
        "wordlists": ListedPhrase,
    }
    return {
        **{name: ("id", model.objects.last().pk) for name, model in models.items()},
        "events": ("number", Event.objects.last().number),
        "policies": ("code", policy.code),
    }


@pytest.mark.django_db
def test_no_request_breaks_the_server_or_the_description(desk_with_rows, settings, description):
    settings.MODERATION = {
        **settings.MODERATION,
        "API_RATES": {"read": None, "write": None, "export": None},
        "CHECK_RATE": "1000000/min",
        "REPORT_RATE": "1000000/min",
    }
    cache.clear()
    password = base64.b64encode(b"root:secret").decode()
    schema = schemathesis.openapi.from_dict(description)
    schema.app = get_wsgi_application()
    count = 0
    for result in schema.get_all_operations():
        count += fuzz(result.ok(), f"Basic {password}", desk_with_rows)
    assert count > 400


def fuzz(operation, password, rows) -> int:
    """Send what the description allows, half of it to rows that exist; return how much."""
    sent = 0
    known = rows.get(operation.path.split("/")[2])

    @bounded(
        max_examples=10,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), aimed=st.booleans())
    def send(case, aimed):
        nonlocal sent
        if aimed and known and known[0] in (case.path_parameters or {}):
            case.path_parameters[known[0]] = known[1]
        answer = case.call(headers={"Authorization": password})
        case.validate_response(answer, checks=CHECKS)
        sent += 1

    send()
    return sent
