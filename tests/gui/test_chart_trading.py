"""What a chart is told of the trading in its market."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.paper_child import MARKET
from tests.paper_desk import PaperRoom
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.presentation.viewmodels.chart_trading import ChartTradingViewModel


@pytest.fixture
async def trading(tmp_path: Path) -> AsyncIterator[PaperTrading]:
    async with PaperRoom(tmp_path).open() as opened:
        yield opened


async def test_what_concerns_no_market_is_kept_and_leaves_the_chart_as_it_is(
    trading: PaperTrading,
) -> None:
    model = ChartTradingViewModel(trading)
    model.show_market(MARKET)
    limits = replace(trading.account.limits, orders_a_minute=20)
    await trading.account.set_limits(limits)
    assert trading.account.limits == limits
    assert not model.entries
    await model.close()
