"""Who is let in, by which means, and how often."""

from __future__ import annotations

import pytest
from rest_framework.authentication import BaseAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIClient

from tests.api.test_cases import url

pytestmark = pytest.mark.django_db

TOKENS = "rest_framework.authentication.TokenAuthentication"


class BadgeAuthentication(BaseAuthentication):
    """A site's own way: a header with the name of the account."""

    users: dict = {}

    def authenticate(self, request):
        name = request.headers.get("Badge")
        if name is None:
            return None
        if name not in self.users:
            raise AuthenticationFailed("There is no such badge.")
        return self.users[name], None

    def authenticate_header(self, request):
        return "Badge"


def use(settings, *classes):
    settings.MODERATION = {**settings.MODERATION, "API_AUTHENTICATION": list(classes)}


def test_a_token_lets_in_and_a_session_no_longer(settings, moderator):
    token = Token.objects.create(user=moderator)
    use(settings, TOKENS)
    client = APIClient()
    client.force_login(moderator)
    refused = client.get(url("cases"))
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Token"
    headers = {"Authorization": f"Token {token.key}"}
    assert client.get(url("cases"), headers=headers).status_code == 200
    wrong = client.get(url("cases"), headers={"Authorization": "Token x"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "authentication_failed")


def test_the_sites_own_way_is_as_good(settings, moderator, comment_case, monkeypatch):
    monkeypatch.setattr(BadgeAuthentication, "users", {"mia": moderator})
    use(settings, f"{__name__}.BadgeAuthentication", TOKENS)
    case = comment_case()
    claim = url("cases", case.pk, "claim")
    told = APIClient().post(claim, {}, format="json", headers={"Badge": "mia"})
    assert (told.status_code, told.json()["claimed_by"]) == (200, moderator.pk)
    refused = APIClient().post(claim, {}, format="json", headers={"Badge": "max"})
    assert refused.json()["detail"] == "There is no such badge."


def test_a_session_and_a_password_let_in_unless_told_otherwise(moderator):
    client = APIClient()
    client.force_login(moderator)
    assert client.get(url("cases")).status_code == 200
    client.logout()
    client.credentials(HTTP_AUTHORIZATION="Basic bW9kOnNlY3JldA==")
    assert client.get(url("cases")).status_code == 200
    moderator.is_active = False
    moderator.save()
    assert client.get(url("cases")).status_code in {401, 403}


def test_reads_and_writes_are_counted_apart(settings, api, comment_case):
    rates = {"API_RATES": {"read": "2/hour", "write": "1/hour"}}
    settings.MODERATION = {**settings.MODERATION, **rates}
    claim = url("cases", comment_case().pk, "claim")
    assert [api.get(url("cases")).status_code for _ in range(3)] == [200, 200, 429]
    assert [api.post(claim, {}, format="json").status_code for _ in range(2)] == [200, 429]
    answer = api.get(url("cases"))
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["code"] == "throttled"
