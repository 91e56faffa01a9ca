"""A stand-in for the Perspective API (``commentanalyzer`` v1alpha1), for programs that speak it.

``path("perspective/", include("moderation.api.perspective.urls"))``. Keys are rows of
:class:`moderation.models.ApiKey`; texts that are analysed are not kept.
"""
