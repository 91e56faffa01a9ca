"""Programs that are told, and what each of them was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.access import MayChangeModel, ModelPermission
from moderation.api.base import ReadViewSet, Removable, TaggedViewSet, tag_of
from moderation.api.fields import KeyField, WordField
from moderation.api.operations import operation
from moderation.models import Delivery, DeliveryState, Webhook
from moderation.models.webhooks import EVENTS
from moderation.services import deliveries, webhooks
from moderation.services.errors import Unusable
from moderation.services.outgoing import check_url

if TYPE_CHECKING:
    WebhookShape = serializers.ModelSerializer[Webhook]
    DeliveryShape = serializers.ModelSerializer[Delivery]
    Shape = serializers.Serializer[Any]
else:
    WebhookShape = DeliveryShape = serializers.ModelSerializer
    Shape = serializers.Serializer

_SHOWN = (
    "id",
    "name",
    "url",
    "events",
    "is_active",
    "previous_until",
    "created_at",
    "updated_at",
)
_MADE = ("id", "previous_until", "created_at", "updated_at")
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="  # noqa: S105 - an example


class WebhookSerializer(WebhookShape):
    """A program that is told; without events, of every event about cases."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 2,
        "name": "Newsroom chat",
        "url": "https://chat.example.org/hooks/moderation",
        "events": ["case.opened", "case.decided"],
        "is_active": True,
        "previous_until": None,
        "created_at": "2026-05-04T06:05:00Z",
        "updated_at": "2026-05-04T06:05:00Z",
    }
    TAKEN: ClassVar[dict[str, Any]] = {
        "name": "Newsroom chat",
        "url": "https://chat.example.org/hooks/moderation",
        "events": ["case.opened", "case.decided"],
    }

    events = serializers.ListField(
        child=serializers.ChoiceField(list(EVENTS)), required=False, max_length=len(EVENTS)
    )

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = _SHOWN
        read_only_fields: tuple[str, ...] = _MADE

    def validate_url(self, url: str) -> str:
        """Refuse an address that nothing is ever sent to."""
        try:
            check_url(url)
        except Unusable as error:
            raise serializers.ValidationError(str(error), code="unusable") from error
        return url


class NewWebhookSerializer(WebhookSerializer):
    """A new webhook, with its secret."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**WebhookSerializer.EXAMPLE, "secret": _SECRET}

    class Meta(WebhookSerializer.Meta):
        fields = (*_SHOWN, "secret")
        read_only_fields = (*_MADE, "secret")


class SecretSerializer(Shape):
    """A new secret, and until when the old one is signed with too."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "secret": _SECRET,
        "previous_until": "2026-05-05T06:05:00Z",
    }

    secret = serializers.CharField()
    previous_until = serializers.DateTimeField()


class AttemptSerializer(Shape):
    """When one attempt began, and how it ended: an answer, or an error for want of one."""

    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
    duration_ms = serializers.IntegerField()


class DeliverySerializer(DeliveryShape):
    """One message to one webhook, and what became of it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 31,
        "webhook": 2,
        "message_id": "msg_2bVgC1mYpX0zqJ8sWf3nTq1L",
        "event": "case.decided",
        "event_number": 205,
        "case": 17,
        "decision": 7,
        "body": '{"type":"case.decided","timestamp":"2026-05-04T10:31:00Z","data":{"event":205}}',
        "state": "delivered",
        "attempts": 1,
        "next_at": "2026-05-04T10:31:30Z",
        "response_code": 204,
        "error": "",
        "duration_ms": 88,
        "history": [{"at": "2026-05-04T10:32:01Z", "status": 204, "error": "", "duration_ms": 88}],
        "created_at": "2026-05-04T10:31:00Z",
        "finished_at": "2026-05-04T10:32:01Z",
    }

    history = AttemptSerializer(many=True, read_only=True)

    class Meta:
        model = Delivery
        fields = (
            "id",
            "webhook",
            "message_id",
            "event",
            "event_number",
            "case",
            "decision",
            "body",
            "state",
            "attempts",
            "next_at",
            "response_code",
            "error",
            "duration_ms",
            "history",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields


class DeliveryFilters(Shape):
    """Which messages."""

    webhook = KeyField()
    case = KeyField()
    state = serializers.ChoiceField(DeliveryState.values, required=False)
    event = WordField()


class WebhookViewSet(Removable, TaggedViewSet):
    """Webhooks. A secret is told when it is made, and never again."""

    queryset = Webhook.objects.all()
    serializer_class = WebhookSerializer
    permission_classes = (ModelPermission,)

    @operation(
        takes=WebhookSerializer,
        gives=NewWebhookSerializer,
        status=status.HTTP_201_CREATED,
        secret=True,
    )
    def create(self, request: Request) -> Response:
        """Add a webhook; the answer tells its secret, this once; ``Location`` where it is."""
        response = super().create(request)
        kept = {name: value for name, value in response.data.items() if name != "secret"}
        response["ETag"] = tag_of(kept)
        response["Location"] = request.build_absolute_uri(f"{kept['id']}/")
        return response

    def save(self, row: Webhook, changed: dict[str, Any]) -> Webhook:
        return webhooks.save(row, user=self.request.user)

    def remove(self, row: Webhook) -> None:
        """Let the service remove a webhook, and what is in its outbox."""
        webhooks.remove(row, user=self.request.user)

    @operation(gives=SecretSerializer, secret=True)
    @action(detail=True, methods=["post"], permission_classes=[MayChangeModel])
    def rotate(self, request: Request, **_key: str) -> Response:
        """Make a new secret and tell it, this once; the old one is good for a while."""
        row = self.get_object()
        webhooks.rotate(row, user=request.user)
        return self.shown(row)

    @operation(gives=DeliverySerializer, status=status.HTTP_201_CREATED)
    @action(detail=True, methods=["post"], permission_classes=[MayChangeModel])
    def ping(self, request: Request, **_key: str) -> Response:
        """Send a message that tells nothing, to try the webhook out; give its delivery."""
        key = webhooks.ping(self.get_object(), user=request.user)
        return self.shown(Delivery.objects.get(pk=key))


class DeliveryViewSet(ReadViewSet):
    """The outbox, and the log of what left it."""

    queryset = Delivery.objects.all()
    serializer_class = DeliverySerializer
    permission_classes = (ModelPermission,)
    filters = DeliveryFilters

    @operation(gives=DeliverySerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayChangeModel])
    def replay(self, request: Request, **_key: str) -> Response:
        """Send a message again that was given up or delivered; one that waits is left alone."""
        row = self.get_object()
        deliveries.replay([row], user=request.user)
        row.refresh_from_db()
        return self.shown(row)
