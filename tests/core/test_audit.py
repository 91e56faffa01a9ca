from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import models

from moderation.models import ChainHead, Event
from moderation.services import audit
from moderation.services.actors import human

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def trail():
    user = get_user_model().objects.create_user("ann")
    for number in range(5):
        audit.record("test.happened", actor=human(user), data={"number": number, "name": "é"})
    return user


def rows():
    """Bypass the guards, as somebody with access to the database would."""
    return models.QuerySet(Event)


def test_an_untouched_trail_verifies(trail, capsys):
    result = audit.verify()
    assert (result.ok, result.events) == (True, 5)
    call_command("moderation_verify")
    assert result.head in capsys.readouterr().out


def test_an_empty_trail_verifies():
    assert audit.verify().ok


@pytest.mark.parametrize(
    "tamper",
    [
        lambda: rows().filter(number=3).update(verb="test.other"),
        lambda: rows().filter(number=3).update(data={"number": 99}),
        lambda: rows().filter(number=3).update(actor_ref="user:0"),
        lambda: rows().filter(number=3).update(at="2001-01-01T00:00:00Z"),
        lambda: rows().filter(number=3).update(hash="f" * 64),
        lambda: rows().filter(number=3).delete(),
        lambda: rows().filter(number=5).delete(),
        lambda: rows().all().delete(),
        lambda: ChainHead.objects.update(number=4),
    ],
    ids=["verb", "data", "actor", "time", "hash", "middle gone", "tail gone", "all gone", "head"],
)
def test_any_change_is_noticed(trail, tamper):
    tamper()
    assert not audit.verify().ok
    with pytest.raises(CommandError, match="broken"):
        call_command("moderation_verify")


def test_erasing_a_person_keeps_the_chain(trail):
    trail.delete()
    rows().update(actor_label="erased")
    assert audit.verify().ok
