"""Run the tests of every site in the site's own environment, building what is missing.

python -m tests.sites [--python PYTHON] [SITE ...]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ENVIRONMENTS = ROOT / ".venvs"
TIME_LIMIT = 600
"""Seconds one site's tests may take before they count as failed."""


@dataclass(frozen=True)
class Site:
    """One site: a folder here, and the Python its environment is made with."""

    name: str
    python: str

    @property
    def requirements(self) -> list[str]:
        """What pip installs: the site's packages, the test runner, and what ours depends on."""
        ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
        files = (HERE / self.name / "requirements.txt", HERE / "requirements.txt")
        lines = [line for file in files for line in file.read_text().splitlines()]
        return [*ours, *(line for line in lines if line and not line.startswith("#"))]

    @property
    def environment(self) -> Path:
        return ENVIRONMENTS / f"sites-{self.name}-{version_of(self.python)}"

    @property
    def interpreter(self) -> Path:
        return self.environment / "bin/python"

    def build(self) -> None:
        """Make the environment, unless it is there and made of the same requirements."""
        stamp, digest = self.environment / ".stamp", self._digest()
        if stamp.exists() and stamp.read_text() == digest:
            return
        say(f"{self.name}: building {self.environment.relative_to(ROOT)}")
        subprocess.run([self.python, "-m", "venv", "--clear", self.environment], check=True)
        pip = [self.interpreter, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input"]
        subprocess.run([*pip, "install", *self.requirements], check=True)
        stamp.write_text(digest)

    def _digest(self) -> str:
        return hashlib.sha256("\n".join(self.requirements).encode()).hexdigest()

    def run(self) -> Result:
        """Run the tests against a database and a broker that last as long as the run."""
        say(f"{self.name}: {', '.join(self.packages())}")
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"moderation-site-{self.name}-") as folder:
            report = Path(folder) / "report.xml"
            command = [
                *(self.interpreter, "-m", "pytest", "-q", "-c", HERE / "harness.ini"),
                *(f"--rootdir={ROOT}", f"--junitxml={report}", HERE / self.name),
            ]
            with contextlib.suppress(subprocess.TimeoutExpired):  # then there is no report
                subprocess.run(
                    command,
                    cwd=ROOT,
                    env=self._variables(folder),
                    timeout=TIME_LIMIT,
                    check=False,
                )
            return Result(self.name, _counts(report), time.monotonic() - started)

    def packages(self) -> list[str]:
        """Return the versions that matter, as installed."""
        listed = subprocess.run(
            [
                self.interpreter,
                "-m",
                "pip",
                "list",
                "--format=freeze",
                "--disable-pip-version-check",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        lines = (HERE / self.name / "requirements.txt").read_text().splitlines()
        wanted = ["django", *(line.partition("==")[0] for line in lines)]
        return [line for line in listed if line.partition("==")[0].lower() in wanted]

    def _variables(self, folder: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "PYTEST", "DJANGO")) and name != "DATABASE_URL"
        }
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DJANGO_SETTINGS_MODULE": f"tests.sites.{self.name}.settings",
            "SITE_FOLDER": folder,
        }


@dataclass(frozen=True)
class Result:
    """How many tests ran and how many of them did not pass; no report means a crash."""

    name: str
    counts: tuple[int, int] | None
    seconds: float

    @property
    def ok(self) -> bool:
        return self.counts is not None and self.counts[0] > 0 and self.counts[1] == 0

    def __str__(self) -> str:
        if self.counts is None:
            return f"{self.name}: did not run to the end"
        run, bad = self.counts
        verdict = f"{run} tests pass" if self.ok else f"{bad} of {run} tests did not pass"
        return f"{self.name}: {verdict} ({self.seconds:.0f} s)"


def main(arguments: list[str] | None = None) -> int:
    """Build, run, sum up; return 1 unless every test of every site ran and passed."""
    names = sorted(path.parent.name for path in HERE.glob("*/settings.py"))
    parser = argparse.ArgumentParser(prog="python -m tests.sites", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="what environments are made with")
    parser.add_argument("sites", nargs="*", metavar="SITE", help=", ".join(names))
    options = parser.parse_args(arguments)
    if unknown := set(options.sites) - set(names):
        parser.error(f"there is no site {unknown.pop()!r}; there are {', '.join(names)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sites = [Site(name, options.python) for name in options.sites or names]
    for site in sites:
        try:
            site.build()
        except subprocess.CalledProcessError:
            say(f"{site.name}: its environment could not be built, see above")
            return 1
    results = [site.run() for site in sites]
    held = sum(result.ok for result in results)
    say(*(str(result) for result in results))
    print(f"sites: {held} of {len(results)} hold")
    return 0 if held == len(results) else 1


def version_of(python: str) -> str:
    """Return "3.11" for an interpreter of that version."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def say(*lines: str) -> None:
    for line in lines:
        print(f"== {line}", flush=True)


def _counts(report: Path) -> tuple[int, int] | None:
    if not report.exists():
        return None
    suite = ET.parse(report).getroot().find("testsuite")
    assert suite is not None
    bad = sum(int(suite.get(kind, 0)) for kind in ("failures", "errors", "skipped"))
    return int(suite.get("tests", 0)), bad


if __name__ == "__main__":
    sys.exit(main())
