"""What people are called, on sites whose accounts have no more than what they sign in with."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AbstractUser

from moderation.models import Subject
from moderation.services import reports
from moderation.services.colleagues import colleagues_of
from moderation.services.naming import full_name, nameless_label

pytestmark = pytest.mark.django_db


@pytest.fixture
def _no_full_names(monkeypatch):
    """Accounts as ``AbstractBaseUser`` and ``PermissionsMixin`` alone make them."""
    monkeypatch.delattr(AbstractUser, "get_full_name")


@pytest.mark.usefixtures("_no_full_names")
def test_accounts_without_a_full_name_go_by_their_account(
    comment, reader, author, colleague, moderator
):
    report = reports.submit(comment, reader(user=author)).report
    assert report.name == "author"
    assert colleagues_of(moderator).names == [("colleague", "colleague")]
    subject = Subject(label="author on the bridge", author=author)
    assert nameless_label(subject) == "… on the bridge"


@pytest.mark.parametrize(("told", "name"), [(None, ""), (" ", ""), (" Ann Lee ", "Ann Lee")])
def test_a_full_name_may_be_anything(author, monkeypatch, told, name):
    monkeypatch.setattr(AbstractUser, "get_full_name", lambda user: told)
    assert full_name(author) == name
