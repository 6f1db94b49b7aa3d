"""What the bar of a running strategy says of its data: holding back is said only while it does."""

from types import SimpleNamespace
from typing import Any

import pytest

from upbit_auto_trading.application.paper_views import RunCondition
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.screens.strategy_run_words import run_look


@pytest.fixture(autouse=True)
def english() -> None:
    choose_language("en")


def said(quality: Quality | None) -> tuple[str, str]:
    run = SimpleNamespace(
        condition=RunCondition.RUNNING,
        is_live=True,
        quality=quality,
        age_s=2.0,
        strategy=SimpleNamespace(revision=1),
        pending=None,
    )
    editor: Any = SimpleNamespace(strategy=run.strategy, saved=None)
    live: Any = SimpleNamespace(may_trade=True, run=run)
    look = run_look(editor, live, "")
    return look.words, look.ink


def test_prices_asked_for_drive_the_rules_so_they_arent_said_to_hold_back() -> None:
    words, ink = said(Quality.REST)
    assert words.startswith("running by prices from REST")
    assert ink == "warn"


@pytest.mark.parametrize("quality", [one for one in Quality if not one.is_print])
def test_without_prints_it_is_held_back(quality: Quality) -> None:
    assert said(quality)[0].startswith("held back: data")


@pytest.mark.parametrize("quality", [None, Quality.LIVE])
def test_otherwise_it_runs(quality: Quality | None) -> None:
    assert said(quality) == ("running on paper · v1", "good")
