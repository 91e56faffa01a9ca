"""These tests need packages that the project's environment has no use for: see ``__main__``."""

collect_ignore_glob = ["*"]
