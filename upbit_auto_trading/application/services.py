"""The services of one connection to one exchange, as the window gets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upbit_auto_trading.application.calculations import Worker
    from upbit_auto_trading.application.connection import ConnectionNotice, ExchangeEndpoint
    from upbit_auto_trading.application.library import Library
    from upbit_auto_trading.application.market_data import MarketDataService
    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.application.simulation import SimulationChange, SimulationWatch
    from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
    from upbit_auto_trading.application.trigger_ports import TriggerShelf
    from upbit_auto_trading.domain.indicator import IndicatorPort


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a window shows comes from one of these.

    Built anew when the endpoint changes, so that two exchanges are never mixed. `feed` is for
    constructing a `ChartSession` with the window's own callback. `worker` and `indicators` are the
    program's and outlive the connection; `indicators` may be sent to the worker. `library`, and
    `triggers` in it, are None where the file of saved triggers and strategies can't be opened.
    `simulation` tells when another simulated exchange takes this one's place, None for Upbit;
    `simulation_change` is set where one did since the last time.
    """

    endpoint: ExchangeEndpoint
    notice: ConnectionNotice
    feed: MarketDataFeed
    market_data: MarketDataService
    metrics: SubscriptionMetricsService
    worker: Worker
    indicators: IndicatorPort
    library: Library | None = None
    triggers: TriggerShelf | None = None
    simulation: SimulationWatch | None = None
    simulation_change: SimulationChange | None = None
