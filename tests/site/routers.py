from __future__ import annotations


class DefaultOnly:
    """The site has its tables in one database, whatever others there are."""

    def allow_migrate(self, db, app_label, **hints):
        return db == "default"
