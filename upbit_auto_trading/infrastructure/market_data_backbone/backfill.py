"""Fills gaps over REST, the values going through the same door as live ones."""

from collections.abc import Callable

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.timeframe import TIMEFRAMES, Timeframe
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone.candle_pages import CandlePages
from upbit_auto_trading.infrastructure.market_data_backbone.gap_detector import Gap
from upbit_auto_trading.infrastructure.upbit.constants import TRADE_DAYS, TRADE_PAGE
from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient

_LONGEST = 1_000_000
_BY_CHANNEL = {
    channel: timeframe
    for timeframe in TIMEFRAMES.values()
    if (channel := timeframe.websocket_channel) is not None
}


def timeframe_of(stream: Stream) -> Timeframe:
    """Return the timeframe of a candle stream.

    Raises:
        KeyError: it isn't one.
    """
    return _BY_CHANNEL[stream.channel]


async def fill(
    gap: Gap, client: UpbitRestClient, deliver: Callable[[MarketValue], object], priority: int
) -> int:
    """Ask for what `gap` misses and deliver it oldest first; return how many values came.

    Raises:
        MarketDataError: it can't be had now; what was delivered stays valid.
    """
    values: list[Candle] | list[Trade]
    if gap.stream.channel == "trade":
        values = await _missing_trades(gap, client, priority)
    else:
        values = await _missing_candles(gap, client, priority)
    for value in values:
        deliver(value)
    return len(values)


async def _missing_candles(gap: Gap, client: UpbitRestClient, priority: int) -> list[Candle]:
    timeframe = timeframe_of(gap.stream)
    pages = CandlePages(_LONGEST, since_ms=gap.since_ms)
    while (request := pages.next_request()) is not None:
        count, before_ms = request
        pages.took(
            await client.candles(
                gap.stream.market,
                timeframe,
                count,
                before_ms=before_ms,
                delivery=Delivery.BACKFILL,
                priority=priority,
            )
        )
    return pages.candles()


async def _missing_trades(gap: Gap, client: UpbitRestClient, priority: int) -> list[Trade]:
    """Page back from the newest trade, day by day, until the last known one is reached."""
    pages: list[list[Trade]] = []
    before_id: int | None = None
    days_ago = 0
    while days_ago <= TRADE_DAYS:
        page = await client.trades(
            gap.stream.market,
            TRADE_PAGE,
            before_id=before_id,
            days_ago=days_ago,
            delivery=Delivery.BACKFILL,
            priority=priority,
        )
        pages.append([trade for trade in page if trade.trade_ms >= gap.since_ms])
        if page and (
            page[0].trade_ms < gap.since_ms
            or any(trade.sequential_id == gap.last_id for trade in page)
        ):
            break
        if len(page) < TRADE_PAGE:
            days_ago += 1
        if page:
            before_id = page[0].sequential_id
    return [trade for page in reversed(pages) for trade in page]
