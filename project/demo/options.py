"""What the demo was asked to do."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from project import environment
from project.demo.problems import Problem

DEFAULT_PORT = 8000
EPILOGUE = """\
environment:
  CHECK=1             load, scan, decide, undo and verify in a throw-away folder, then end
  ARTICLES=folder     load the .txt and .html files of a folder instead of the demo's texts
  PORT=8000           where the site answers
  DATABASE_URL=...    postgresql://... or sqlite:///...; without it a file in .demo
  REDIS_URL=...       redis://...; without it message files in .demo
  DEMO_DIR=folder     what to use instead of .demo
"""


@dataclass(frozen=True, slots=True)
class Options:
    """One run of the demo. Empty URLs mean: nothing but files in ``folder``."""

    folder: Path
    check: bool = False
    articles: Path | None = None
    port: int = DEFAULT_PORT
    database_url: str = ""
    redis_url: str = ""
    reset_passwords: bool = False


def read(arguments: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Read the command line and the environment. Raises ``Problem`` for what makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m project.demo",
        description="Run the demo site, or check it.",
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--reset-passwords",
        action="store_true",
        help="give the demo accounts new passwords, print them, and end",
    )
    flags = parser.parse_args(arguments)
    return Options(
        folder=environment.data_folder(),
        check=environ.get("CHECK", "").strip().lower() not in {"", "0", "no", "false"},
        articles=_articles(environ.get("ARTICLES", "").strip()),
        port=_port(environ.get("PORT", "").strip()),
        database_url=environ.get("DATABASE_URL", "").strip(),
        redis_url=environ.get("REDIS_URL", "").strip(),
        reset_passwords=flags.reset_passwords,
    )


def _articles(value: str) -> Path | None:
    if not value:
        return None
    folder = Path(value).expanduser().resolve()
    if not folder.is_dir():
        raise Problem(f"ARTICLES={value}: there is no such folder")
    return folder


def _port(value: str) -> int:
    if not value:
        return DEFAULT_PORT
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65536:
        raise Problem(f"PORT={value}: a port is a number from 1 to 65535")
    return int(value)
