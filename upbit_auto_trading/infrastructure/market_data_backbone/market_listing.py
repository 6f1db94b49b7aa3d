"""Upbit's list of markets: what codes may be sent, refreshed while somebody listens. Sans-I/O."""

from collections.abc import Iterable, Sequence

from upbit_auto_trading.domain.failure import UnknownMarketError
from upbit_auto_trading.domain.market import MarketInfo


class MarketListing:
    """The newest known list; `is_known` is false before the first."""

    def __init__(self) -> None:
        self._infos: tuple[MarketInfo, ...] = ()
        self._codes: frozenset[str] = frozenset()
        self.taken_at: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether any list was had."""
        return self.taken_at is not None

    @property
    def infos(self) -> tuple[MarketInfo, ...]:
        """The list in Upbit's order."""
        return self._infos

    def take(self, infos: Sequence[MarketInfo], now: float) -> None:
        """Replace the list by what Upbit answered at `now`."""
        self._infos = tuple(infos)
        self._codes = frozenset(info.market for info in infos)
        self.taken_at = now

    def unknown(self, markets: Iterable[str]) -> frozenset[str]:
        """Return those of `markets` that Upbit doesn't list; none before the list is known."""
        if not self.is_known:
            return frozenset()
        return frozenset(markets) - self._codes

    def check(self, markets: Iterable[str]) -> None:
        """Refuse unknown markets.

        Raises:
            UnknownMarketError: Upbit doesn't list some of them.
        """
        unknown = self.unknown(markets)
        if unknown:
            raise UnknownMarketError(unknown)
