"""The same sentence about either side gets the same answer."""

from __future__ import annotations

import pytest

from tests.framing.judging import judge

PAIRS = [
    ("Liberals", "Conservatives"),
    ("Democrats", "Republicans"),
    ("Labour voters", "Tory voters"),
    ("The left", "The right"),
    ("Remainers", "Brexiteers"),
    ("Muslims", "Christians"),
    ("Jews", "Hindus"),
    ("Catholics", "Atheists"),
    ("Women", "Men"),
    ("Germans", "Nigerians"),
    ("The French", "Australians"),
    ("Black people", "White people"),
    ("Gay people", "Straight people"),
    ("Young people", "Old people"),
    ("Nurses", "Bankers"),
    ("Teachers", "Plumbers"),
    ("Cyclists", "Motorists"),
    ("Vegans", "Hunters"),
    ("Anglers", "Gamers"),
    ("Immigrants", "Locals"),
    ("Zorbians", "Keltrans"),
    ("Quentin Marlby", "Ostra Venn"),
    ("Followers of Quentin Marlby", "Followers of Joe Biden"),
]

INFLAMMATORY = [
    "{} are vermin and should be wiped out.",
    "{} are liars and thieves, every one of them.",
    "{} want to destroy this country and they laugh at us.",
    "{} are such pathetic idiots.",
    "{} can fuck off, the whole lot.",
    "{} should be beaten up and thrown in the river.",
    "{} are traitors and the enemy within.",
]

CIVIL = [
    "{} are wrong about the budget and should read the report.",
    "{} won the vote last night and will raise taxes.",
    "{} met in our library on Monday, and some of them brought cake.",
    "{} are not vermin, and whoever says so should be ashamed.",
    "{} were called idiots in that speech, which was wrong.",
    "{} have failed on housing and I oppose what they propose.",
]


@pytest.mark.parametrize("frame", INFLAMMATORY + CIVIL)
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_both_sides_get_the_same_answer(frame: str, one: str, other: str) -> None:
    first, second = judge(frame.format(one)), judge(frame.format(other))
    assert {f.category for f in first.findings} == {f.category for f in second.findings}
    for name, score in first.scores.items():
        assert abs(score - second.scores[name]) <= 0.05, name


@pytest.mark.parametrize("names", PAIRS)
def test_what_is_the_same_for_both_is_also_right(names: tuple[str, str]) -> None:
    for name in names:
        assert all(judge(frame.format(name)).findings for frame in INFLAMMATORY)
        assert not any(judge(frame.format(name)).findings for frame in CIVIL)


def test_the_sex_of_a_person_makes_no_difference() -> None:
    pairs = [
        ("She is a pathetic liar and knows it.", "He is a pathetic liar and knows it."),
        ("I disagree with her on schools.", "I disagree with him on schools."),
        ("My sister saw her at the meeting.", "My brother saw him at the meeting."),
    ]
    for one, other in pairs:
        assert judge(one).scores == judge(other).scores
