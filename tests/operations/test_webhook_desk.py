"""Webhooks in the admin and over the API: who may, and what is shown."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from moderation.models import Delivery, Event, Webhook
from moderation.services import webhooks
from tests.admin.conftest import signed_in as browser
from tests.api.conftest import signed_in

pytestmark = pytest.mark.django_db

CHANGELIST = "admin:moderation_webhook_changelist"


@pytest.fixture
def hook():
    return webhooks.save(Webhook(name="site", url="https://example.org/hook"))


def test_a_secret_is_told_once_and_never_again(root):
    client = signed_in(root)
    made = client.post(
        "/api/v1/webhooks/", {"name": "x", "url": "https://example.org/h"}, format="json"
    )
    assert made.status_code == 201
    secret = made.json()["secret"]
    row = Webhook.objects.get()
    assert row.secret == secret
    address = f"/api/v1/webhooks/{row.pk}/"
    again = client.get(address)
    assert secret not in again.content.decode()
    assert again["ETag"] == made["ETag"]
    rotated = client.post(f"{address}rotate/", {}, format="json")
    row.refresh_from_db()
    assert rotated.json()["secret"] == row.secret != secret
    assert row.secret not in client.get("/api/v1/webhooks/").content.decode()
    assert secret not in str(list(Event.objects.values_list("data", flat=True)))


@pytest.mark.parametrize("asked", ["secret__startswith=whsec_", "previous_secret__lt=x"])
def test_a_secret_is_not_guessed_by_filters_in_the_address(root, hook, asked):
    assert browser(root).get(f"{reverse(CHANGELIST)}?{asked}").status_code == 400
    deliveries = reverse("admin:moderation_delivery_changelist")
    assert browser(root).get(f"{deliveries}?webhook__{asked}").status_code == 400


@pytest.mark.parametrize(
    ("field", "value"),
    [("url", "http://10.0.0.1/"), ("url", "ftp://x/"), ("events", ["case.eaten"]), ("url", 7)],
)
def test_the_api_names_the_field_that_is_wrong(field, value, root):
    body = {"name": "x", "url": "https://example.org/", field: value}
    answer = signed_in(root).post("/api/v1/webhooks/", body, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{field}")
    assert not Webhook.objects.exists()


def test_a_dead_letter_is_replayed_over_the_api(root, hook):
    key = webhooks.ping(hook)
    Delivery.objects.filter(pk=key).update(state="dead", finished_at=timezone.now(), attempts=20)
    client = signed_in(root)
    assert client.get("/api/v1/deliveries/?state=dead").json()["results"][0]["id"] == key
    told = client.post(f"/api/v1/deliveries/{key}/replay/", {}, format="json").json()
    assert (told["state"], told["attempts"]) == ("pending", 0)


def test_the_admin_shows_the_secret_once(root):
    client = browser(root)
    fields = {"name": "chat", "url": "https://example.org/h", "is_active": "on"}
    page = client.post(reverse("admin:moderation_webhook_add"), fields)
    row = Webhook.objects.get()
    assert row.secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    change = client.get(reverse("admin:moderation_webhook_change", args=[row.pk]))
    assert row.secret not in change.content.decode()
    listed = client.get(reverse(CHANGELIST))
    assert "https://example.org/h" in listed.content.decode()


def test_the_admin_refuses_an_address_inside(root):
    fields = {"name": "chat", "url": "http://127.0.0.1/", "is_active": "on"}
    page = browser(root).post(reverse("admin:moderation_webhook_add"), fields)
    assert "https" in str(page.context["adminform"].form.errors["url"])
    assert not Webhook.objects.exists()


def test_the_admin_rotates_tries_and_replays(root, hook):
    client, old = browser(root), hook.secret

    def act(name, action, *keys):
        body = {"action": action, "_selected_action": [str(key) for key in keys]}
        return client.post(reverse(name), body, follow=True)

    page = act(CHANGELIST, "rotate", hook.pk)
    hook.refresh_from_db()
    assert hook.secret != old
    assert hook.secret in page.content.decode()
    act(CHANGELIST, "try_out", hook.pk)
    row = Delivery.objects.get(event="webhook.ping")
    row.state = "dead"
    row.save()
    act("admin:moderation_delivery_changelist", "replay", row.pk)
    row.refresh_from_db()
    assert row.state == "pending"
    other = webhooks.save(Webhook(name="other", url="https://example.org/2"))
    act(CHANGELIST, "rotate", hook.pk, other.pk)
    hook.refresh_from_db()
    assert hook.secret in page.content.decode()


def test_one_who_only_looks_replays_nothing(make_user, hook):
    key = webhooks.ping(hook)
    Delivery.objects.filter(pk=key).update(state="dead")
    client = browser(make_user("looker", "view_delivery"))
    page = client.get(reverse("admin:moderation_delivery_changelist"))
    assert page.status_code == 200
    assert "replay" not in page.content.decode()
    body = {"action": "replay", "_selected_action": [str(key)]}
    client.post(reverse("admin:moderation_delivery_changelist"), body)
    assert Delivery.objects.get(pk=key).state == "dead"
