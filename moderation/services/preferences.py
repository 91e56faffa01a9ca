"""What moderators choose for themselves: their keys, masking of words, hints to take a break."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.models.preferences import ModeratorPreference
from moderation.services.database import moderation_db


@dataclass(frozen=True, slots=True)
class Key:
    """Something that a key does: the key unless remapped, what it does, and where."""

    default: str
    label: Any
    page: str


QUEUE, CASE, BOTH = "queue", "case", "both"
"""The pages of the desk that have keys; a key may mean two things on two pages, not on one."""

KEYS: dict[str, Key] = {
    "next": Key("j", gettext_lazy("Next case"), BOTH),
    "previous": Key("k", gettext_lazy("Case before"), BOTH),
    "select": Key("x", gettext_lazy("Choose the case"), QUEUE),
    "actions": Key("a", gettext_lazy("Go to the actions"), QUEUE),
    "search": Key("/", gettext_lazy("Search"), QUEUE),
    "refresh": Key("r", gettext_lazy("Show new cases"), QUEUE),
    "help": Key("?", gettext_lazy("Show all keys"), BOTH),
    "false_positive": Key("f", gettext_lazy("Dismiss: wrongly flagged"), CASE),
    "allowed": Key("w", gettext_lazy("Dismiss: rightly found, but allowed"), CASE),
    "label": Key("l", gettext_lazy("Label"), CASE),
    "hide": Key("h", gettext_lazy("Hide"), CASE),
    "remove": Key("r", gettext_lazy("Remove"), CASE),
    "request_changes": Key("c", gettext_lazy("Request changes"), CASE),
    "escalate": Key("e", gettext_lazy("Escalate"), CASE),
    "policy": Key("p", gettext_lazy("Go to the policies"), CASE),
    "note": Key("n", gettext_lazy("Write an internal note"), CASE),
    "decide": Key("d", gettext_lazy("Decide and go to the next"), CASE),
    "undo": Key("u", gettext_lazy("Take the last decision back"), CASE),
    "claim": Key("m", gettext_lazy("Claim or release the case"), CASE),
    "snooze": Key("s", gettext_lazy("Put the case aside"), CASE),
    "next_passage": Key("]", gettext_lazy("Next passage"), CASE),
    "previous_passage": Key("[", gettext_lazy("Passage before"), CASE),
    "unmask": Key("v", gettext_lazy("Show masked words"), CASE),
}
"""Every key of the desk by name; templates write ``data-key="{{ keys.<name> }}"``."""


def preferences_of(user: Any) -> ModeratorPreference:
    """Return what ``user`` has chosen; an unsaved row with the defaults if nothing yet."""
    rows = ModeratorPreference.objects.using(moderation_db())
    return rows.filter(user=user.pk).first() or ModeratorPreference(user_id=user.pk)


def keys_of(preference: ModeratorPreference) -> dict[str, str]:
    """Return the keys by name as this moderator has them; empty when they are switched off."""
    if not preference.keys_on:
        return {}
    own = preference.key_map if isinstance(preference.key_map, dict) else {}
    return {name: str(own.get(name, key.default)) for name, key in KEYS.items()}


def save_preferences(
    user: Any,
    *,
    keys_on: bool,
    keys: Mapping[str, str],
    mask_offensive: bool,
    break_hint: bool,
) -> ModeratorPreference:
    """Write down what ``user`` has chosen; ``keys`` by name, an empty one means none.

    Raises ``ValidationError`` for a name there is not, for what is not one visible character,
    and for a key that would mean two things on one page.
    """
    checked = check_keys(keys)
    own = {name: key for name, key in checked.items() if key != KEYS[name].default}
    row, _new = ModeratorPreference.objects.using(moderation_db()).update_or_create(
        user_id=user.pk,
        defaults={
            "keys_on": keys_on,
            "key_map": own,
            "mask_offensive": mask_offensive,
            "break_hint": break_hint,
        },
    )
    return row


def check_keys(keys: Mapping[str, str]) -> dict[str, str]:
    """Return ``keys`` if they can be told apart, otherwise raise ``ValidationError``."""
    taken: dict[tuple[str, str], str] = {}
    for name, key in keys.items():
        if name not in KEYS:
            raise ValidationError(_("There is no key of that name."))
        if key and (len(key) != 1 or not key.isprintable() or key.isspace()):
            raise ValidationError({name: _("A key is one character that can be seen.")})
        for page in (QUEUE, CASE) if KEYS[name].page == BOTH else (KEYS[name].page,):
            other = taken.setdefault((page, key), name) if key else name
            if other != name:
                message = _("“%(key)s” is taken by “%(other)s”.")
                raise ValidationError({name: message % {"key": key, "other": KEYS[other].label}})
    return dict(keys)
