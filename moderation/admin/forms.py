"""What a moderator fills in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.models import Outcome, Policy
from moderation.models.decisions import RESTRICTING

if TYPE_CHECKING:
    PolicyChoice = forms.ModelChoiceField[Policy]
    PolicyChoices = forms.ModelMultipleChoiceField[Policy]
else:
    PolicyChoice = forms.ModelChoiceField
    PolicyChoices = forms.ModelMultipleChoiceField

OUTCOMES = [(value, label) for value, label in Outcome.choices if value != Outcome.UNDO]
MOST_CASES = 200


class RulingForm(forms.Form):
    """What every decision consists of; the policy comes with the subclasses."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), choices=OUTCOMES, widget=forms.RadioSelect
    )
    public_note = forms.CharField(
        label=gettext_lazy("Note for the author"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    internal_note = forms.CharField(
        label=gettext_lazy("Internal note"),
        help_text=gettext_lazy("Seen by moderators only."),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def policies(self) -> list[Policy]:
        """Return what the decision cites."""
        raise NotImplementedError

    def ruling(self) -> dict[str, Any]:
        """Return the arguments for the service."""
        return {
            "outcome": self.cleaned_data["outcome"],
            "policies": self.policies(),
            "public_note": self.cleaned_data["public_note"],
            "internal_note": self.cleaned_data["internal_note"],
        }


class DecisionForm(RulingForm):
    """A decision on the version of a case that was on the screen."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    cited = PolicyChoices(
        label=gettext_lazy("Policies"),
        help_text=gettext_lazy("Needed for everything that takes something from the author."),
        queryset=Policy.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ("outcome", "cited", "public_note", "internal_note", "version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cited"].queryset = Policy.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def policies(self) -> list[Policy]:
        return list(self.cleaned_data["cited"])


class BatchForm(RulingForm):
    """One decision on many cases, each at the version that was on the screen."""

    policy = PolicyChoice(
        label=gettext_lazy("Policy"),
        help_text=gettext_lazy("Needed for everything that takes something from the author."),
        queryset=Policy.objects.none(),
        required=False,
    )
    field_order = ("outcome", "policy", "public_note", "internal_note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["policy"].queryset = Policy.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        # Asked here as well as in the service: there it would fail once for every case.
        if self.cleaned_data.get("outcome") in RESTRICTING and not self.cleaned_data.get("policy"):
            self.add_error("policy", _("This outcome needs a policy."))
        return None

    def policies(self) -> list[Policy]:
        policy = self.cleaned_data["policy"]
        return [policy] if policy else []


class VersionForm(forms.Form):
    """An action on the version of a case that was on the screen."""

    version = forms.IntegerField(min_value=1)
    take_over = forms.BooleanField(required=False)


PAUSES = [
    (1, gettext_lazy("for an hour")),
    (4, gettext_lazy("for four hours")),
    (24, gettext_lazy("for a day")),
    (72, gettext_lazy("for three days")),
    (168, gettext_lazy("for a week")),
]


class SnoozeForm(forms.Form):
    """Put a case aside for a while."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    hours = forms.TypedChoiceField(
        choices=PAUSES,
        coerce=int,
        initial=24,
        widget=forms.Select(attrs={"aria-label": gettext_lazy("For how long")}),
    )

    def until(self) -> datetime:
        """Return when the case comes back."""
        return timezone.now() + timedelta(hours=self.cleaned_data["hours"])


def parse_items(values: list[str]) -> list[tuple[int, int]]:
    """Read ``case:version`` pairs off a form. Raises ``ValidationError`` for anything else."""
    try:
        pairs = [tuple(int(part) for part in value.split(":")) for value in values]
        items = [(case_id, version) for case_id, version in pairs]
    except ValueError as error:
        raise ValidationError(_("The list of cases cannot be read.")) from error
    if not items or len(items) > MOST_CASES:
        raise ValidationError(
            _("Choose at least one and at most %(most)d cases.") % {"most": MOST_CASES}
        )
    return items
