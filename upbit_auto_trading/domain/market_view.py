"""What the engine sees of the market on one tick, live or prepared."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from upbit_auto_trading.domain.evaluation import Input, Inputs
    from upbit_auto_trading.domain.truth import Unknown

Writer = Callable[[list[float]], None]


class MarketView(Protocol):
    """The newest tick and everything rules may read about it.

    `closed` are the timeframes of which this tick proved a candle closed; `closed_late` those
    of them whose candle was completed by backfill. `backfilled`: the tick itself was.
    """

    @property
    def ms(self) -> int: ...
    @property
    def price(self) -> float: ...
    @property
    def closed(self) -> frozenset[str]: ...
    @property
    def closed_late(self) -> frozenset[str]: ...
    @property
    def backfilled(self) -> bool: ...

    def attach(self, inputs: Inputs) -> Writer:
        """Return what writes the market's values into a list laid out by `inputs`."""
        ...

    def unknown_of(self, wanted: Input) -> Unknown:
        """Return why an input has no value."""
        ...

    @property
    def untrusted(self) -> frozenset[str]:
        """The variables whose data is stale or missing now, though the tick is good."""
        ...


def writer_of(inputs: Inputs, reader: Callable[[Input], Callable[[], float] | None]) -> Writer:
    """Return what writes each input that has a reader to its place."""
    reads: list[tuple[int, Callable[[], float]]] = []
    for wanted, slot in inputs.wanted.items():
        read = reader(wanted)
        if read is not None:
            reads.append((slot, read))

    def write(values: list[float]) -> None:
        for slot, read in reads:
            values[slot] = read()

    return write
