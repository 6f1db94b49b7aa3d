"""Reads a recorded WebSocket session: one JSON object a line.

`{"t": "recv", "ts": epoch seconds, "b64": frame}` is a received frame in any of Upbit's formats,
`{"t": "http", "url": …/v1/market/all, "data": body}` the list of markets; all else is left out.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from upbit_auto_trading.domain.market import InvalidMarketError, parse_market
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.market.book_model import Book
from upbit_auto_trading.simulator.market.tape import Print
from upbit_auto_trading.simulator.wire.simple_keys import in_full

RECORDED_TYPES: Final = frozenset({"trade", "orderbook"})
"""Types played as they were received; tickers and candles are made from the trades."""


class RecordingError(Exception):
    """A file that can't be played; `line` counts from 1, 0 where the whole file is meant."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One value that was received at `moment_ms`; `text` is its JSON with keys in full.

    Numbers are spelled as they were. `previous_close` comes with trades, 0 where it wasn't sent.
    """

    moment_ms: int
    type: str
    market: str
    text: str
    value: Print | Book
    previous_close: float = 0.0

    @property
    def key(self) -> str:
        """What tells it from others of its stream: a trade's id, a book's time."""
        value = self.value
        return str(value.sequential_id if isinstance(value, Print) else value.exchange_ms)


@dataclass(frozen=True, slots=True)
class RecordedListing:
    """A row of the recorded list of markets."""

    market: str
    korean_name: str
    english_name: str
    warning: bool = False
    cautions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """What was recorded, in order; `digest` tells one recording from another."""

    frames: Sequence[RecordedFrame]
    listing: Sequence[RecordedListing]
    digest: str

    @property
    def begin_ms(self) -> int:
        """When the first frame was received, in epoch milliseconds."""
        return self.frames[0].moment_ms


def read_session(path: Path) -> RecordedSession:
    """Return the session recorded in a file.

    Raises:
        RecordingError: it can't be read or played, with the line that is wrong.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordingError(path, 0, error.strerror or str(error)) from error
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError as error:
        raise RecordingError(path, data.count(b"\n", 0, error.start) + 1, "not UTF-8") from None
    reader = _Reader()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                reader.take(line)
            except _UnplayableError as error:
                raise RecordingError(path, number, str(error)) from None
    if not reader.frames:
        raise RecordingError(path, 0, "no frame of a trade or an order book in it")
    digest = hashlib.sha256(data).hexdigest()[:16]
    return RecordedSession(reader.frames, reader.listing(), digest)


class _UnplayableError(ValueError):
    """A line that can't be played; the text says why."""


class _Reader:
    def __init__(self) -> None:
        self.frames: list[RecordedFrame] = []
        self._rows: dict[str, RecordedListing] = {}

    def take(self, line: str) -> None:
        record = _json(line)
        if not isinstance(record, dict) or "t" not in record:
            raise _UnplayableError('not a JSON object with a "t"')
        if record["t"] == "recv":
            self._take_frame(record)
        elif record["t"] == "http" and str(record.get("url", "")).endswith("/v1/market/all"):
            self._take_listing(record.get("data"))

    def listing(self) -> list[RecordedListing]:
        """Return the recorded list, with every market of a frame that isn't in it at the end."""
        rows = dict(self._rows)
        for frame in self.frames:
            rows.setdefault(frame.market, RecordedListing(frame.market, frame.market, frame.market))
        return list(rows.values())

    def _take_listing(self, body: object) -> None:
        rows = _json(body) if isinstance(body, str) else body
        if not isinstance(rows, list):
            raise _UnplayableError("the list of markets is not a list")
        for row in rows:
            try:
                market = parse_market(row["market"])
                names = str(row["korean_name"]), str(row["english_name"])
            except (TypeError, KeyError, InvalidMarketError):
                raise _UnplayableError("a row of the list of markets is wrong") from None
            self._rows[market] = RecordedListing(market, *names)

    def _take_frame(self, record: Mapping[str, Any]) -> None:
        moment_s, encoded = record.get("ts"), record.get("b64")
        if isinstance(moment_s, bool) or not isinstance(moment_s, int | float):
            raise _UnplayableError('"ts" is not a time in seconds')
        moment_ms = round(moment_s * 1000)
        if self.frames and moment_ms < self.frames[-1].moment_ms:
            raise _UnplayableError("received before the frame above it")
        if not isinstance(encoded, str):
            raise _UnplayableError('"b64" is missing')
        try:
            text = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _UnplayableError('"b64" is not a frame of text in base64') from None
        for part in _parts(text):
            frame = _frame(moment_ms, part)
            if frame is not None:
                self.frames.append(frame)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _UnplayableError("not JSON") from None


def _parts(text: str) -> Iterable[str]:
    """Return the objects of a frame; those of a list format keep their spelling if it is one."""
    stripped = text.strip()
    if not stripped.startswith("["):
        return (stripped,)
    documents = _json(stripped)
    if len(documents) == 1:
        return (stripped[1:-1].strip(),)
    return [json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in documents]


def _frame(moment_ms: int, text: str) -> RecordedFrame | None:
    """Return the value in `text`, None where it is of a type that isn't played."""
    document = _json(text)
    if not isinstance(document, dict):
        raise _UnplayableError("the frame is no JSON object")
    kind = document.get("type", document.get("ty"))
    if kind not in RECORDED_TYPES:
        return None
    if "ty" in document:
        text = in_full(text, kind)
        document = json.loads(text)
    try:
        market = parse_market(document["code"])
        value = _print(market, document) if kind == "trade" else _book(document)
        previous = float(document.get("prev_closing_price", 0.0))
    except KeyError as error:
        raise _UnplayableError(f"the {kind} has no {error.args[0]}") from None
    except InvalidMarketError as error:
        raise _UnplayableError(f"the {kind} is of no market: {error}") from None
    except (TypeError, ValueError, AttributeError):
        raise _UnplayableError(f"a value of the {kind} is of the wrong kind") from None
    return RecordedFrame(moment_ms, kind, market, text, value, previous)


def _print(market: str, document: Mapping[str, Any]) -> Print:
    return Print(
        market,
        float(document["trade_price"]),
        float(document["trade_volume"]),
        Side.BID if document["ask_bid"] == "BID" else Side.ASK,
        int(document["trade_timestamp"]),
        int(document["sequential_id"]),
    )


def _book(document: Mapping[str, Any]) -> Book:
    units = document["orderbook_units"]
    return Book(
        tuple(float(unit["ask_price"]) for unit in units),
        tuple(float(unit["bid_price"]) for unit in units),
        tuple(float(unit["ask_size"]) for unit in units),
        tuple(float(unit["bid_size"]) for unit in units),
        float(document["total_ask_size"]),
        float(document["total_bid_size"]),
        int(document["timestamp"]),
        float(document.get("level", 0)),
    )
