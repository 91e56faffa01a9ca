"""Proof that the package attaches to sites made of others' packages, which know nothing of it.

Every folder here is one site: the packages it is made of (``requirements.txt``, installed into
an environment of its own), its settings, and tests that use it as readers and moderators do.
``python -m tests.sites`` runs them all.
"""
