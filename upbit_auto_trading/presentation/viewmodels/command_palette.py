"""What the command palette offers: markets by any form of search, and all that can be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.presentation.i18n import language
from upbit_auto_trading.presentation.viewmodels.market_search import folded, initials_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.domain.market import MarketInfo
    from upbit_auto_trading.presentation.viewmodels.market_table import MarketTable

_MOST_MARKETS: Final = 8


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """One thing to choose. `kind` and `value` say what it does, `words` are searched as well."""

    kind: str
    value: str
    icon: str
    title: str
    detail: str = ""
    words: str = ""


def matching(
    query: str, actions: Sequence[PaletteEntry], table: MarketTable | None
) -> list[PaletteEntry]:
    """Return what fits a typed query, the best first: everything but markets for an empty one."""
    wanted = folded(query)
    if not wanted:
        return list(actions)
    fitting = [action for action in actions if _fits(wanted, action)]
    markets = [] if table is None else table.found(query, _MOST_MARKETS)
    return [*(_market_entry(info) for info in markets), *fitting]


def _fits(wanted: str, action: PaletteEntry) -> bool:
    text = folded(f"{action.title} {action.words}")
    return wanted in text or wanted in initials_of(text)


def _market_entry(info: MarketInfo) -> PaletteEntry:
    name = info.korean_name if language() == "ko" else info.english_name
    return PaletteEntry("market", info.market, "chart-candlestick", name, info.market)
