"""Write the message catalogues, or check that writing them would change nothing.

    python .ci/translations.py           check: exit 1 if a catalogue is stale
    python .ci/translations.py --write   collect the strings, compile, then check the same

A catalogue is stale if its strings are not those of the code, if it holds a guess of the merging
tool ("fuzzy") or if its compiled form is not its own. Missing translations are counted, not
refused: the reader sees English. Needs GNU gettext.
"""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "moderation"
LANGUAGES = ("de", "es", "fr")
DOMAINS = ("django", "djangojs")
PROGRAMS = ("xgettext", "msgmerge", "msguniq", "msgattrib", "msgfmt")


def main() -> int:
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        print(f"!!! TRANSLATIONS NOT CHECKED: {', '.join(missing)} not found (GNU gettext) !!!")
        return 1 if os.environ.get("MODERATION_REQUIRE_SERVICES", "") not in {"", "0"} else 0
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / PACKAGE
        shutil.copytree(ROOT / PACKAGE, fresh, ignore=shutil.ignore_patterns("__pycache__"))
        collect(fresh)
        stale = differences(fresh)
        if "--write" in sys.argv[1:]:
            write(fresh, stale)
            stale = []
    problems = [f"{PACKAGE}/{path}: not what the code gives, run `make messages`" for path in stale]
    for path in catalogues(ROOT):
        problems += flaws(path)
        print(summary(path))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def collect(package: Path) -> None:
    """Let Django renew the catalogues in this copy of the package."""
    (package / "locale").mkdir(exist_ok=True)
    languages = [f"--locale={language}" for language in LANGUAGES]
    options = ["--verbosity=0", "--add-location=file", "--no-wrap", "--no-obsolete", *languages]
    # -P: the package's own types.py must not stand in for Python's.
    makemessages = [sys.executable, "-P", "-m", "django", "makemessages"]
    for domain in DOMAINS:
        subprocess.run([*makemessages, f"--domain={domain}", *options], cwd=package, check=True)


def catalogues(root: Path) -> list[Path]:
    return sorted((root / PACKAGE / "locale").glob("*/LC_MESSAGES/*.po"))


def differences(fresh: Path) -> list[Path]:
    """The catalogues, relative to the package, that collecting has changed or added."""
    paths = [path.relative_to(fresh) for path in catalogues(fresh.parent)]
    return [path for path in paths if text_of(fresh / path) != text_of(ROOT / PACKAGE / path)]


def text_of(path: Path) -> str:
    """The catalogue without the line that changes with every collecting."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return re.sub(r'^"POT-Creation-Date:.*\n', "", text, flags=re.MULTILINE)


def write(fresh: Path, stale: list[Path]) -> None:
    for path in stale:
        target = ROOT / PACKAGE / path
        text = (fresh / path).read_text(encoding="utf-8")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            text = with_header(text, language=target.parent.parent.name)
        target.write_text(text, encoding="utf-8")
        print(f"written: {target.relative_to(ROOT)}")
    for path in catalogues(ROOT):
        compile_catalogue(path, path.with_suffix(".mo"))


def with_header(text: str, language: str) -> str:
    """A new catalogue with the form to fill in at its top filled in."""
    header, separator, messages = text.partition("\n\n")
    plural_forms = next(line for line in header.splitlines() if line.startswith('"Plural-Forms'))
    lines = [
        "# This file is distributed under the licence of django-moderation-desk.",
        'msgid ""',
        'msgstr ""',
        '"Project-Id-Version: django-moderation-desk\\n"',
        '"Report-Msgid-Bugs-To: \\n"',
        *(line for line in header.splitlines() if line.startswith('"POT-Creation-Date')),
        f'"Language: {language}\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        plural_forms,
    ]
    return "\n".join(lines) + separator + messages


def flaws(path: Path) -> list[str]:
    name = path.relative_to(ROOT)
    found = []
    if re.search(r"^#, .*\bfuzzy\b", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
        found.append(f"{name}: has translations marked fuzzy; read them and remove the mark")
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "fresh.mo"
        compile_catalogue(path, compiled)
        if messages(compiled) != messages(path.with_suffix(".mo")):
            found.append(f"{name}: its compiled form is missing or old, run `make messages`")
    return found


def compile_catalogue(path: Path, target: Path) -> None:
    subprocess.run(["msgfmt", "--check-format", "--output-file", target, path], check=True)


def messages(compiled: Path) -> dict[object, str] | None:
    """The content of a compiled catalogue; None if there is none."""
    if not compiled.exists():
        return None
    with compiled.open("rb") as stream:
        return gettext.GNUTranslations(stream)._catalog


def summary(path: Path) -> str:
    counts = subprocess.run(
        ["msgfmt", "--statistics", "--output-file", os.devnull, path],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )
    return f"{path.relative_to(ROOT)}: {counts.stderr.strip()}"


if __name__ == "__main__":
    sys.exit(main())
