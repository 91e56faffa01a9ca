"""Who may use which part of the API: the admin's rules, in DRF's form."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from moderation import permissions


class MayView(BasePermission):
    """Those who may look at cases."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return permissions.may_view(request.user)


class MayManageDetectors(BasePermission):
    """Those who may change what the detectors flag."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return permissions.may_manage_detectors(request.user)


class ModelPermission(BasePermission):
    """Django's own view, add and change permissions on the model of the view."""

    _ACTIONS = {
        "GET": "view",
        "HEAD": "view",
        "POST": "add",
        "PATCH": "change",
        "DELETE": "delete",
    }

    def has_permission(self, request: Request, view: Any) -> bool:
        action = self._ACTIONS.get(request.method or "", "view")
        meta = view.queryset.model._meta
        return bool(
            request.user.is_active
            and request.user.has_perm(f"{meta.app_label}.{action}_{meta.model_name}")
        )


class MayReadOrModel(ModelPermission):
    """Those who look at cases may read; to write takes the permission on the model."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return permissions.may_view(request.user)
        return super().has_permission(request, view)


class MayChangeModel(BasePermission):
    """Those who may change rows of the model, for what is done to several of them at once."""

    def has_permission(self, request: Request, view: Any) -> bool:
        meta = view.queryset.model._meta
        may = request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}")
        return bool(request.user.is_active and may)
