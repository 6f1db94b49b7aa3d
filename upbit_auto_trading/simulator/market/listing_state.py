"""How each listed market stands: trading, suspended, about to be delisted, flagged."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from upbit_auto_trading.simulator.market.market_source import Listed

CAUTIONS: Final = (
    "PRICE_FLUCTUATIONS",
    "TRADING_VOLUME_SOARING",
    "DEPOSIT_AMOUNT_SOARING",
    "GLOBAL_PRICE_DIFFERENCES",
    "CONCENTRATION_OF_SMALL_ACCOUNTS",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A market's row with what changed since it was listed.

    `state` is `PREVIEW`, `ACTIVE` or `DELISTED`; a delisted market is in no list and sends
    nothing. Orders have to keep to `tick_factor` times the usual price unit.
    """

    market: str
    korean_name: str
    english_name: str
    warning: bool
    cautions: frozenset[str]
    state: str = "ACTIVE"
    is_suspended: bool = False
    delisting: date | None = None
    tick_factor: int = 1

    @property
    def delisting_json(self) -> str:
        """The delisting date the way Upbit's serialiser writes it."""
        day = self.delisting
        if day is None:
            return "null"
        return f'{{"year":{day.year},"month":{day.month},"day":{day.day}}}'


Change = Callable[[Standing], Standing]


class ListingState:
    """The list of markets in Upbit's order, with changes laid over it by faults.

    Changes are kept by the name of the fault that made them, so that clearing it restores truth.
    """

    def __init__(self, listing: Iterable[Listed]) -> None:
        self._listed: Mapping[str, Standing] = {row.market: _standing(row) for row in listing}
        self._changes: dict[str, dict[str, Change]] = {}
        self._now: dict[str, Standing] = dict(self._listed)

    def __contains__(self, market: object) -> bool:
        return market in self._now

    def __iter__(self) -> Iterator[str]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)

    def of(self, market: str) -> Standing:
        """Return how a listed market stands.

        Raises:
            KeyError: not listed.
        """
        return self._now[market]

    def tick_factor(self, market: str) -> int:
        """Return how many times the usual price unit a market's is; 1 where it isn't listed."""
        standing = self._now.get(market)
        return 1 if standing is None else standing.tick_factor

    @property
    def markets(self) -> tuple[str, ...]:
        """Codes of the markets listed now."""
        return tuple(self._now)

    @property
    def standings(self) -> tuple[Standing, ...]:
        """Every market listed now."""
        return tuple(self._now.values())

    def follow(self, listing: Iterable[Listed]) -> None:
        """Take the exchange's list again: markets may have been added to it."""
        self._listed = {
            row.market: self._listed.get(row.market) or _standing(row) for row in listing
        }
        self._rebuild()

    def change(self, fault: str, market: str, change: Change) -> None:
        """Lay `change` over a market's row until the fault is cleared."""
        self._changes.setdefault(fault, {})[market] = change
        self._rebuild()

    def restore(self, fault: str) -> None:
        """Undo what the fault changed. Harmless when it changed nothing."""
        if self._changes.pop(fault, None) is not None:
            self._rebuild()

    def _rebuild(self) -> None:
        now = dict(self._listed)
        for changes in self._changes.values():
            for market, change in changes.items():
                if market in now:
                    now[market] = change(now[market])
        self._now = {code: row for code, row in now.items() if row.state != "DELISTED"}


def _standing(row: Listed) -> Standing:
    return Standing(row.market, row.korean_name, row.english_name, row.warning, row.cautions)


def delisted(standing: Standing) -> Standing:
    """Return the row of a market whose trading has ended."""
    return replace(standing, state="DELISTED")
