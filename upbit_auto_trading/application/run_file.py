"""Run files: parameters of a shipped strategy and the candles to run it on, strictly read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from upbit_auto_trading.application.strategies import (
    SEVEN_RULES,
    decimal_of,
    shipped_template,
)
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.document import DocumentProblem, InvalidDocumentError
from upbit_auto_trading.domain.market import InvalidMarketError, parse_market

if TYPE_CHECKING:
    from decimal import Decimal

    from upbit_auto_trading.domain.strategy import Strategy

MAX_BYTES: Final = 512_000_000
MAX_CANDLES: Final = 5_000_000
_HIGHEST_PRICE: Final = 1e15
_LATEST_S: Final = 4_102_444_800
_OWN_PARAMETERS: Final = frozenset(
    {"cash", "fee", "slippage_pct", "tick_size_of", "profit_includes_fees"}
)
_PLACE: Final = re.compile(r"at `\$\.?([^`]*)`")


class _RunDocument(msgspec.Struct, forbid_unknown_fields=True):
    """The shape of a run file; `events` and `final` are what somebody expects of it."""

    params: dict[str, Any]
    candles: list[list[float]]
    name: str = ""
    events: Any = None
    final: Any = None


@dataclass(frozen=True, slots=True)
class RunFile:
    """A run to be made. `length_ms` is the candles' length."""

    name: str
    strategy: Strategy
    candles: CandleColumns
    length_ms: int
    cash: Decimal
    fee_rate: Decimal
    slippage_percent: float
    grid_of: str | None = None


def read_run_file(document: bytes) -> RunFile:
    """Return the run that a JSON document describes.

    A candle is `[epoch seconds, open, high, low, close]`, with the volume as an optional sixth.
    Besides the template's, `params` may have `fee`, `slippage_pct`, `tick_size_of` (the market
    whose price steps fills keep to) and `profit_includes_fees`.

    Raises:
        InvalidDocumentError: a field is missing, unknown or out of its limits.
    """
    if len(document) > MAX_BYTES:
        raise InvalidDocumentError("", DocumentProblem.TOO_LARGE, f"at most {MAX_BYTES} bytes")
    try:
        run = msgspec.json.decode(document, type=_RunDocument)
    except msgspec.ValidationError as error:
        found = _PLACE.search(str(error))
        path = "" if found is None else found[1]
        expected = str(error).partition(" - at ")[0].removeprefix("Expected ")
        raise InvalidDocumentError(path, DocumentProblem.WRONG_TYPE, expected) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidDocumentError("", DocumentProblem.NOT_JSON, str(error)) from None
    params = run.params
    for name in ("cash", "timeframe_s"):
        if name not in params:
            raise InvalidDocumentError(f"params.{name}", DocumentProblem.MISSING, "a value")
    given = {name: value for name, value in params.items() if name not in _OWN_PARAMETERS}
    strategy = replace(
        shipped_template(SEVEN_RULES).filled(given),
        profit_includes_fees=_flag("params.profit_includes_fees", params),
    )
    return RunFile(
        run.name,
        strategy,
        candle_columns(run.candles),
        round(float(params["timeframe_s"]) * 1000),
        decimal_of("params.cash", params["cash"]),
        _fraction("params.fee", params.get("fee", "0.0005")),
        float(_fraction("params.slippage_pct", params.get("slippage_pct", 0), 100)),
        _market("params.tick_size_of", params),
    )


def _flag(where: str, params: dict[str, Any]) -> bool:
    given = params.get(where.removeprefix("params."), False)
    if not isinstance(given, bool):
        raise InvalidDocumentError(where, DocumentProblem.WRONG_TYPE, "true or false")
    return given


def _market(where: str, params: dict[str, Any]) -> str | None:
    given = params.get(where.removeprefix("params."))
    if given is None:
        return None
    try:
        return parse_market(given if isinstance(given, str) else "")
    except InvalidMarketError:
        raise InvalidDocumentError(where, DocumentProblem.UNKNOWN_NAME, "a market's code") from None


def _fraction(where: str, given: object, highest: int = 1) -> Decimal:
    value = decimal_of(where, given)
    if value >= highest:
        raise InvalidDocumentError(where, DocumentProblem.OUT_OF_RANGE, f"less than {highest}")
    return value


def candle_columns(rows: list[list[float]]) -> CandleColumns:
    """Return checked candles as columns.

    Raises:
        InvalidDocumentError: naming the first candle that can't be one.
    """
    if len(rows) > MAX_CANDLES:
        raise InvalidDocumentError(
            "candles", DocumentProblem.TOO_MANY, f"at most {MAX_CANDLES} candles"
        )
    width = len(rows[0]) if rows else 5
    for place, row in enumerate(rows):
        if len(row) != width or width not in (5, 6):
            raise InvalidDocumentError(
                f"candles[{place}]", DocumentProblem.WRONG_TYPE, "5 numbers, or 6 with the volume"
            )
    table = np.array(rows, dtype=np.float64).reshape(len(rows), width)
    start, opened, high, low, close = table[:, :5].T
    volume = table[:, 5] if width == 6 else np.zeros(len(rows))
    _refuse(~np.isfinite(table).all(axis=1), "", DocumentProblem.NOT_FINITE, "finite numbers")
    _refuse(
        (start < 0) | (start > _LATEST_S) | (start * 1000 != np.floor(start * 1000)),
        "[0]",
        DocumentProblem.OUT_OF_RANGE,
        f"whole milliseconds from 0 to {_LATEST_S} s",
    )
    _refuse(
        np.diff(start, prepend=-1.0) <= 0,
        "[0]",
        DocumentProblem.OUT_OF_RANGE,
        "a time after the candle before",
    )
    _refuse(
        (table[:, 1:5] <= 0).any(axis=1) | (table[:, 1:5] > _HIGHEST_PRICE).any(axis=1),
        "",
        DocumentProblem.OUT_OF_RANGE,
        f"prices above 0 and at most {_HIGHEST_PRICE:g}",
    )
    _refuse(
        (high < np.maximum(opened, close)) | (low > np.minimum(opened, close)),
        "",
        DocumentProblem.OUT_OF_RANGE,
        "open and close between low and high",
    )
    _refuse(volume < 0, "[5]", DocumentProblem.OUT_OF_RANGE, "a volume that isn't negative")
    columns = (opened, high, low, close, volume, volume * close)
    start_ms = np.round(start * 1000).astype(np.int64)
    return CandleColumns(start_ms, *(np.ascontiguousarray(column) for column in columns))


def _refuse(wrong: Any, field: str, problem: DocumentProblem, expected: str) -> None:
    if wrong.any():
        place = int(np.argmax(wrong))
        raise InvalidDocumentError(f"candles[{place}]{field}", problem, expected)
