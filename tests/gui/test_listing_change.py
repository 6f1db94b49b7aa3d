"""A market that is listed, delisted or flagged while the window is open."""

from dataclasses import replace

import pytest

from tests.builders import market_info
from tests.fakes import FakeMarketDataFeed
from tests.gui.conftest import LISTED, tick
from tests.waiting import until
from upbit_auto_trading.application.market_data import MarketDataService
from upbit_auto_trading.domain.failure import NotConnectedError
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.presentation.viewmodels.market_list import MarketListViewModel


def shown(model: MarketListViewModel) -> set[str]:
    table = model.table
    return {table.row(row).market for row in range(table.rowCount())}


async def test_a_new_market_gets_a_row_and_figures_and_a_delisted_one_goes(
    feed: FakeMarketDataFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_auto_trading.presentation.viewmodels.market_list._FOLLOW_S", 0)
    model = MarketListViewModel(MarketDataService(feed))
    await model.start("KRW-BTC")
    gone = next(info for info in LISTED if info.market == "KRW-XRP")
    feed.emit(tick("KRW-BTC", 5.0))
    feed.listed = [*(info for info in LISTED if info is not gone), market_info("KRW-NEW", "새싹")]
    await until(lambda: Stream("ticker", "KRW-NEW") in feed.held)
    assert "KRW-NEW" in shown(model)
    assert gone.market not in shown(model)
    assert Stream("ticker", gone.market) not in feed.held
    feed.emit(tick("KRW-NEW", 7.0))
    prices = {
        model.table.row(row).market: model.table.row(row).price
        for row in range(model.table.rowCount())
    }
    assert prices["KRW-BTC"] is not None
    assert prices["KRW-NEW"] is not None
    await model.close()
    model.deleteLater()


async def test_a_flag_is_shown_when_it_is_set_and_a_failure_keeps_the_list(
    feed: FakeMarketDataFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_auto_trading.presentation.viewmodels.market_list._FOLLOW_S", 0)
    model = MarketListViewModel(MarketDataService(feed))
    await model.start("KRW-BTC")
    before = shown(model)
    asked = 0

    async def failing() -> None:
        nonlocal asked
        asked += 1
        raise NotConnectedError("http://127.0.0.1:9", "refused")

    answering = feed.markets
    monkeypatch.setattr(feed, "markets", failing)
    await until(lambda: asked > 1)
    assert shown(model) == before
    monkeypatch.setattr(feed, "markets", answering)
    changes: list[None] = []
    model.changed.connect(lambda: changes.append(None))
    feed.listed = [replace(info, warning=True) for info in LISTED]
    await until(lambda: bool(changes))
    assert shown(model) == before
    await model.close()
    model.deleteLater()
