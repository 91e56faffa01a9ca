"""What a moderator fills in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.models import Policy
from moderation.models.decisions import CHOOSABLE, RESTRICTING
from moderation.services.colleagues import Colleagues
from moderation.services.notes import MOST_CHARS

if TYPE_CHECKING:
    PolicyChoice = forms.ModelChoiceField[Policy]
    PolicyChoices = forms.ModelMultipleChoiceField[Policy]
else:
    PolicyChoice = forms.ModelChoiceField
    PolicyChoices = forms.ModelMultipleChoiceField

# The name of each outcome's key, as the preferences of moderators have it.
KEY_OF_OUTCOME = {
    "dismiss_false_positive": "false_positive",
    "dismiss_allowed": "allowed",
}
MOST_CASES = 200
_PAIR_CHARS = 18  # no number so written is too large for a database


class KeyedRadios(forms.RadioSelect):
    """Radio buttons of which each can have a key."""

    keys: Mapping[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        key = self.keys.get(KEY_OF_OUTCOME.get(str(value), str(value)))
        if key:
            option["attrs"]["data-key"] = key
        return option


class RulingForm(forms.Form):
    """What every decision consists of; the policy comes with the subclasses."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), choices=CHOOSABLE, widget=KeyedRadios
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

    def __init__(self, *args: Any, keys: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].widget.keys = keys or {}
        if keys and keys.get("note"):
            self.fields["internal_note"].widget.attrs["data-key"] = keys["note"]
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


class NoteForm(forms.Form):
    """A note for the colleagues."""

    text = forms.CharField(
        label=gettext_lazy("New note"),
        help_text=gettext_lazy("Seen by moderators only."),
        max_length=MOST_CHARS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class Suggesting(forms.TextInput):
    """A text field with a list to choose from, for where the list may not have everything."""

    suggested: Sequence[tuple[str, str]] = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        own = {**(attrs or {}), "list": f"{name}-list"}
        field = super().render(name, value, own, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', self.suggested)
        return format_html('{}<datalist id="{}-list">{}</datalist>', field, name, options)


class AssignForm(forms.Form):
    """Give a case to a colleague, by the name of the account."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    colleague = forms.CharField(
        label=gettext_lazy("To whom"),
        max_length=254,
        widget=Suggesting(
            attrs={"placeholder": gettext_lazy("User name"), "autocomplete": "off", "size": 20}
        ),
    )

    def offer(self, colleagues: Colleagues) -> None:
        """Let one of ``colleagues`` be chosen; where there may be others, typed as well."""
        field = self.fields["colleague"]
        field.widget.attrs["aria-label"] = field.label
        if colleagues.everybody and colleagues.names:
            first = [("", _("Choose a colleague"))]
            attrs = {"aria-label": field.label}
            field.widget = forms.Select(attrs=attrs, choices=[*first, *colleagues.names])
            field.widget.is_required = True
        elif isinstance(field.widget, Suggesting):
            field.widget.suggested = colleagues.names

    def clean_colleague(self) -> Any:
        users = get_user_model()
        try:
            return users._default_manager.get_by_natural_key(self.cleaned_data["colleague"])
        except users.DoesNotExist:
            raise ValidationError(_("There is no account of that name.")) from None


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
        pairs = [tuple(int(part) for part in value[:_PAIR_CHARS].split(":")) for value in values]
        items = [(case_id, version) for case_id, version in pairs]
    except ValueError as error:
        raise ValidationError(_("The list of cases cannot be read.")) from error
    if not items or len(items) > MOST_CASES:
        raise ValidationError(
            _("Choose at least one and at most %(most)d cases.") % {"most": MOST_CASES}
        )
    return items
