"""What the demo takes from its environment: a folder, a database, a broker."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """Return where everything the demo writes goes: ``DEMO_DIR``, or ``.demo`` beside us."""
    return Path(os.environ.get("DEMO_DIR") or BASE_DIR / ".demo").resolve()


def secret_key(folder: Path) -> str:
    """Return the key in ``folder``, made on first use so that none is ever committed.

    Where nothing can be written the key lasts as long as the process: enough for commands
    that only look.
    """
    path = folder / "secret-key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        key = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(key, "w") as file:
            file.write(get_random_secret_key())
    except OSError:
        pass
    try:
        return path.read_text() or get_random_secret_key()
    except OSError:
        return get_random_secret_key()


def database(url: str, folder: Path) -> dict[str, Any]:
    """Return Django's settings for ``url``, or for a SQLite file in ``folder`` without one.

    Raises ``ValueError`` for a URL that is not one, or of a database we have not tried.
    """
    options: dict[str, Any] = dict(dj_database_url.parse(url or f"sqlite:///{folder}/db.sqlite3"))
    match options["ENGINE"]:
        case "django.db.backends.sqlite3":
            # Web and workers write at the same time: wait for the lock, and ask for it at once.
            options["OPTIONS"] = {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                "PRAGMA cache_size=-65536",
            }
        case "django.db.backends.postgresql":
            pass
        case engine:
            raise ValueError(f"{engine} is not tested; use postgresql:// or sqlite:///")
    return options


def celery_broker(url: str, folder: Path) -> dict[str, Any]:
    """Return Celery's settings for ``url``, or for message files in ``folder`` without one."""
    if url:
        # One Redis may serve several demos and checks; each keeps to its own keys.
        prefix = os.environ.get("DEMO_PREFIX", "newsroom:")
        return {
            "CELERY_BROKER_URL": url,
            "CELERY_BROKER_TRANSPORT_OPTIONS": {"global_keyprefix": prefix},
        }
    messages = str(folder / "broker")
    return {
        "CELERY_BROKER_URL": "folder://",
        "CELERY_BROKER_TRANSPORT_OPTIONS": {
            "data_folder_in": messages,
            "data_folder_out": messages,
            "control_folder": messages,
            "polling_interval": 0.2,
        },
    }
