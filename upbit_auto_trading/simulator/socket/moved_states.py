"""States a little beside the true ones, so that frames sent for their rate alone are news.

A client drops a frame that says what it knows, so a load of those would measure next to nothing.
Times move to that of sending, a book's best sizes and a ticker's turnover of 24 hours by a
little; prices and volumes stay, because trades account for them.
"""

from dataclasses import replace
from typing import Final

from upbit_auto_trading.simulator.market.book_model import Book
from upbit_auto_trading.simulator.market.ticker_model import TickerFigures
from upbit_auto_trading.simulator.socket.ws_frame import Frame

TURNS: Final = 8
_SIZE_STEP: Final = 0.01
_TURNOVER_STEP: Final = 100_000.0
_TIME_KEYS: Final = (b'"timestamp":', b'"tms":')
_DIGITS: Final = 13


def moved_book(book: Book, turn: int) -> Book:
    """Return `book` with its best sizes `turn` per cent larger, the totals with them."""
    more = 1 + turn * _SIZE_STEP
    ask, bid = (round(sizes[0] * more, 8) for sizes in (book.ask_sizes, book.bid_sizes))
    return replace(
        book,
        ask_sizes=(ask, *book.ask_sizes[1:]),
        bid_sizes=(bid, *book.bid_sizes[1:]),
        total_ask_size=round(book.total_ask_size + ask - book.ask_sizes[0], 8),
        total_bid_size=round(book.total_bid_size + bid - book.bid_sizes[0], 8),
    )


def moved_ticker(figures: TickerFigures, turn: int) -> TickerFigures:
    """Return `figures` with a turnover of 24 hours that is larger by 100,000 for each turn."""
    more = turn * _TURNOVER_STEP
    return replace(figures, acc_trade_price_24h=figures.acc_trade_price_24h + more)


def stamped(frame: Frame, sent_ms: int) -> Frame:
    """Return `frame` with `sent_ms` as its time, the same frame where that isn't later."""
    payload = frame.payload
    for key in _TIME_KEYS:
        at = payload.rfind(key) + len(key)
        if at < len(key):
            continue
        if int(payload[at : at + _DIGITS]) >= sent_ms:
            return frame
        type_, code, _, delivery = frame.what
        told = b"%s%d%s" % (payload[:at], sent_ms, payload[at + _DIGITS :])
        return Frame(told, type_, code, str(sent_ms), delivery)
    return frame
