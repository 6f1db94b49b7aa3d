"""What the account table says of a run whose data can't be trusted."""

from types import SimpleNamespace
from typing import Any

import pytest

from upbit_auto_trading.application.paper_views import RunCondition
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.presentation.i18n import choose_language
from upbit_auto_trading.presentation.screens.account_words import position_rows
from upbit_auto_trading.presentation.widgets.data_table import Cell

PRICE, VALUE, PROFIT, PERCENT = 4, 5, 6, 7


@pytest.fixture(autouse=True)
def english() -> None:
    choose_language("en")


def cells(quality: Quality) -> tuple[Cell, ...]:
    position = SimpleNamespace(
        market="KRW-BTC", quantity=1, average=100.0, value=110.0, profit=10.0,
        profit_percent=10.0, profit_after_fees=9.0, profit_after_fees_percent=9.0, armed={},
    )  # fmt: skip
    run: Any = SimpleNamespace(
        run_id=1, market="KRW-BTC", strategy=Strategy("rules", Words("규칙", "rules"), ()),
        condition=RunCondition.RUNNING, is_live=True, quality=quality, age_s=23.0, price=110.0,
        given=100.0, position=position, trouble="", nearest=None,
    )  # fmt: skip
    ((_key, row),) = [(one.key, one.cells) for one in position_rows([run], {})]
    return tuple(row)


@pytest.mark.parametrize("quality", [Quality.STALE, Quality.MISSING])
def test_price_and_what_is_reckoned_with_it_look_old(quality: Quality) -> None:
    row = cells(quality)
    for place in (PRICE, VALUE, PROFIT, PERCENT):
        assert row[place].is_stale
        assert row[place].ink == "text-3"
    assert "23" in row[PRICE].explanation


@pytest.mark.parametrize("quality", [Quality.LIVE, Quality.REST])
def test_fresh_prices_look_live_over_whichever_way_they_came(quality: Quality) -> None:
    row = cells(quality)
    assert not any(cell.is_stale for cell in row)
    assert row[PRICE].ink == "text-1"
