"""The market list's rows: order, search, newest tickers, and who hears of which change."""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, QTimer

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.market_row import FAVOURITES, ROW_ROLE, MarketRow
from upbit_auto_trading.presentation.viewmodels.coalescer import Coalescer
from upbit_auto_trading.presentation.viewmodels.market_search import SearchKey, folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from upbit_auto_trading.domain.market import MarketInfo
    from upbit_auto_trading.domain.ticker import Ticker

FLASH_S: Final = 0.25
_RESORT_S: Final = 2.0


class SortKey(Enum):
    """What the list can be ordered by; all but the name with the largest first."""

    TURNOVER = "turnover"
    CHANGE = "change"
    PRICE = "price"
    NAME = "name"


class MarketTable(QAbstractTableModel):
    """Rows of one quote currency, or of the favourites in all of them.

    Views are told only of changes in the rows they said are visible, at most thirty times a
    second; the rest is read when it scrolls into view.
    """

    def __init__(
        self, parent: QObject | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._now = now
        self._infos: dict[str, MarketInfo] = {}
        self._keys: dict[str, SearchKey] = {}
        self._tickers: dict[str, Ticker] = {}
        self._order: list[str] = []
        self._place: dict[str, int] = {}
        self._quote = "KRW"
        self._query = ""
        self._sort = SortKey.TURNOVER
        self._sorted_at = float("-inf")
        self._shown_market = ""
        self._is_stale = False
        self._stopped: frozenset[str] = frozenset()
        self._is_still = False
        self._is_awake = True
        self._favourites: frozenset[str] = frozenset()
        self._visible = (0, 40)
        self._dirty: set[str] = set()
        self._flashes: dict[str, tuple[str, float]] = {}
        self._coalescer = Coalescer(self)
        self._coalescer.flushed.connect(self._flush)
        self._flash_end = QTimer(self)
        self._flash_end.setSingleShot(True)
        self._flash_end.timeout.connect(self._end_flashes)

    @property
    def quotes(self) -> list[str]:
        """The quote currencies of the markets listed, in Upbit's order."""
        there = {info.quote for info in self._infos.values()}
        return [quote for quote in ("KRW", "BTC", "USDT") if quote in there]

    @property
    def tabs(self) -> list[str]:
        """What the list can show: the quote currencies, then `FAVOURITES`."""
        return [*self.quotes, FAVOURITES]

    @property
    def quote(self) -> str:
        """The quote currency shown, or `FAVOURITES`."""
        return self._quote

    def name_of(self, market: str) -> str:
        """The market's name in the chosen language, its code while it isn't listed."""
        info = self._infos.get(market)
        if info is None:
            return market
        return info.korean_name if language() == "ko" else info.english_name

    def markets_of(self, quote: str) -> list[str]:
        """Every listed market of a quote currency, or every listed favourite."""
        if quote == FAVOURITES:
            return [market for market in self._infos if market in self._favourites]
        return [market for market, info in self._infos.items() if info.quote == quote]

    def count_of(self, quote: str) -> int:
        return len(self.markets_of(quote))

    def row_of(self, market: str) -> int | None:
        """Where a market stands, None when it isn't shown."""
        return self._place.get(market)

    def market_at(self, row: int) -> str:
        return self._order[row]

    def set_markets(self, infos: Sequence[MarketInfo]) -> None:
        """Take the exchange's list."""
        self._infos = {info.market: info for info in infos}
        self._keys = {info.market: SearchKey.of(info) for info in infos}
        self._tickers = {m: t for m, t in self._tickers.items() if m in self._infos}
        self._rebuild()

    def inherit(self, earlier: MarketTable) -> None:
        """Begin with the figures that another list of the same exchange has."""
        self._tickers = {**earlier._tickers, **self._tickers}

    def clear(self) -> None:
        """Forget everything: another exchange's figures must not be mixed in."""
        self._tickers.clear()
        self._flashes.clear()
        self._stopped = frozenset()
        self.set_markets(())

    def show_quote(self, quote: str) -> None:
        self._quote = quote
        self._rebuild()

    def set_favourites(self, markets: Iterable[str]) -> None:
        """Mark these markets as the user's favourites."""
        after = frozenset(markets)
        changed, self._favourites = self._favourites ^ after, after
        if self._quote == FAVOURITES:
            self._rebuild()
        else:
            self._tell(set(changed))

    def set_still(self, *, still: bool) -> None:
        """Leave out the flash of a changed price, or show it again."""
        self._is_still = still

    def found(self, text: str, limit: int) -> list[MarketInfo]:
        """The markets of every quote currency that fit `text` best, at most `limit`."""
        query = folded(text)
        ranks = {m: rank for m, key in self._keys.items() if (rank := key.rank(query)) is not None}
        order = {quote: place for place, quote in enumerate(self.quotes)}
        best = sorted(ranks, key=lambda m: (ranks[m], order.get(self._infos[m].quote, 9)))
        return [self._infos[market] for market in best[:limit]]

    def search(self, text: str) -> None:
        """Show only what fits `text`, best fit first."""
        query = folded(text)
        if query != self._query:
            self._query = query
            self._rebuild()

    def sort_by(self, key: SortKey) -> None:
        self._sort = key
        self._rebuild()

    def mark_shown(self, market: str) -> None:
        """Mark the market that the chart shows."""
        before, self._shown_market = self._shown_market, market
        self._tell({before, market})

    def mark_stale(self, *, is_stale: bool) -> None:
        """Mark every figure as no longer moving, or as moving again."""
        if is_stale != self._is_stale:
            self._is_stale = is_stale
            self._tell(set(self._order))

    @property
    def markets_seen(self) -> list[str]:
        """The markets whose rows can be seen."""
        first, last = self._visible
        return self._order[first : last + 1]

    def mark_stopped(self, markets: Iterable[str]) -> None:
        """Mark the figures of these markets, and of no others, as no longer moving."""
        after = frozenset(markets)
        changed, self._stopped = self._stopped ^ after, after
        self._tell(set(changed))

    def set_visible_rows(self, first: int, last: int) -> None:
        """Tell which rows can be seen."""
        self._visible = (first, last)

    def set_awake(self, *, awake: bool) -> None:
        """Follow the feed on screen, or keep figures only, while nobody looks."""
        if awake == self._is_awake:
            return
        self._is_awake = awake
        if awake:
            self._resort()
            self._tell(set(self._order))
        else:
            self._dirty.clear()

    def take(self, ticker: Ticker) -> None:
        """Take in a new ticker of any market."""
        market = ticker.market
        before = self._tickers.get(market)
        self._tickers[market] = ticker
        if market not in self._place or not self._is_awake:
            return
        if before is not None and not self._is_still and ticker.trade_price != before.trade_price:
            self._flash(market, "up" if ticker.trade_price > before.trade_price else "down")
        self._dirty.add(market)
        self._coalescer.mark()

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        return 0 if parent is not None and parent.isValid() else 3

    def headerData(  # noqa: N802 -- Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section == 0:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (_("Name"), _("Price"), _("Change"))[section]

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == ROW_ROLE:
            return self.row(index.row())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(self.row(index.row()), index.column())
        return None

    def row(self, place: int) -> MarketRow:
        """The row as it is now."""
        return self._row(self._order[place])

    def row_named(self, market: str) -> MarketRow | None:
        """The row of a market, listed here now or not; None for one the exchange doesn't have."""
        return self._row(market) if market in self._infos else None

    def _row(self, market: str) -> MarketRow:
        info, ticker = self._infos[market], self._tickers.get(market)
        flash, until = self._flashes.get(market, ("", 0.0))
        return MarketRow(
            market=market,
            name=self.name_of(market),
            base=info.base,
            warning=info.warning,
            cautions=info.cautions,
            price=ticker.trade_price if ticker else None,
            change_rate=ticker.change_rate if ticker else None,
            change_price=ticker.change_price if ticker else None,
            turnover_24h=ticker.turnover_24h if ticker else None,
            flash=flash if until > self._now() else "",
            matched=self._keys[market].found_at(self._query) if language() == "ko" else None,
            is_shown=market == self._shown_market,
            is_stale=self._is_stale or market in self._stopped,
            is_favourite=market in self._favourites,
            high=ticker.high_price if ticker else None,
            low=ticker.low_price if ticker else None,
            origin=ticker.origin if ticker else None,
            exchange_ms=ticker.exchange_ms if ticker else None,
            last_day=ticker.last_day if ticker else None,
        )

    def _text(self, row: MarketRow, column: int) -> str:
        if column == 0:
            return f"{row.name} {row.base}"
        if row.price is None or row.change_rate is None:
            return formatting.NOTHING
        if column == 1:
            return formatting.price(row.market, row.price)
        return formatting.percent(row.change_rate)

    def _flash(self, market: str, flash: str) -> None:
        now = self._now()
        if market in self._flashes and self._flashes[market][1] > now:
            return
        self._flashes[market] = (flash, now + FLASH_S)
        if not self._flash_end.isActive():
            self._flash_end.start(round(FLASH_S * 1000) + 10)

    def _end_flashes(self) -> None:
        now = self._now()
        ended = {market for market, (_flash, until) in self._flashes.items() if until <= now}
        for market in ended:
            del self._flashes[market]
        self._tell(ended)
        if self._flashes:
            self._flash_end.start(60)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, set()
        if self._now() - self._sorted_at >= _RESORT_S and self._order_moves():
            self._resort()
        self._tell(dirty)

    def _tell(self, markets: set[str]) -> None:
        first, last = self._visible
        rows = sorted(self._place[m] for m in markets if m in self._place)
        right = self.columnCount() - 1
        for upper, lower in _runs([row for row in rows if first <= row <= last]):
            self.dataChanged.emit(self.index(upper, 0), self.index(lower, right))

    def _rebuild(self) -> None:
        self.beginResetModel()
        self._set_order(self._ordered())
        self.endResetModel()

    def _resort(self) -> None:
        order = self._ordered()
        if order == self._order:
            return
        self.layoutAboutToBeChanged.emit()
        held = [(index, self._order[index.row()]) for index in self.persistentIndexList()]
        self._set_order(order)
        for index, market in held:
            moved = self.index(self._place[market], index.column())
            self.changePersistentIndex(index, moved)
        self.layoutChanged.emit()

    def _set_order(self, order: list[str]) -> None:
        self._order = order
        self._place = {market: place for place, market in enumerate(order)}
        self._sorted_at = self._now()

    def _ordered(self) -> list[str]:
        ranks = {}
        for market in self.markets_of(self._quote):
            rank = self._keys[market].rank(self._query) if self._keeps(market) else None
            if rank is not None:
                ranks[market] = rank
        return sorted(ranks, key=lambda market: (ranks[market], self._sort_value(market)))

    def _keeps(self, market: str) -> bool:
        """Whether a market of the quote currency is shown at all."""
        del market
        return True

    def _order_moves(self) -> bool:
        """Whether new figures can change the order."""
        return self._sort is not SortKey.NAME

    def _sort_value(self, market: str) -> tuple[float, str]:
        ticker = self._tickers.get(market)
        name = self.name_of(market)
        if self._sort is SortKey.NAME:
            return 0.0, name
        if ticker is None:
            return float("inf"), name
        value = {
            SortKey.TURNOVER: ticker.turnover_24h,
            SortKey.CHANGE: ticker.change_rate,
            SortKey.PRICE: ticker.trade_price,
        }[self._sort]
        return -value, name


def _runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last of each stretch of neighbours in rows that rise."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], row
        else:
            runs.append((row, row))
    return runs
