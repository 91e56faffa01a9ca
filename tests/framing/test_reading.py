"""How the models see names: what is said of one side reads like what is said of the other."""

from __future__ import annotations

import pytest

from moderation.detectors.framing.reading import WHO, Reader

ORDINARY = """the made fair point last night is wrong lovely day nobody asked for this are should
go never won"""


@pytest.fixture(scope="module")
def reader():
    return Reader(ORDINARY.split())


@pytest.mark.parametrize("name", ["Tarvians", "Belmork", "Osgoodites", "Ferrol folk", "Muslims"])
@pytest.mark.parametrize(
    "sentence",
    [
        "{} are ruining this.",
        "{} made a fair point.",
        "Nobody asked. {} should go.",
        "{} never won.",
    ],
)
def test_an_unknown_name_that_opens_a_sentence_is_read_as_a_name(reader, name, sentence):
    assert reader.read(sentence.format(name)).text == sentence.format(WHO).lower()


@pytest.mark.parametrize(
    "sentence",
    [
        "Definately wrong.",
        "Lmao the point.",
        "Lovely day.",
        "Sheesh, nobody asked.",
        "belmork are",
    ],
)
def test_other_words_that_open_a_sentence_stay(reader, sentence):
    assert WHO not in reader.read(sentence).text
