"""A case is handed to a colleague who is chosen from a list, not remembered by name."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from moderation.services import colleagues
from moderation.services.colleagues import colleagues_of
from tests.admin.conftest import CLAIM, DECIDE, OVERRIDE, VIEW, signed_in
from tests.admin.test_case_page import shown
from tests.admin.test_deciding import fresh, send

pytestmark = pytest.mark.django_db


def offered(html: str) -> dict[str, str]:
    field = re.search(r'<select name="colleague".*?</select>', html, re.DOTALL)
    found = re.findall(r'<option value="([^"]+)"[^>]*>([^<]*)<', field[0]) if field else []
    return dict(found)


@pytest.fixture
def chief(make_user):
    return make_user("chief", *OVERRIDE)


def test_those_who_may_decide_are_offered_by_name(make_user, chief, root, comment_case):
    ann = make_user("ann", *DECIDE)
    ann.first_name, ann.last_name = "Ann", "<Lee>"
    ann.save()
    make_user("onlooker", *VIEW)
    make_user("claims", *CLAIM)
    gone = make_user("gone", *DECIDE)
    gone.is_active = False
    gone.save()
    group = Group.objects.create(name="Desk")
    group.permissions.set(Permission.objects.filter(codename__in=DECIDE))
    make_user("ben").groups.add(group)
    case = comment_case()
    choices = offered(shown(signed_in(chief), case))
    assert choices == {"ann": "Ann &lt;Lee&gt; (ann)", "ben": "ben", "root": "root"}
    send(signed_in(chief), case, "assign", colleague="ben")
    assert fresh(case).claimed_by.username == "ben"


def test_the_author_and_oneself_are_not_offered(make_user, chief, comment_case):
    ann, cem = make_user("ann", *DECIDE), make_user("cem", *OVERRIDE)
    case = comment_case(author=ann)
    assert offered(shown(signed_in(chief), case)) == {"cem": "cem"}
    assert offered(shown(signed_in(cem), case)) == {"chief": "chief"}


def test_the_list_says_nobody_is_the_author_to_those_who_may_not_know(make_user, comment_case):
    ann = make_user("ann", *DECIDE)
    case = comment_case(author=ann)
    chief = make_user("chief", "view_case", "claim_case", "decide_case", "override_case")
    client = signed_in(chief)
    assert offered(shown(client, case)) == {"ann": "ann"}
    address = f"/api/v1/cases/{case.pk}/colleagues/"
    assert [each["account"] for each in client.get(address).json()["results"]] == ["ann"]
    assert send(client, case, "assign", colleague="ann").status_code == 403
    assert fresh(case).claimed_by != ann


def test_very_many_colleagues_are_suggested_and_typed(make_user, chief, comment_case, monkeypatch):
    monkeypatch.setattr(colleagues, "MOST_COLLEAGUES", 2)
    for name in ("ann", "ben", "cem"):
        make_user(name, *DECIDE)
    case = comment_case()
    html = shown(signed_in(chief), case)
    assert '<select name="colleague"' not in html
    assert 'list="colleague-list"' in html
    assert re.findall(r'<option value="(\w+)">', html.split("colleague-list")[2]) == ["ann", "ben"]
    send(signed_in(chief), case, "assign", colleague="cem")
    assert fresh(case).claimed_by.username == "cem"


def test_with_another_back_end_names_can_be_typed(make_user, chief, settings):
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        "django.contrib.auth.backends.BaseBackend",
    ]
    make_user("ann", *DECIDE)
    found = colleagues_of(chief)
    assert found.names == [("ann", "ann")]
    assert not found.everybody


def test_nobody_to_hand_to_leaves_the_field(chief, comment_case):
    case = comment_case()
    html = shown(signed_in(chief), case)
    assert 'name="colleague"' in html
    assert send(signed_in(chief), case, "assign", colleague="").status_code == 400
    assert fresh(case).claimed_by is None


def test_the_list_costs_the_same_for_one_and_for_many(make_user, chief):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            colleagues_of(chief)
        return len(captured)

    make_user("ann", *DECIDE)
    before = queries()
    for number in range(10):
        make_user(f"more{number}", *DECIDE)
    assert queries() == before
    assert get_user_model().objects.count() == 12


def test_a_batch_is_handed_over_from_the_same_list(make_user, chief, comment_case):
    make_user("ann", *DECIDE)
    case = comment_case()
    answer = signed_in(chief).post(
        reverse("admin:moderation_case_batch_preview"),
        {"action": "assign", "item": f"{case.pk}:{case.version}"},
    )
    assert offered(answer.content.decode()) == {"ann": "ann"}
