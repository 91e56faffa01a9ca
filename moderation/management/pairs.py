"""Matched texts: the same thing said of different sides has to get the same answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from moderation.management.documents import BadLine, Line

MOST_SHOWN = 10


class Member(NamedTuple):
    """One text of a group of matched texts, assessed."""

    text: str
    flagged: bool
    score: float


@dataclass(frozen=True, slots=True)
class Matched:
    """Texts that differ in nothing but the side; ``label`` says whether they should be flagged.

    ``name`` is what the file calls the group, ``label`` None where it does not say.
    """

    name: str
    label: bool | None
    members: tuple[Member, ...]

    @property
    def gap(self) -> float:
        """The largest difference between two scores."""
        scores = [member.score for member in self.members]
        return max(scores) - min(scores)

    @property
    def agrees(self) -> bool:
        """Whether all get the same decision."""
        return len({member.flagged for member in self.members}) == 1


@dataclass(frozen=True, slots=True)
class Fairness:
    """Figures over groups of matched texts; None where no group says what it should be."""

    groups: int
    same_decision: float
    largest_gap: float
    mean_gap: float
    inflammatory_flagged: float | None
    civil_flagged: float | None


class Group(NamedTuple):
    """A group as the file has it."""

    name: str
    label: bool | None
    texts: tuple[str, ...]


def read_groups(lines: Iterable[Line]) -> Iterator[Group | BadLine]:
    """Yield groups of matched texts in the order of their first line.

    A line is either a whole group (``texts``, or ``a`` and ``b``) or one text of the group
    that ``pair`` names. A group with one text, and a line that is no such thing, is a
    :class:`BadLine`.
    """
    members: dict[str, list[tuple[str, bool | None]]] = {}
    for number, value in lines:
        if isinstance(value, BadLine):
            yield BadLine(f"line {number}: {value}")
            continue
        try:
            whole = _texts_of(value)
        except BadLine as error:
            yield BadLine(f"line {number}: {error}")
            continue
        if len(whole) > 1:
            yield Group(str(value.get("id", number)), _label_of(value), whole)
        else:
            members.setdefault(str(value["pair"]), []).append((whole[0], _label_of(value)))
    for name, found in members.items():
        labels = {label for _text, label in found}
        if len(found) < 2:
            yield BadLine(f"pair {name!r} has one text only")
        elif len(labels) > 1:
            yield BadLine(f"the texts of pair {name!r} do not have the same label")
        else:
            yield Group(name, labels.pop(), tuple(text for text, _label in found))


def _texts_of(value: Mapping[str, Any]) -> tuple[str, ...]:
    texts: Any = value.get("texts", [value[name] for name in ("a", "b") if name in value])
    if not texts and value.get("pair") not in {None, ""}:
        texts = [value.get("text")]
        return _checked(texts)
    if not isinstance(texts, list) or len(texts) < 2:
        raise BadLine("neither 'a' and 'b' nor 'texts' nor 'pair' and 'text'")
    return _checked(texts)


def _checked(texts: Sequence[Any]) -> tuple[str, ...]:
    if not all(isinstance(text, str) for text in texts):
        raise BadLine("a text is not a string")
    return tuple(texts)


def _label_of(value: Mapping[str, Any]) -> bool | None:
    label = value.get("label")
    return label if isinstance(label, bool) else None


def fairness(groups: Sequence[Matched]) -> Fairness:
    """Compute the figures. Raises ``ValueError`` without a group."""
    if not groups:
        raise ValueError("no groups")
    gaps = [group.gap for group in groups]
    return Fairness(
        groups=len(groups),
        same_decision=sum(group.agrees for group in groups) / len(groups),
        largest_gap=max(gaps),
        mean_gap=sum(gaps) / len(gaps),
        inflammatory_flagged=_flagged(groups, label=True),
        civil_flagged=_flagged(groups, label=False),
    )


def _flagged(groups: Iterable[Matched], *, label: bool) -> float | None:
    members = [member for group in groups if group.label is label for member in group.members]
    return sum(member.flagged for member in members) / len(members) if members else None


def widest(groups: Iterable[Matched]) -> list[tuple[Matched, Member, Member]]:
    """Return the groups that are treated most unlike, each with its extremes, low before high."""
    worst = sorted(groups, key=lambda group: (group.agrees, -group.gap))
    shown = []
    for group in worst[:MOST_SHOWN]:
        if group.agrees and not group.gap:
            break
        ordered = sorted(group.members, key=lambda member: member.score)
        shown.append((group, ordered[0], ordered[-1]))
    return shown
