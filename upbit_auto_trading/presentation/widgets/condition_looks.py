"""What the canvas of conditions is shown: groups, rows, chips and live figures, all in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChipLook:
    """One side of a condition: `RSI 14` with `1분 마감봉` behind it. `is_fixed`: a number."""

    text: str
    detail: str = ""
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class NoteLook:
    """What is wrong with a node. `tone` is `bad` or `warn`; `repairs` are buttons' texts."""

    text: str
    tone: str
    chip: str = ""
    repairs: tuple[str, ...] = ()
    bad_part: str = ""


@dataclass(frozen=True, slots=True)
class RowLook:
    """One condition. `extras` follow the chips: `3봉 연속`; `spoken` is the whole in a sentence."""

    node: str
    letter: str
    left: ChipLook
    comparator: str
    right: ChipLook | None = None
    upper: ChipLook | None = None
    extras: tuple[str, ...] = ()
    note: NoteLook | None = None
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class GroupLook:
    """One group: its word and sign, `모두 만족` and `AND`. `token` colours it."""

    node: str
    token: str
    word: str
    sign: str
    children: tuple[GroupLook | RowLook, ...]
    note: NoteLook | None = None
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class LiveLook:
    """A node now. `truth` is `true`, `false` or `unknown`.

    `value` stands out before `against`; `basis` says how old they are. `share` and
    `threshold_share` place value and threshold on a bar from 0 to 1, None hides the bar. A group
    has a `summary` of its children instead.
    """

    truth: str
    truth_word: str
    value: str = ""
    against: str = ""
    basis: str = ""
    distance: str = ""
    share: float | None = None
    threshold_share: float | None = None
    summary: str = ""
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class CountLook:
    """How often a condition held in the preview; `short` where there is little room."""

    short: str
    long: str
    full: str
