"""The services of one connection to one exchange, as the window gets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from upbit_auto_trading.application.calculations import Worker
    from upbit_auto_trading.application.connection import ConnectionNotice, ExchangeEndpoint
    from upbit_auto_trading.application.diagnostics import DiagnosticsService
    from upbit_auto_trading.application.library import Library
    from upbit_auto_trading.application.log_view import LogSource
    from upbit_auto_trading.application.market_data import MarketDataService
    from upbit_auto_trading.application.paper_service import PaperTrading
    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.application.simulation import SimulationChange, SimulationWatch
    from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
    from upbit_auto_trading.application.training import TrainingGround
    from upbit_auto_trading.application.trigger_ports import TriggerShelf
    from upbit_auto_trading.domain.indicator import IndicatorPort


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a window shows comes from one of these.

    Built anew when the endpoint changes, so that two exchanges are never mixed. `feed` is for
    constructing a `ChartSession` with the window's own callback. `worker` and `indicators` are the
    program's and outlive the connection; `indicators` may be sent to the worker. `preview_worker`
    answers while a long calculation is under way, None where `worker` does both. `library`, and
    `triggers` in it, are None where the file of saved triggers and strategies can't be opened.
    `trading` is the exchange's paper account, None where its database can't be opened;
    `trading_trouble` is then the code of the LedgerError (`in_use`, `too_new`, `full`, …).
    `simulation` tells when another simulated exchange takes this one's place, None for Upbit;
    `simulation_change` is set where one did since the last time. `log` gives the newest lines of
    the program's log, whose files lie in `log_folder`; `training` puts faults and scenarios into
    the simulated exchange, None for any other.
    """

    endpoint: ExchangeEndpoint
    notice: ConnectionNotice
    feed: MarketDataFeed
    market_data: MarketDataService
    metrics: SubscriptionMetricsService
    worker: Worker
    indicators: IndicatorPort
    preview_worker: Worker | None = None
    library: Library | None = None
    triggers: TriggerShelf | None = None
    trading: PaperTrading | None = None
    trading_trouble: str = ""
    simulation: SimulationWatch | None = None
    simulation_change: SimulationChange | None = None
    log: LogSource | None = None
    log_folder: Path | None = None
    diagnostics: DiagnosticsService | None = None
    training: TrainingGround | None = None
