"""The tape's view-model: the newest trades and what they amount to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from upbit_auto_trading.domain.trade_flow import TradeFlow, flow_of, large_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.application.candles import ChartSession, ChartStatus
    from upbit_auto_trading.domain.failure import FailureCause
    from upbit_auto_trading.domain.trade import Trade


class TradeTapeViewModel(QObject):
    """Reads the session's tape; figures are added up again only when its trades changed."""

    def __init__(self, session: ChartSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._added_up: object = None
        self._flow = flow_of(())
        self._large_from: float | None = None

    @property
    def trades(self) -> Sequence[Trade]:
        """The newest trades, oldest first."""
        tape = self._session.tape
        return tape.trades if tape is not None else ()

    @property
    def version(self) -> object:
        """Differs whenever the trades do."""
        tape = self._session.tape
        return None if tape is None else (tape, tape.revision)

    @property
    def failure(self) -> FailureCause | None:
        """Why the trades before the subscription aren't there yet."""
        tape = self._session.tape
        return None if tape is None else tape.failure

    @property
    def status(self) -> ChartStatus:
        """What the trades are worth now."""
        return self._session.channel_status("trade", has_value=bool(self.trades))

    @property
    def flow(self) -> TradeFlow:
        """What was bought and sold in the trades shown."""
        self._add_up()
        return self._flow

    @property
    def large_from(self) -> float | None:
        """The value from which a trade is large, in the quote currency; None if none is."""
        self._add_up()
        return self._large_from

    def _add_up(self) -> None:
        version = self.version
        if version != self._added_up:
            self._added_up = version
            self._flow = flow_of(self.trades)
            market = self._session.market
            self._large_from = large_from(market, self.trades) if market else None
