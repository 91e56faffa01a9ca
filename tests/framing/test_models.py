"""The packaged models: read once, checked, and never trusted blindly."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from moderation.detectors.base import Context
from moderation.detectors.framing import FramingDetector, models, released, threads
from moderation.detectors.framing.detector import NO_MODEL
from moderation.detectors.framing.light import LightNetwork
from moderation.detectors.framing.released import ModelError
from moderation.detectors.framing.standard import StandardNetwork
from moderation.text.document import Document
from moderation.types import Band, Finding, Kind
from tests.framing.judging import MODELS, judge

VERMIN = "All lawyers are vermin and should be shot."
INSULT = "You are a pathetic stupid liar."
FILES = ("standard.onnx", "light.npz", "pieces.txt", "ordinary.txt", "meta.json")


@pytest.fixture
def anew() -> Iterator[None]:
    """Models are loaded anew within the test, and once more after it."""
    models.forget()
    yield
    models.forget()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anew: None) -> Path:
    """A copy of the released files that may be damaged."""
    for name in FILES:
        shutil.copy(released.FOLDER / name, tmp_path)
    monkeypatch.setattr(released, "FOLDER", tmp_path)
    return tmp_path


def findings(wanted: str) -> tuple[Finding, ...]:
    return FramingDetector(model=wanted).detect(Document(INSULT, Kind.COMMENT), Context()).findings


def test_the_released_files_are_intact() -> None:
    for wanted in models.CHOICES:
        assert list(models.defects(wanted)) == []


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_read_once_and_not_before_it_is_needed(
    name: str, anew: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    real = models.read_model

    def counted(folder: Path, wanted: str) -> models.Model:
        reads.append(wanted)
        return real(folder, wanted)

    monkeypatch.setattr(models, "read_model", counted)
    detector = FramingDetector(model=name)
    assert reads == []
    with ThreadPoolExecutor(4) as pool:
        document = Document(INSULT, Kind.COMMENT)
        answers = list(pool.map(lambda _: detector.detect(document, Context()), range(8)))
    assert reads == {"standard": ["standard", "light"], "light": ["light"]}[name]
    assert all(answer == answers[0] for answer in answers)


def test_both_models_answer_the_same_questions() -> None:
    standard, light = (judge(INSULT, model=name) for name in MODELS)
    assert standard.scores.keys() == light.scores.keys()
    assert standard.findings[0].detail["model"] == "standard"
    assert light.findings[0].detail["model"] == "light"


@pytest.mark.parametrize("name", MODELS)
def test_the_company_of_other_texts_changes_nothing(name: str) -> None:
    judge_ = models.load(name).judge
    texts = [INSULT, "Thanks.", "The meeting went on for two hours and nobody left early." * 12]
    together = judge_.weigh([judge_.read(text) for text in [*texts, INSULT]])
    for text, scores in zip([*texts, INSULT], together, strict=True):
        (alone,) = judge_.weigh([judge_.read(text)])
        assert alone.heads == pytest.approx(scores.heads, abs=0.02)
        assert [(p.start, p.end) for p in alone.pieces] == [(p.start, p.end) for p in scores.pieces]


class TestWithoutOnnxruntime:
    @pytest.fixture(autouse=True)
    def blocked(self, anew: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
        monkeypatch.delitem(sys.modules, "moderation.detectors.framing.standard", raising=False)

    def test_the_light_model_runs_by_itself(self, caplog: pytest.LogCaptureFixture) -> None:
        assert models.candidates("auto") == ("light",)
        assert models.load().name == "light"
        assert findings("auto")[0].detail["model"] == "light"
        assert caplog.records == []

    def test_asking_for_the_other_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        assert findings("standard")[0].detail["model"] == "light"
        assert "'standard' cannot be used" in caplog.text


DAMAGES = {
    "missing": lambda file: file.unlink(),
    "empty": lambda file: file.write_bytes(b""),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-100]),
    "another": lambda file: file.write_bytes(b"x" * 1000),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_standard_model_leaves_the_light_one(
    damage: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    DAMAGES[damage](folder / "standard.onnx")
    (defect,) = models.defects("standard")
    assert "standard.onnx" in defect
    assert list(models.defects("light")) == []
    assert findings("standard")[0].detail["model"] == "light"
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "standard.onnx" in record.getMessage()


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["pieces.txt", "ordinary.txt", "meta.json"])
def test_without_any_model_patterns_go_on(
    name: str, damage: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    DAMAGES[damage](folder / name)
    assert any(name in defect for defect in models.defects("auto"))
    detector = FramingDetector()
    answer = detector.detect(Document(INSULT, Kind.COMMENT), Context())
    assert answer.notes == (NO_MODEL,)
    (finding,) = answer.findings
    assert (finding.category, finding.band) == ("attack", Band.POSSIBLE)
    (evidence,) = finding.evidence
    assert INSULT[evidence.start : evidence.end] == INSULT.rstrip(".")
    assert evidence.params["without"] < 10
    harmless = detector.detect(Document("Thank you all for coming.", Kind.COMMENT), Context())
    assert harmless.findings == ()
    assert "patterns alone" in caplog.text


def test_facts_that_do_not_fit_are_refused(folder: Path) -> None:
    facts = json.loads((folder / "meta.json").read_text())
    del facts["light"]["thresholds"]["strict"]["threat"]
    (folder / "meta.json").write_text(json.dumps(facts))
    with pytest.raises(ModelError, match="does not fit"):
        models.read_model(folder, "light")
    assert models.load("light").name == models.PATTERNS


def test_long_comments_need_no_light_model(folder: Path) -> None:
    (folder / "light.npz").unlink()
    model = models.load("standard")
    assert (model.name, model.screener) == ("standard", None)
    text = "The minutes are online and the meeting was long. " * 400 + VERMIN
    answer = FramingDetector(model="standard").detect(Document(text, Kind.COMMENT), Context())
    assert answer.findings


def test_a_file_with_the_right_checksum_may_still_be_nonsense(folder: Path) -> None:
    facts = json.loads((folder / "meta.json").read_text())
    for name in ("standard.onnx", "light.npz"):
        (folder / name).write_bytes(b"nonsense")
        facts["sha256"][name] = hashlib.sha256(b"nonsense").hexdigest()
    (folder / "meta.json").write_text(json.dumps(facts))
    assert models.load("standard").name == models.PATTERNS


def test_nothing_executable_is_unpacked() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, shape=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ModelError):
        LightNetwork(buffer.getvalue())
    with pytest.raises(ModelError):
        StandardNetwork(b"")


def test_an_unknown_model() -> None:
    with pytest.raises(ValueError, match="no model 'large'"):
        models.load("large")


def test_one_core_is_left_as_it_was() -> None:
    library = threads._library()
    if library is None:
        pytest.skip("numpy has another library here")
    before = library[0]()
    with threads.one_core(), threads.one_core():
        assert library[0]() == 1
    assert library[0]() == before


def test_the_runtime_is_told_to_report_nothing_to_its_makers(tmp_path: Path) -> None:
    """Where it may report, it keeps a file about its sessions in the temporary folder."""
    program = (
        "import os\n"
        "from moderation.detectors.framing import FramingDetector\n"
        "FramingDetector(model='standard').scores('You idiot.')\n"
        "print(os.environ['ORT_DISABLE_TELEMETRY'])\n"
    )
    unset = {"ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI"}
    surroundings = {name: value for name, value in os.environ.items() if name not in unset}
    said = subprocess.run(
        [sys.executable, "-c", program],
        env=surroundings | {"TMPDIR": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout == "1\n"
    assert list(tmp_path.iterdir()) == []
