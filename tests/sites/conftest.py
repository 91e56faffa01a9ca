"""These tests run in environments of their own: ``python -m tests.sites``."""

collect_ignore_glob = ["*"]
