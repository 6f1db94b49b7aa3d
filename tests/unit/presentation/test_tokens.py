"""The contrasts that the token table promises, computed from its own values."""

import itertools
import re

import pytest

from upbit_auto_trading.presentation.tokens import (
    DirectionScheme,
    ThemeName,
    contrast,
    mix,
    resolve,
)
from upbit_auto_trading.resources import resource_path

LOOKS = list(itertools.product(ThemeName, DirectionScheme))
SURFACES = ("bg0", "bg1", "bg2", "bg3")
TEXTS = ("text-1", "text-2", "text-3", "acc", "up", "down", "even")
ROLES = ("entry", "scale-in", "exit", "risk", "management")
GROUPS = ("group-and", "group-or", "group-not", "group-count")
STATES = ("good", "warn", "bad")
LINES = ("line-orange", "line-green", "line-pink", "line-cyan", "line-sand", "line-grey")
LEAST_FOR_TEXT = 4.495  # the table states one decimal
LEAST_FOR_MARKS = 3.0


def test_contrast_of_black_and_white_is_the_greatest_there_is() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#777777") == 1.0


def test_a_mix_weighs_each_channel() -> None:
    assert mix("#FF0000", "#0000FF", 0.25) == "#4000BF"


@pytest.mark.parametrize(("theme", "scheme"), LOOKS)
def test_text_can_be_read_on_every_surface(theme: ThemeName, scheme: DirectionScheme) -> None:
    table = resolve(theme, scheme)
    for ink, surface in itertools.product((*TEXTS, *ROLES, *GROUPS, *STATES), SURFACES):
        assert contrast(table[ink], table[surface]) >= LEAST_FOR_TEXT, (ink, surface)


@pytest.mark.parametrize(("theme", "scheme"), LOOKS)
@pytest.mark.parametrize(
    ("ink", "fill"),
    [
        ("on-fill", "acc-fill"),
        ("on-fill", "up-solid"),
        ("on-fill", "down-solid"),
        ("up", "up-bg"),
        ("down", "down-bg"),
        ("good", "good-bg"),
        ("warn", "warn-bg"),
        ("bad", "bad-bg"),
        ("text-1", "acc-bg"),
        ("text-2", "acc-bg"),
        ("text-1", "warn-bg"),
        ("text-1", "bad-bg"),
        ("entry", "entry-bg"),
        ("training-text", "training-tag"),
        ("training-text", "training-tag-hatch"),
        ("on-fill", "paper-tag"),
        ("on-fill", "live-tag"),
        ("bg1", "rsi"),
    ],
)
def test_text_can_be_read_on_its_own_fill(
    theme: ThemeName, scheme: DirectionScheme, ink: str, fill: str
) -> None:
    table = resolve(theme, scheme)
    assert contrast(table[ink], table[fill]) >= LEAST_FOR_TEXT


@pytest.mark.parametrize(("theme", "scheme"), LOOKS)
def test_chart_marks_and_focus_stand_out(theme: ThemeName, scheme: DirectionScheme) -> None:
    table = resolve(theme, scheme)
    for mark in ("up-pen", "down-pen", "average-20", "average-60", "rsi", "crosshair", "text-3"):
        assert contrast(table[mark], table["bg1"]) >= LEAST_FOR_MARKS, mark
    for line in ("average-20", "average-60", "rsi", *LINES):
        assert contrast(table[line], table["bg1"]) >= LEAST_FOR_TEXT, line
    for surface in SURFACES:
        assert contrast(table["acc"], table[surface]) >= 5.2, surface


def test_the_figures_of_the_specification_come_out() -> None:
    dark = resolve(ThemeName.DARK, DirectionScheme.KOREAN)
    light = resolve(ThemeName.LIGHT, DirectionScheme.KOREAN)
    stated = [
        (dark, "text-1", "bg0", 15.9),
        (dark, "text-3", "bg3", 4.5),
        (light, "text-2", "bg1", 8.3),
        (dark, "up", "bg1", 6.6),
        (light, "down", "bg1", 5.9),
        (dark, "up-pen", "bg1", 5.4),
        (light, "down-pen", "bg1", 7.2),
        (dark, "acc", "bg3", 5.8),
    ]
    for table, ink, surface, ratio in stated:
        assert contrast(table[ink], table[surface]) == pytest.approx(ratio, abs=0.06)


@pytest.mark.parametrize(("theme", "scheme"), LOOKS)
def test_rising_and_falling_are_told_apart(theme: ThemeName, scheme: DirectionScheme) -> None:
    table = resolve(theme, scheme)
    assert len({table["up"], table["down"], table["even"]}) == 3


def test_no_colour_is_written_anywhere_but_in_the_table() -> None:
    package = resource_path("..", "upbit_auto_trading", "presentation").resolve()
    pattern = re.compile(r"#[0-9A-Fa-f]{6}\b|#[0-9A-Fa-f]{3}\b")
    places = [path for path in package.rglob("*.py") if path.name != "tokens.py"]
    places += list(resource_path("styles").glob("*.qss"))
    found = {path.name: pattern.findall(path.read_text(encoding="utf-8")) for path in places}
    assert {name: colours for name, colours in found.items() if colours} == {}
