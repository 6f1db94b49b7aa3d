"""Public stream frames as JSON text, key order and number spelling as on the wire.

The text is put together by hand: frames are encoded thousands of times a second, and the
spelling of numbers differs by stream and format in ways a JSON library can't express.
"""

from datetime import UTC, datetime
from functools import lru_cache

from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.market.listing_state import Standing
from upbit_auto_trading.simulator.market.market_source import (
    Book,
    CandleFigures,
    Print,
    TickerFigures,
)
from upbit_auto_trading.simulator.wire.number_spelling import fixed, java_double, plain
from upbit_auto_trading.simulator.wire.ws_stream import Format, PublicStream

_KST_SHIFT_MS = 9 * 3600 * 1000


def envelope(text: str, wire_format: Format) -> bytes:
    """Return the payload for one object in that format."""
    return f"[{text}]".encode() if wire_format.is_list else text.encode()


@lru_cache(maxsize=1024)
def _second(second: int, pattern: str) -> str:
    return datetime.fromtimestamp(second, UTC).strftime(pattern)


def utc_text(moment_ms: int) -> str:
    """Return `yyyy-MM-ddTHH:mm:ss` in UTC, no zone designator."""
    return from_epoch_ms(moment_ms).strftime("%Y-%m-%dT%H:%M:%S")


def kst_text(moment_ms: int) -> str:
    """Return `yyyy-MM-ddTHH:mm:ss` in Korean time, no zone designator."""
    return utc_text(moment_ms + _KST_SHIFT_MS)


def change_of(price: float, prev_closing_price: float) -> str:
    """Return `RISE`, `EVEN` or `FALL`."""
    if price == prev_closing_price:
        return "EVEN"
    return "RISE" if price > prev_closing_price else "FALL"


def _side(side: Side) -> str:
    return "BID" if side is Side.BID else "ASK"


def ticker_text(
    figures: TickerFigures,
    standing: Standing,
    send_ms: int,
    delivery: str,
    *,
    simple: bool,
    more: float = 0.0,
) -> str:
    """Return a ticker frame; `send_ms` is the exchange time of sending.

    Its turnover of 24 hours is larger by `more`.
    """
    number = java_double
    prev = figures.prev_closing_price
    price = figures.trade_price
    change = round(price - prev, 8)
    rate = round((price - prev) / prev, 10) if prev else 0.0
    second = figures.trade_ms // 1000
    delisting = "null" if standing.delisting is None else standing.delisting_json
    suspended = "true" if standing.is_suspended else "false"
    values = (
        figures.market,
        number(figures.opening_price),
        number(figures.high_price),
        number(figures.low_price),
        number(price),
        number(prev),
        number(figures.acc_trade_price),
        change_of(price, prev),
        number(abs(change)),
        number(change),
        number(abs(rate)),
        number(rate),
        _side(figures.side),
        number(figures.trade_volume),
        number(figures.acc_trade_volume),
        _second(second, "%Y%m%d"),
        _second(second, "%H%M%S"),
        figures.trade_ms,
        number(figures.acc_ask_volume),
        number(figures.acc_bid_volume),
        number(figures.highest_52_week_price),
        _second(figures.highest_52_week_day_ms // 1000, "%Y-%m-%d"),
        number(figures.lowest_52_week_price),
        _second(figures.lowest_52_week_day_ms // 1000, "%Y-%m-%d"),
        standing.state,
        suspended,
        delisting,
        "CAUTION" if standing.warning else "NONE",
        send_ms,
        number(figures.acc_trade_price_24h + more),
        number(figures.acc_trade_volume_24h),
        delivery,
    )
    return (_TICKER_SIMPLE if simple else _TICKER) % values


_TICKER = (
    '{"type":"ticker","code":"%s","opening_price":%s,"high_price":%s,"low_price":%s,'
    '"trade_price":%s,"prev_closing_price":%s,"acc_trade_price":%s,"change":"%s",'
    '"change_price":%s,"signed_change_price":%s,"change_rate":%s,"signed_change_rate":%s,'
    '"ask_bid":"%s","trade_volume":%s,"acc_trade_volume":%s,"trade_date":"%s",'
    '"trade_time":"%s","trade_timestamp":%s,"acc_ask_volume":%s,"acc_bid_volume":%s,'
    '"highest_52_week_price":%s,"highest_52_week_date":"%s","lowest_52_week_price":%s,'
    '"lowest_52_week_date":"%s","market_state":"%s","is_trading_suspended":%s,'
    '"delisting_date":%s,"market_warning":"%s","timestamp":%s,"acc_trade_price_24h":%s,'
    '"acc_trade_volume_24h":%s,"stream_type":"%s"}'
)
_TICKER_SIMPLE = (
    '{"ty":"ticker","cd":"%s","op":%s,"hp":%s,"lp":%s,"tp":%s,"pcp":%s,"atp":%s,"c":"%s",'
    '"cp":%s,"scp":%s,"cr":%s,"scr":%s,"ab":"%s","tv":%s,"atv":%s,"tdt":"%s","ttm":"%s",'
    '"ttms":%s,"aav":%s,"abv":%s,"h52wp":%s,"h52wdt":"%s","l52wp":%s,"l52wdt":"%s",'
    '"ms":"%s","its":%s,"dd":%s,"mw":"%s","tms":%s,"atp24h":%s,"atv24h":%s,"st":"%s"}'
)


def trade_text(
    trade: Print, prev: float, best: Book | None, send_ms: int, delivery: str, *, simple: bool
) -> str:
    """Return a trade frame; `prev` is yesterday's close, `best` the book at the trade."""
    second = trade.trade_ms // 1000
    values = (
        trade.market,
        send_ms,
        _second(second, "%Y-%m-%d"),
        _second(second, "%H:%M:%S"),
        trade.trade_ms,
        java_double(trade.price),
        java_double(trade.volume),
        _side(trade.side),
        fixed(prev),
        change_of(trade.price, prev),
        fixed(abs(round(trade.price - prev, 8))),
        trade.sequential_id,
        plain(best.ask_prices[0]) if best else "0",
        plain(best.ask_sizes[0]) if best else "0",
        plain(best.bid_prices[0]) if best else "0",
        plain(best.bid_sizes[0]) if best else "0",
        delivery,
    )
    return (_TRADE_SIMPLE if simple else _TRADE) % values


_TRADE = (
    '{"type":"trade","code":"%s","timestamp":%s,"trade_date":"%s","trade_time":"%s",'
    '"trade_timestamp":%s,"trade_price":%s,"trade_volume":%s,"ask_bid":"%s",'
    '"prev_closing_price":%s,"change":"%s","change_price":%s,"sequential_id":%s,'
    '"best_ask_price":%s,"best_ask_size":%s,"best_bid_price":%s,"best_bid_size":%s,'
    '"stream_type":"%s"}'
)
_TRADE_SIMPLE = (
    '{"ty":"trade","cd":"%s","tms":%s,"td":"%s","ttm":"%s","ttms":%s,"tp":%s,"tv":%s,'
    '"ab":"%s","pcp":%s,"c":"%s","cp":%s,"sid":%s,"bap":%s,"bas":%s,"bbp":%s,"bbs":%s,'
    '"st":"%s"}'
)


def orderbook_text(book: Book, stream: PublicStream, delivery: str, *, simple: bool) -> str:
    """Return a book frame with the stream's number of levels; totals count the whole book."""
    rows = zip(
        book.ask_prices[: stream.depth],
        book.bid_prices[: stream.depth],
        book.ask_sizes[: stream.depth],
        book.bid_sizes[: stream.depth],
        strict=True,
    )
    level = plain(stream.level)
    if simple:
        units = ",".join(
            [
                f'{{"ap":{_plain_price(ask)},"bp":{_plain_price(bid)},'
                f'"as":{_size(asked)},"bs":{_size(bade)}}}'
                for ask, bid, asked, bade in rows
            ]
        )
        return (
            f'{{"ty":"orderbook","cd":"{stream.market}","tms":{book.exchange_ms},'
            f'"tas":{java_double(book.total_ask_size)},"tbs":{java_double(book.total_bid_size)},'
            f'"obu":[{units}],"st":"{delivery}","lv":{level}}}'
        )
    units = ",".join(
        [
            f'{{"ask_price":{_price(ask)},"bid_price":{_price(bid)},'
            f'"ask_size":{_padded(asked)},"bid_size":{_padded(bade)}}}'
            for ask, bid, asked, bade in rows
        ]
    )
    return (
        f'{{"type":"orderbook","code":"{stream.market}","timestamp":{book.exchange_ms},'
        f'"total_ask_size":{fixed(book.total_ask_size)},'
        f'"total_bid_size":{fixed(book.total_bid_size)},'
        f'"orderbook_units":[{units}],"stream_type":"{delivery}","level":{level}}}'
    )


@lru_cache(maxsize=1 << 12)
def _price(price: float) -> str:
    return java_double(price) if price else "0"


@lru_cache(maxsize=1 << 12)
def _plain_price(price: float) -> str:
    return plain(price)


def _size(size: float) -> str:
    if size >= 1e-3:
        return repr(size) if size < 1e7 else java_double(size)
    return java_double(size) if size else "0"


def _padded(size: float) -> str:
    # Below a million a float holds eight decimals exactly enough to be printed as they are.
    if 0 < size < 1e6:
        return f"{size:.8f}"
    return fixed(size) if size else "0"


def candle_text(candle: CandleFigures, stream: PublicStream, delivery: str, *, simple: bool) -> str:
    """Return a candle frame; the type isn't abbreviated in SIMPLE."""
    values = (
        stream.channel,
        stream.market,
        utc_text(candle.start_ms),
        kst_text(candle.start_ms),
        fixed(candle.open),
        fixed(candle.high),
        fixed(candle.low),
        fixed(candle.close),
        fixed(candle.volume),
        fixed(candle.turnover, 16),
        candle.last_ms,
        delivery,
    )
    return (_CANDLE_SIMPLE if simple else _CANDLE) % values


_CANDLE = (
    '{"type":"%s","code":"%s","candle_date_time_utc":"%s","candle_date_time_kst":"%s",'
    '"opening_price":%s,"high_price":%s,"low_price":%s,"trade_price":%s,'
    '"candle_acc_trade_volume":%s,"candle_acc_trade_price":%s,"timestamp":%s,'
    '"stream_type":"%s"}'
)
_CANDLE_SIMPLE = (
    '{"ty":"%s","cd":"%s","cdttmu":"%s","cdttmk":"%s","op":%s,"hp":%s,"lp":%s,"tp":%s,'
    '"catv":%s,"catp":%s,"tms":%s,"st":"%s"}'
)
