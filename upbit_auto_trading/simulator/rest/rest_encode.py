"""Answers of the quotation API as JSON text, key order and number spelling as recorded."""

import json
from collections.abc import Iterable, Sequence

from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.timeframe import Timeframe, TimeframeUnit, from_epoch_ms
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.market.listing_state import CAUTIONS, Standing
from upbit_auto_trading.simulator.market.market_source import (
    Book,
    CandleFigures,
    Print,
    TickerFigures,
)
from upbit_auto_trading.simulator.wire.number_spelling import fixed, plain
from upbit_auto_trading.simulator.wire.ws_encode import change_of, kst_text, utc_text

_KST_SHIFT_MS = 9 * 3600 * 1000


def json_array(objects: Iterable[str]) -> bytes:
    """Return the body of a list answer."""
    return f"[{','.join(objects)}]".encode()


def market_json(standing: Standing, *, details: bool) -> str:
    """Return a row of the market list, with its event flags when asked for."""
    row: dict[str, object] = {
        "market": standing.market,
        "korean_name": standing.korean_name,
        "english_name": standing.english_name,
    }
    if details:
        caution = {name: name in standing.cautions for name in CAUTIONS}
        row["market_event"] = {"warning": standing.warning, "caution": caution}
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def candle_json(
    market: str,
    candle: CandleFigures,
    timeframe: Timeframe,
    converted: float | None = None,
) -> str:
    """Return a candle; `converted` is its close in won, where that was asked for."""
    text = (
        f'{{"market":"{market}","candle_date_time_utc":"{utc_text(candle.start_ms)}",'
        f'"candle_date_time_kst":"{kst_text(candle.start_ms)}",'
        f'"opening_price":{fixed(candle.open)},"high_price":{fixed(candle.high)},'
        f'"low_price":{fixed(candle.low)},"trade_price":{fixed(candle.close)},'
        f'"timestamp":{candle.last_ms},'
        f'"candle_acc_trade_price":{fixed(candle.turnover)},'
        f'"candle_acc_trade_volume":{fixed(candle.volume)}'
    )
    if timeframe.unit is TimeframeUnit.MINUTE:
        text += f',"unit":{timeframe.count}'
    elif timeframe.unit is TimeframeUnit.DAY:
        text += _day_change(candle.close, candle.previous_close)
        if converted is not None:
            text += f',"converted_trade_price":{fixed(converted)}'
    elif timeframe.unit is not TimeframeUnit.SECOND:
        text += f',"first_day_of_period":"{utc_text(candle.start_ms)[:10]}"'
    return text + "}"


def _day_change(close: float, prev: float) -> str:
    rate = round((close - prev) / prev, 10) if prev else 0.0
    return (
        f',"prev_closing_price":{fixed(prev)},"change_price":{fixed(round(close - prev, 8))},'
        f'"change_rate":{fixed(rate, 10)}'
    )


def tick_json(trade: Print, prev: float) -> str:
    """Return a trade; its change from `prev`, yesterday's close, is signed here."""
    second = utc_text(trade.trade_ms)
    side = "BID" if trade.side is Side.BID else "ASK"
    change = round(trade.price - prev, 8)
    return (
        f'{{"market":"{trade.market}","trade_date_utc":"{second[:10]}",'
        f'"trade_time_utc":"{second[11:]}","timestamp":{trade.trade_ms},'
        f'"trade_price":{fixed(trade.price)},"trade_volume":{fixed(trade.volume)},'
        f'"prev_closing_price":{fixed(prev)},"change_price":{fixed(change)},'
        f'"ask_bid":"{side}","sequential_id":{trade.sequential_id}}}'
    )


def ticker_json(figures: TickerFigures, timestamp_ms: int) -> str:
    """Return a ticker; on an even day the changes are the bare integer 0."""
    prev, price = figures.prev_closing_price, figures.trade_price
    change = round(price - prev, 8)
    rate = round((price - prev) / prev, 10) if prev else 0.0
    utc = from_epoch_ms(figures.trade_ms).strftime("%Y%m%d %H%M%S").split()
    kst = from_epoch_ms(figures.trade_ms + _KST_SHIFT_MS).strftime("%Y%m%d %H%M%S").split()
    return (
        f'{{"market":"{figures.market}","trade_date":"{utc[0]}","trade_time":"{utc[1]}",'
        f'"trade_date_kst":"{kst[0]}","trade_time_kst":"{kst[1]}",'
        f'"trade_timestamp":{figures.trade_ms},'
        f'"opening_price":{fixed(figures.opening_price)},"high_price":{fixed(figures.high_price)},'
        f'"low_price":{fixed(figures.low_price)},"trade_price":{fixed(price)},'
        f'"prev_closing_price":{fixed(prev)},"change":"{change_of(price, prev)}",'
        f'"change_price":{_or_zero(abs(change), 8)},"change_rate":{_or_zero(abs(rate), 10)},'
        f'"signed_change_price":{_or_zero(change, 8)},"signed_change_rate":{_or_zero(rate, 10)},'
        f'"trade_volume":{fixed(figures.trade_volume)},'
        f'"acc_trade_price":{fixed(figures.acc_trade_price)},'
        f'"acc_trade_price_24h":{fixed(figures.acc_trade_price_24h)},'
        f'"acc_trade_volume":{fixed(figures.acc_trade_volume)},'
        f'"acc_trade_volume_24h":{fixed(figures.acc_trade_volume_24h)},'
        f'"highest_52_week_price":{fixed(figures.highest_52_week_price)},'
        f'"highest_52_week_date":"{utc_text(figures.highest_52_week_day_ms)[:10]}",'
        f'"lowest_52_week_price":{fixed(figures.lowest_52_week_price)},'
        f'"lowest_52_week_date":"{utc_text(figures.lowest_52_week_day_ms)[:10]}","timestamp":{timestamp_ms}}}'
    )


def _or_zero(value: float, decimals: int) -> str:
    return fixed(value, decimals) if value else "0"


def orderbook_json(market: str, book: Book, count: int, level: float) -> str:
    """Return a book of `count` levels; bids come first here, unlike in the stream."""
    units = ",".join(
        [
            f'{{"bid_price":{plain(bid)},"bid_size":{plain(bade)},'
            f'"ask_price":{plain(ask)},"ask_size":{plain(asked)}}}'
            for bid, bade, ask, asked in zip(
                book.bid_prices[:count],
                book.bid_sizes[:count],
                book.ask_prices[:count],
                book.ask_sizes[:count],
                strict=True,
            )
        ]
    )
    return (
        f'{{"market":"{market}","timestamp":{book.exchange_ms},'
        f'"total_ask_size":{plain(book.total_ask_size)},'
        f'"total_bid_size":{plain(book.total_bid_size)},'
        f'"orderbook_units":[{units}],"level":{plain(level)}}}'
    )


def instrument_json(market: str, tick_size: str, levels: Sequence[str]) -> str:
    """Return a market's price unit and the levels its book can be grouped by."""
    row = {
        "market": market,
        "quote_currency": quote_of(market),
        "tick_size": tick_size,
        "supported_levels": list(levels),
    }
    return json.dumps(row, separators=(",", ":"))


def supported_levels_json(market: str, levels: Sequence[str]) -> str:
    """Return the deprecated form of `instrument_json`: levels as numbers."""
    return f'{{"market":"{market}","supported_levels":[{",".join(levels)}]}}'
