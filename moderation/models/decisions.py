"""What was decided, by whom, on which ground, and what it did to the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from moderation.models.base import AppendOnlyModel
from moderation.models.cases import Case
from moderation.models.subjects import Snapshot


class PolicyGround(models.TextChoices):
    CONTRACTUAL = "contractual", _("house rules")
    LEGAL = "legal", _("law")


class StatementCategory(models.TextChoices):
    """The categories of the Transparency Database, in its own names."""

    ANIMAL_WELFARE = "STATEMENT_CATEGORY_ANIMAL_WELFARE", _("animal welfare")
    CONSUMER_INFORMATION = "STATEMENT_CATEGORY_CONSUMER_INFORMATION", _("consumer information")
    CYBER_VIOLENCE = "STATEMENT_CATEGORY_CYBER_VIOLENCE", _("cyber violence")
    CYBER_VIOLENCE_AGAINST_WOMEN = (
        "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN",
        _("cyber violence against women"),
    )
    DATA_PROTECTION = (
        "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
        _("data protection and privacy"),
    )
    ILLEGAL_OR_HARMFUL_SPEECH = (
        "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
        _("illegal or harmful speech"),
    )
    INTELLECTUAL_PROPERTY = (
        "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        _("intellectual property"),
    )
    CIVIC_DISCOURSE = (
        "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
        _("civic discourse or elections"),
    )
    NOT_SPECIFIED_NOTICE = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE", _("not specified in a notice")
    OTHER_VIOLATION_TC = (
        "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
        _("another breach of the house rules"),
    )
    PROTECTION_OF_MINORS = "STATEMENT_CATEGORY_PROTECTION_OF_MINORS", _("protection of minors")
    PUBLIC_SECURITY = "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY", _("public security")
    SCAMS_AND_FRAUD = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", _("scams and fraud")
    SELF_HARM = "STATEMENT_CATEGORY_SELF_HARM", _("self-harm")
    UNSAFE_PRODUCTS = (
        "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS",
        _("unsafe or prohibited products"),
    )
    VIOLENCE = "STATEMENT_CATEGORY_VIOLENCE", _("violence")


class Policy(models.Model):
    """A house rule that a decision cites."""

    code = models.SlugField(_("code"), max_length=50, unique=True)
    title = models.CharField(_("title"), max_length=200)
    public_text = models.TextField(_("public text"), blank=True)
    severity = models.PositiveSmallIntegerField(_("severity"), default=50)
    ground = models.CharField(
        _("ground"),
        max_length=20,
        choices=PolicyGround.choices,
        default=PolicyGround.CONTRACTUAL,
    )
    statement_category = models.CharField(
        _("category in statements of reasons"),
        max_length=70,
        choices=StatementCategory.choices,
        default=StatementCategory.OTHER_VIOLATION_TC,
        help_text=_("What the Transparency Database of the European Union calls it."),
    )
    parent = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["-severity", "code"]

    def __str__(self) -> str:
        return self.title


class Outcome(models.TextChoices):
    DISMISS_FALSE_POSITIVE = "dismiss_false_positive", _("dismiss: wrongly flagged")
    DISMISS_ALLOWED = "dismiss_allowed", _("dismiss: rightly found, but allowed")
    LABEL = "label", _("label")
    HIDE = "hide", _("hide")
    REMOVE = "remove", _("remove")
    REQUEST_CHANGES = "request_changes", _("request changes")
    ESCALATE = "escalate", _("escalate")
    PROPOSE = "propose", _("propose to a second person")
    UNDO = "undo", _("undo")


# What a caller may ask for: a proposal comes about by itself, an undo names what it takes back.
CHOOSABLE = [(value, label) for value, label in Outcome.choices if value not in ("propose", "undo")]

# What takes something from the author, and so has to be founded on a policy.
RESTRICTING = frozenset({Outcome.LABEL, Outcome.HIDE, Outcome.REMOVE, Outcome.REQUEST_CHANGES})
HIDING = frozenset({Outcome.HIDE, Outcome.REMOVE})
# The case stays to be done by somebody else.
LEAVING_OPEN = frozenset({Outcome.ESCALATE, Outcome.PROPOSE})
DISMISSING = frozenset({Outcome.DISMISS_FALSE_POSITIVE, Outcome.DISMISS_ALLOWED})


class ActorKind(models.TextChoices):
    HUMAN = "human", _("human")
    MACHINE = "machine", _("machine")


class Decision(AppendOnlyModel):
    """One ruling on one version of a case. Never changed; an undo is a decision of its own."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions", verbose_name=_("case"))
    case_version = models.PositiveIntegerField(_("version of the case"))
    snapshot = models.ForeignKey(
        Snapshot,
        models.SET_NULL,
        null=True,
        related_name="decisions",
        verbose_name=_("text as judged"),
    )
    outcome = models.CharField(_("outcome"), max_length=30, choices=Outcome.choices)
    proposed = models.CharField(
        _("proposed outcome"), max_length=30, choices=Outcome.choices, blank=True
    )
    policies = models.ManyToManyField(
        Policy, blank=True, related_name="decisions", verbose_name=_("policies")
    )
    internal_note = models.TextField(_("internal note"), blank=True)
    public_note = models.TextField(_("public note"), blank=True)
    actor_kind = models.CharField(_("decided by"), max_length=10, choices=ActorKind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("moderator"),
    )
    actor_label = models.CharField(_("moderator's name"), max_length=200)
    batch_id = models.UUIDField(_("batch"), null=True, blank=True, db_index=True)
    reverses = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        verbose_name=_("takes back"),
    )
    created_at = models.DateTimeField(_("decided"), auto_now_add=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "case_version"], name="moderation_one_decision_per_version"
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.UNDO.value, reverses__isnull=False)
                | (~Q(outcome=Outcome.UNDO.value) & Q(reverses__isnull=True)),
                name="moderation_only_undo_reverses",
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.PROPOSE.value) & ~Q(proposed="")
                | ~Q(outcome=Outcome.PROPOSE.value) & Q(proposed=""),
                name="moderation_only_proposal_proposes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} (#{self.case_id})"

    if TYPE_CHECKING:
        case_id: int
        actor_id: Any
        snapshot_id: int | None


class EffectState(models.TextChoices):
    APPLIED = "applied", _("applied")
    UNDONE = "undone", _("undone")
    LEFT = "left", _("left as the site changed it meanwhile")
    GONE = "gone", _("the object is gone")


class Effect(models.Model):
    """What a decision did to the host object, and how to take it back."""

    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="effect", verbose_name=_("decision")
    )
    action = models.CharField(
        _("action"), max_length=20, choices=[("hide", _("hide")), ("restore", _("restore"))]
    )
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=20, choices=EffectState.choices)

    class Meta:
        verbose_name = _("effect")
        verbose_name_plural = _("effects")

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.get_state_display()}"
