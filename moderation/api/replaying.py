"""``Idempotency-Key``: a write that is sent twice is done once and answered twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.operations import operation_of
from moderation.api.parsing import read_body
from moderation.api.problems import MEDIA_TYPE, problem
from moderation.services.actors import human
from moderation.services.idempotency import Answer, Question, answer_once

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("ETag", "Location", "Retry-After")


class AnswersOnce:
    """Mixed into a view: its writes heed the key, after sign-in, permissions and throttles."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method in SAFE_METHODS:
            return
        read_body(request)  # first of all: what is too large is refused before it is parsed
        key = request.headers.get(HEADER)
        if key is None or not request.user.is_authenticated:
            return
        if not _KEY.fullmatch(key):
            raise ValidationError({HEADER: [_("Not 1 to 255 printable ASCII characters.")]})
        name = str(request.method).lower()
        handler = getattr(self, name, None)
        if handler is not None:
            setattr(self, name, partial(self._answer_once, handler, key))

    def _answer_once(
        self, handler: Callable[..., Response], key: str, request: Request, **kwargs: Any
    ) -> Response:
        question = Question(
            actor=human(request.user).ref,
            key=key,
            route=f"{request.method} {request.get_full_path()} {request.headers.get('If-Match')}",
            body=read_body(request),
        )
        answer, replayed = answer_once(
            question,
            lambda: self._work(handler, request, **kwargs),
            piecemeal=operation_of(self).piecemeal,
        )
        return _response(answer, replayed=replayed)

    def _work(self, handler: Callable[..., Response], request: Request, **kwargs: Any) -> Answer:
        try:
            response = handler(request, **kwargs)
        except Exception as error:  # noqa: BLE001 - a refusal is an answer; a bug is raised again
            response = self.handle_exception(error)  # type: ignore[attr-defined]
        is_secret = operation_of(self).secret and response.status_code < 400
        return _answer(response, again=_answer(_told_already(response)) if is_secret else None)


def _answer(response: Response, again: Answer | None = None) -> Answer:
    text = "" if response.data is None else JSONRenderer().render(response.data).decode()
    return Answer(response.status_code, text, _kept(response), again)


def _kept(response: Response) -> dict[str, str]:
    return {name: response[name] for name in _KEPT_HEADERS if name in response}


def _told_already(first: Response) -> Response:
    """Refuse to tell a secret again, and say what it is the secret of."""
    return problem(
        409,
        "told_once",
        _("This was done, and the secret was told with the first answer. Ask for a new secret."),
        _kept(first),
    )


def _response(answer: Answer, *, replayed: bool) -> Response:
    headers = {**answer.headers, **({REPLAYED: "true"} if replayed else {})}
    data = json.loads(answer.text) if answer.text else None
    content_type = MEDIA_TYPE if answer.status >= 400 else None
    return Response(data, status=answer.status, headers=headers, content_type=content_type)
