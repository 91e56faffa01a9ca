"""What readers and authors fill in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from moderation.models import ReportCategory, ReportKind
from moderation.services import appeals, notices, reports
from moderation.services.reports import NewReport


class ReportForm(forms.Form):
    """A report, and what makes a legal notice of it; the service says what is missing."""

    category = forms.ChoiceField(
        label=_("What is wrong with it?"),
        choices=ReportCategory.choices,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("In your words"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    email = forms.CharField(
        label=_("Your e-mail address"),
        required=False,
        help_text=_("We send you a link. If you follow it, we tell you there what was decided."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    notice = forms.BooleanField(
        label=_("This is a notice of unlawful content"),
        required=False,
        help_text=_(
            "Then we also need your explanation, your name, the exact address of the text, and "
            "your word. You need not name yourself to report sexual abuse of children."
        ),
    )
    name = forms.CharField(
        label=_("Your name"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    location = forms.CharField(
        label=_("Exact address of the text"), required=False, widget=forms.URLInput
    )
    good_faith = forms.BooleanField(
        label=_("I believe in good faith that what I say here is accurate and complete."),
        required=False,
    )

    def __init__(self, *args: Any, user: Any = None, address: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.address = user, address
        if getattr(user, "email", ""):
            del self.fields["email"]
        elif not notices.answers(user):
            self.fields["email"].help_text = ""

    def clean(self) -> dict[str, Any]:
        """Let the service say, of all fields together, what is missing."""
        given: dict[str, Any] = super().clean() or {}
        for name, fault in reports.faults(self.report()).items():
            self.add_error(name if name in self.fields else None, fault)
        return given

    def report(self) -> NewReport:
        """Return what was filled in."""
        given = self.cleaned_data
        is_notice = given.get("notice", False)
        return NewReport(
            category=given.get("category", ReportCategory.OTHER.value),
            text=given.get("text", ""),
            kind=(ReportKind.NOTICE if is_notice else ReportKind.READER).value,
            location=given.get("location", "") if is_notice else "",
            name=given.get("name", "") if is_notice else "",
            email=given.get("email", ""),
            good_faith=is_notice and given.get("good_faith", False),
            user=self.user,
            address=self.address,
        )


class AppealForm(forms.Form):
    """Why the author objects."""

    text = forms.CharField(
        label=_("Why do you object?"),
        max_length=appeals.MOST_CHARS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Somebody else than who decided will read it."),
    )
