"""The workbench in the admin, as a browser without JavaScript and with a strict policy sees it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from moderation.models import ActorKind, Event, Threshold
from moderation.services import thresholds
from moderation.services.actors import Actor
from moderation.text.storage import storable
from tests.thresholds.conftest import RIGHT, WRONG

pytestmark = pytest.mark.django_db

BENCH = reverse("admin:moderation_threshold_workbench")
ASKED = {"what": "framing/attack", "section": "", "days": "30", "minutes": "4"}


@pytest.fixture
def desk(client, manager):
    client.force_login(manager)
    return client


def cells(text: str, threshold: str) -> list[str]:
    """Return the figures in the line of a threshold."""
    line = next(row for row in text.split("<tr") if f'scope="row">{threshold}' in row)
    return re.findall(r"<td>(.*?)</td>", line)


def test_the_figures_of_the_past(desk, scored):
    for score, outcome in ((0.96, RIGHT), (0.62, RIGHT), (0.61, WRONG)):
        scored(score, outcome)
    scored(0.2)
    text = desk.get(BENCH, ASKED).text
    assert cells(text, "0.600") == ["3.0", "0.2", "67% (2 of 3)", "100% (2 of 2)"]
    assert cells(text, "0.700") == ["1.0", "0.1", "100% (1 of 1)", "50% (1 of 2)"]
    assert cells(text, "0.990") == ["0.0", "0.0", "–", "0% (0 of 2)"]
    assert "4 scanned texts have a score." in text
    assert "3 of them were decided." in text
    assert "the detector’s own" in text


def test_an_empty_site_has_a_page(desk):
    text = desk.get(BENCH).text
    assert "0 scanned texts" in text
    assert cells(text, "0.500") == ["0.0", "0.0", "–", "–"]


def test_nothing_inline(desk, scored):
    scored(0.9, RIGHT, section="<script>alert(1)</script>")
    text = desk.get(BENCH, {**ASKED, "threshold": "0.4", "section": "<script>x"}).text
    main = text[text.index('id="content-main"') :]
    assert "<script>x" not in text
    assert "style=" not in main
    assert not re.search(r"\son\w+=", main)
    assert main.count("<polyline") == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "nonsense"},
        {"what": "framing/toxicity"},
        {"days": "0"},
        {"days": "9999999"},
        {"minutes": "nan"},
        {"minutes": "-1"},
        {"threshold": "1.5"},
        {"threshold": "inf"},
        {"section": "x" * 101},
    ],
)
def test_what_makes_no_sense_is_said(desk, wrong):
    answer = desk.get(BENCH, {**ASKED, **wrong})
    assert answer.status_code == 200
    assert "errorlist" in answer.text
    assert "<polyline" not in answer.text


def test_a_threshold_is_tried_put_live_and_taken_back(desk):
    form = {**ASKED, "threshold": "0.42", "reason": "Too many false alarms."}
    page = desk.post(BENCH, form, follow=True)
    row = Threshold.objects.get()
    assert (row.value, row.state, row.reason) == (0.42, "shadow", "Too many false alarms.")
    assert row.created_label == "manager"
    assert "Put it live" in page.text
    assert "The trial" in page.text
    move = reverse("admin:moderation_threshold_move", args=[row.pk])
    assert f'formaction="{move}"' in page.text
    assert "decides from now on" in desk.post(move, {"to": "live"}, follow=True).text
    assert "the one you try" not in desk.get(BENCH, ASKED).text
    assert "0.420" in desk.get(BENCH, ASKED).text
    assert "taken back" in desk.post(move, {"to": "retired"}, follow=True).text
    assert "look at it again" in desk.post(move, {"to": "live"}, follow=True).text
    row.refresh_from_db()
    assert row.state == "retired"
    actors = set(Event.objects.values_list("actor_label", flat=True))
    assert actors == {"manager"}


def test_a_reason_is_kept_as_every_database_can(desk):
    desk.post(BENCH, {**ASKED, "threshold": "0.42", "reason": "Too\x00many"})
    assert Threshold.objects.get().reason == storable("Too\x00many") != "Too\x00many"


def test_a_threshold_has_to_be_named(desk):
    assert "Enter the threshold to try." in desk.post(BENCH, ASKED).text
    assert not Threshold.objects.exists()


def test_the_list_and_what_a_calibration_says(desk):
    row = Threshold(detector="framing", category="attack", value=0.5, slope=1.0, offset=1.0)
    thresholds.draft(row, actor=Actor(ActorKind.MACHINE, label="tests"))
    listing = desk.get(reverse("admin:moderation_threshold_changelist")).text
    assert "attack on a person" in listing
    assert BENCH in listing
    page = desk.get(reverse("admin:moderation_threshold_change", args=[row.pk])).text
    assert "73% of the texts with this score were rightly flagged." in page
    assert "Put it on trial" in page
    assert desk.get(reverse("admin:moderation_threshold_add")).status_code == 403


@pytest.mark.parametrize("codenames", [(), ("view_case", "decide_case"), ("change_threshold",)])
def test_only_who_manages_detectors_may(client, codenames):
    user = get_user_model().objects.create_user("mod", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    row = Threshold(detector="framing", category="attack", value=0.5)
    thresholds.draft(row, actor=Actor(ActorKind.MACHINE, label="tests"))
    move = reverse("admin:moderation_threshold_move", args=[row.pk])
    assert client.get(BENCH).status_code == 403
    assert client.post(BENCH, {**ASKED, "threshold": "0.4"}).status_code == 403
    assert client.post(move, {"to": "shadow"}).status_code == 403
    assert client.get(reverse("admin:moderation_threshold_changelist")).status_code == 403
    assert Threshold.objects.get().state == "draft"


def test_a_move_that_there_is_not(desk):
    assert desk.post(reverse("admin:moderation_threshold_move", args=[7]), {}).status_code == 404
    row = thresholds.draft(
        Threshold(detector="framing", category="attack", value=0.5),
        actor=Actor(ActorKind.MACHINE, label="tests"),
    )
    move = reverse("admin:moderation_threshold_move", args=[row.pk])
    assert desk.post(move, {"to": "nonsense"}).status_code == 404
    assert desk.get(move).status_code == 404
