"""A paper run on the simulated exchange goes on over REST while no socket can be opened."""

import asyncio
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from tests.paper_strategies import at_least, churning
from tests.simulator_process import SimulatorProcess
from upbit_auto_trading.application.paper_trading import Desk, paper_run
from upbit_auto_trading.application.parity import check_parity
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.recording import Terms
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy
from upbit_auto_trading.infrastructure.paper_broker import PaperBroker
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger

MARKET = "KRW-BTC"
TERMS = Terms(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
PATIENCE_S = 90.0


async def ask(rest_url: str, method: str, path: str, body: dict[str, Any] | None = None) -> None:
    """Tell the simulator what to do."""
    answer = await asyncio.to_thread(
        requests.request, method, f"{rest_url}/simulator/{path}", json=body, timeout=10
    )
    assert answer.ok, answer.text


class Heard:
    """Everything a run told, to be waited for."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    def __call__(self, told: dict[str, Any]) -> None:
        self.told.append(told)
        self._news.set()

    async def quality(self, wanted: str, after: int = 0) -> int:
        """Return the place at which the data was said to be `wanted`."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for place, each in enumerate(self.told):
                    if place >= after and each.get("quality") == wanted:
                        return place
                self._news.clear()
                await self._news.wait()


async def test_a_run_is_carried_over_rest_and_back(tmp_path: Path) -> None:
    heard = Heard()
    with SimulatorProcess("--seed", "3", "--markets", "6", "--speed", "5") as simulator:
        rest_url, ws_url = simulator.endpoints.rest_url, simulator.endpoints.ws_url
        policy = Policy(predict=False)
        async with (
            MarketDataBackbone(rest_url, ws_url, policy=policy) as feed,
            TradingLedger(tmp_path) as ledger,
        ):
            indicators = OwnIndicators()
            desk = Desk(feed, ledger, PaperBroker(), indicators, time.time, carry_s=0.2)
            strategy = churning(at_least(1.0))
            async with paper_run(desk, strategy, MARKET, TERMS, heard) as run:
                live = await heard.quality("live")
                await ask(rest_url, "POST", "fault", {"name": "handshake_status", "args": {}})
                await ask(rest_url, "POST", "fault", {"name": "close", "args": {}})
                carried = await heard.quality("rest", live)
                assert 0 < heard.told[carried]["age_ms"] <= 5_000
                await ask(rest_url, "DELETE", "fault/handshake_status")
                await heard.quality("live", carried)
            parity = check_parity(await ledger.recordings(run.run_id), indicators)
    assert parity.holds
    assert parity.compared > 0
