"""Write ``data/composed.jsonl`` from the frames beside it.

    python -m training.framing.compose

A frame is filled a few times with other topics, things and people; each side of politics takes
its turn in the same frames, so neither is more often the target. Fixed seed.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).with_name("data")
_SEED = 5
_HARMLESS_FILLS, _INFLAMMATORY_FILLS = 4, 4

LEFT = "Labour voters;Democrats;leftists;liberals;socialists;climate activists;progressives"
RIGHT = "Tory voters;Republicans;right-wingers;conservatives;nationalists;gun owners;populists"
OTHERS = (
    "Muslims;Christians;atheists;Jews;Catholics;Hindus;immigrants;locals;refugees;Poles;Germans;"
    "Mexicans;Nigerians;Americans;women;men;gay people;trans people;black people;white people;"
    "disabled people;pensioners;teenagers;vegans;farmers;cyclists;drivers;teachers;landlords;"
    "tenants;nurses;police officers;journalists;bankers;gamers;tourists;hunters;students;"
    "billionaires;unemployed people;country people;city people;union members;football fans"
)
SLOTS = {
    "P": (
        "the mayor;Senator Aldous;the minister;Councillor Brandt;the coach;President Okello;"
        "this reporter;the governor;Judge Marlow;the new headmaster;the headmistress;"
        "Ms Tanaka;our MP;the chancellor;Mr Pereira;the star striker;the landlord;that host"
    ),
    "N": "Dave;Priya;Gareth;Linda;Kofi;Maria;Tom;Aisha;Sven;Chloe;Raj;Wendy",
    "n": "mark_71;ellie.b;northpaw;greta_k;big_joe;samir22;quietlake;tess_w",
    "I": (
        "the council;the water company;the ministry;the league;the health board;the bank;"
        "the railway;the university;the port authority;the broadcaster;the federation"
    ),
    "topic": (
        "the bypass;rent control;the carbon tax;school meals;immigration;the new stadium;gun laws;"
        "bin collection;the pension reform;nuclear power;the trade deal;speed cameras;abortion;"
        "the housing plan;farm subsidies;the border;the hospital merger;VAR;free buses;the strike;"
        "vaccines;the minimum wage;wind farms;the referendum;parking fees;the defence budget;"
        "library hours;inheritance tax;the ferry;dog licences;game prices;the remake"
    ),
    "thing": (
        "this printer;the new app;that sofa;coriander;the update;my old phone;that coffee machine;"
        "the remote control;pineapple on pizza;self-checkout;the ticket machine;that sequel;"
        "plastic packaging;the office chair;autoplay;this router;a cheap tent;the lawnmower"
    ),
    "thing0": "phone;kettle;film;update;laptop;game;hotel room;bicycle;headset;soup;menu;tent",
    "event": (
        "we got the keys today;the lights are back on;they scored in the last minute;"
        "my exam is next week;the river is over the road;it snowed in May;he is playing tonight;"
        "the baby slept six hours;the last train is gone;we made the final;my visa came through"
    ),
    "insult": "clown;muppet;idiot;moron;fool;loser;dimwit;windbag;halfwit;coward;creep;crook",
    "bad": (
        "stupid;lazy;evil;dishonest;pathetic;thick;ignorant;greedy;worthless;brainwashed;"
        "violent;dirty;spineless;clueless;heartless"
    ),
    "beasts": "vermin;rats;parasites;animals;leeches;sheep;cockroaches;pigs;trash;scum",
    "harmed": "shot;beaten up;locked in a cellar;hanged;thrown off a roof;drowned;wiped out",
}
_FEMALE = {"Ms Tanaka", "the headmistress"}
_VOWELS = "aeiou"


def main() -> None:
    chance = random.Random(_SEED)
    lines = [*_harmless(chance), *_inflammatory(chance)]
    unique = {line["text"].lower(): line for line in lines}
    with DATA.joinpath("composed.jsonl").open("w", encoding="utf-8") as file:
        for line in unique.values():
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(len(unique), "comments")


def _harmless(chance: random.Random) -> Iterator[dict[str, object]]:
    for heading, frame in _frames("harmless_frames.txt"):
        kind, target = heading.split()
        hard = "" if kind in {"ordinary", "thing", "threat_warning"} else kind
        for text, side, number in _filled(frame, chance, _HARMLESS_FILLS):
            yield _line(text, False, [], target, hard, side, frame, number)


def _inflammatory(chance: random.Random) -> Iterator[dict[str, object]]:
    for heading, frame in _frames("inflammatory_frames.txt"):
        category, kind = heading.split()
        categories = ["shouting", "attack"] if category == "shouting" else [category]
        target = "group" if "{G}" in frame else "person"
        for text, side, number in _filled(frame, chance, _INFLAMMATORY_FILLS):
            shown = _shouted(text) if category == "shouting" else text
            yield _line(shown, True, categories, target, kind.strip("-"), side, frame, number)


def _line(
    text: str,
    label: bool,
    categories: list[str],
    target: str,
    hard: str,
    side: str,
    frame: str,
    number: int,
) -> dict[str, object]:
    return {
        "text": text,
        "label": label,
        "categories": categories,
        "target": target,
        "hard": hard,
        "side": side,
        "topic": "",
        "pair": f"frame {frame[:40]}",
        "id": f"composed-{abs(hash_of(frame)) % 10**8:08d}-{number}",
    }


def hash_of(text: str) -> int:
    """Return a number that is the same on every run."""
    return sum(ord(letter) * 31 ** (index % 7) for index, letter in enumerate(text))


def _frames(name: str) -> Iterator[tuple[str, str]]:
    heading = ""
    for line in DATA.joinpath(name).read_text("utf-8").splitlines():
        if line.startswith("= "):
            heading = line[2:]
        elif line and not line.startswith("#"):
            yield heading, line


def _filled(frame: str, chance: random.Random, most: int) -> Iterator[tuple[str, str, int]]:
    """Yield a frame with its braces filled, the side spoken about, and a number."""
    turns = [("left", LEFT), ("right", RIGHT), ("none", OTHERS), ("none", OTHERS), ("none", OTHERS)]
    slots = set(re.findall(r"{(\w+)}", frame)) - {"he", "his", "him"}
    fills = 1 if not slots else min(most, 2 + len(slots))
    for number, (side, groups) in enumerate(turns[:fills]):
        yield _fill(frame, groups, chance), side if "G" in slots else "none", number


def _fill(frame: str, groups: str, chance: random.Random) -> str:
    person = chance.choice(SLOTS["P"].split(";"))
    group = chance.choice(groups.split(";"))
    she = person in _FEMALE or chance.random() < 0.4
    fixed = {
        "P": person,
        "G": group,
        "he": "she" if she else "he",
        "his": "her" if she else "his",
        "him": "her" if she else "him",
    }

    def slot(match: re.Match[str]) -> str:
        name = match[1]
        if name in fixed:
            return fixed[name]
        if name == "an_insult":
            word = chance.choice(SLOTS["insult"].split(";"))
            return f"{'an' if word[0] in _VOWELS else 'a'} {word}"
        if name == "insults":
            return chance.choice(SLOTS["insult"].split(";")) + "s"
        return chance.choice(SLOTS[name].split(";"))

    filled = re.sub(r"{(\w+)}", slot, frame)
    if chance.random() < 0.12:
        return filled.rstrip(".")
    at = next(i for i, letter in enumerate(filled) if letter.isalpha() or letter == "@")
    opens = frame[at] == "{" or frame[at : at + 1].isupper() or frame[at : at + 2] == "⟦{"
    return filled[:at] + filled[at].upper() + filled[at + 1 :] if opens else filled


def _shouted(text: str) -> str:
    return text.upper()


if __name__ == "__main__":
    main()
