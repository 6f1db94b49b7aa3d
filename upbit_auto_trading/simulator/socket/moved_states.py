"""States a little beside the true ones, so that frames sent for their rate alone are news.

A client drops a frame that says what it knows, so a load of those would measure next to nothing.
Times move to that of sending, a book's best sizes and a ticker's turnover of 24 hours by a
little; prices and volumes stay, because trades account for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from upbit_auto_trading.simulator.market.market_source import Book
from upbit_auto_trading.simulator.socket.ws_frame import Frame

TURNS: Final = 8
_SIZE_STEP: Final = 0.01
TURNOVER_STEP: Final = 100_000.0
"""Won that a ticker's turnover of 24 hours is larger for each turn."""
_TIME_KEYS: Final = (b'"timestamp":', b'"tms":')
_DIGITS: Final = 13


@dataclass(frozen=True, slots=True)
class _MovedBook:
    ask_prices: Sequence[float]
    bid_prices: Sequence[float]
    ask_sizes: Sequence[float]
    bid_sizes: Sequence[float]
    total_ask_size: float
    total_bid_size: float
    exchange_ms: int


def moved_book(book: Book, turn: int) -> Book:
    """Return `book` with its best sizes `turn` per cent larger, the totals with them."""
    more = 1 + turn * _SIZE_STEP
    ask, bid = (round(sizes[0] * more, 8) for sizes in (book.ask_sizes, book.bid_sizes))
    return _MovedBook(
        book.ask_prices,
        book.bid_prices,
        (ask, *book.ask_sizes[1:]),
        (bid, *book.bid_sizes[1:]),
        round(book.total_ask_size + ask - book.ask_sizes[0], 8),
        round(book.total_bid_size + bid - book.bid_sizes[0], 8),
        book.exchange_ms,
    )


def stamped(frame: Frame, sent_ms: int) -> Frame:
    """Return `frame` with `sent_ms` as its time, the same frame where that isn't later."""
    payload = frame.payload
    for key in _TIME_KEYS:
        at = payload.find(key) + len(key)
        if at < len(key):
            continue
        if int(payload[at : at + _DIGITS]) >= sent_ms:
            return frame
        type_, code, _, delivery = frame.what
        told = b"%s%d%s" % (payload[:at], sent_ms, payload[at + _DIGITS :])
        return Frame(told, type_, code, str(sent_ms), delivery)
    return frame
