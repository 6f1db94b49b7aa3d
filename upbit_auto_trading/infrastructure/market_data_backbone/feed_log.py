"""What happens to the feed, a line each in the log: what it was, and its figures."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from upbit_auto_trading.domain.subscription import SwapKind, SwapRecord
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_performance_monitor import (  # noqa: E501
    Happening,
)

_log = logging.getLogger(__name__)
_MOST: Final = 5
_TROUBLE: Final = frozenset(
    {
        "backfill_failed",
        "channel_quarantined",
        "disk_trouble",
        "levels_refused",
        "markets_refused",
        "server_error",
        "stream_mistimed",
        "streams_isolated",
        "streams_stalled",
        "subscription_differs",
        "trades_missing",
        "volume_unexplained",
    }
)
"""What somebody may have to look into; all else is the ordinary life of a connection."""
_CODES: Final = {
    "backfill_failed": "W-GAP-FILLING",
    "channel_quarantined": "E-DATA-BAD",
    "connection_reconnecting": "E-WS-LOST",
    "stream_mistimed": "E-DATA-BAD",
    "streams_isolated": "E-STREAM-STALL",
    "streams_stalled": "E-STREAM-STALL",
    "subscription_differs": "E-SUB-DIFFERS",
}
"""What the window calls it, so that its codes are found in the log."""


def log_happening(happening: Happening) -> None:
    """Write an entry of the timeline."""
    level = logging.WARNING if happening.what in _TROUBLE else logging.INFO
    if _log.isEnabledFor(level):
        code = {"code": _CODES.get(happening.what, "")}
        text = happening.what.replace("_", " ")
        _log.log(level, "%s%s", text, _written(happening.facts), extra=code)


def log_swap(record: SwapRecord) -> None:
    """Write a finished change of subscription; what was covered already is none."""
    if record.kind is SwapKind.NONE or not _log.isEnabledFor(logging.INFO):
        return
    facts = {
        "kind": record.kind.value,
        "first_ms": record.first_ms,
        "complete_ms": record.complete_ms,
        "added": len(record.added),
        "removed": len(record.removed),
        "silent": sorted(map(str, record.silent)),
    }
    _log.info("swap%s", _written(facts))


def _written(facts: Mapping[str, Any]) -> str:
    return "".join(
        f" {name}={_shown(value)}" for name, value in facts.items() if value not in (None, [], "")
    )


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, list):
        more = f", and {len(value) - _MOST} more" if len(value) > _MOST else ""
        return "[" + ", ".join(map(str, value[:_MOST])) + more + "]"
    return str(value)
