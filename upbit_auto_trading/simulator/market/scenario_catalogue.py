"""What each scenario is called, does and takes, for lists and forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from upbit_auto_trading.domain.market_generator import REGIMES
from upbit_auto_trading.simulator.market.scenarios import RECORDED, RECORDED_MARKET, SCENARIO_NAMES

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "normal": ("Normal market", "what runs ends; the market goes on from its price"),
    "quiet": ("Quiet market", "a tenth of the trading, small moves"),
    "trend": ("Rising trend", "nine per cent up in an hour"),
    "decline": ("Falling trend", "nine per cent down in an hour"),
    "surge": ("Surge", "up ten per cent a minute"),
    "crash": ("Crash", "down ten per cent a minute"),
    "sideways": ("Sideways", "the price hardly leaves its place"),
    "moving-average-cross": ("Moving averages cross", "down and up again, so that averages cross"),
    "listing-day": (
        "New listing",
        "a new market appears: steeply up, then most of it back; a listed one goes that way",
    ),
    RECORDED: ("Recorded candles", "real one-minute candles of February 2020"),
}


@dataclass(frozen=True, slots=True)
class ScenarioKind:
    """A scenario. `minutes` is how long it usually lasts; `market` the only one it is for.

    `lasts` says whether another length can be asked for.
    """

    name: str
    title: str
    summary: str
    minutes: float
    market: str = ""

    @property
    def lasts(self) -> bool:
        return bool(self.minutes) and self.name != RECORDED

    def described(self) -> dict[str, Any]:
        """Return everything a form needs to offer it; arguments as faults describe theirs."""
        arguments: list[dict[str, Any]] = [
            {
                "name": "market",
                "type": "market",
                "default": self.market,
                "unit": "",
                "meaning": f"only {self.market}" if self.market else self._market_meaning(),
            }
        ]
        if self.lasts:
            arguments.append(
                {
                    "name": "minutes",
                    "type": "number",
                    "default": self.minutes,
                    "unit": "min",
                    "low": SHORTEST_MINUTES,
                    "high": LONGEST_MINUTES,
                    "meaning": "how long it lasts",
                }
            )
        return {
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "args": arguments,
        }

    def _market_meaning(self) -> str:
        if self.name == "listing-day":
            return "the market; empty lists a new one"
        return "the market; empty means all"


SHORTEST_MINUTES: Final = 0.1
LONGEST_MINUTES: Final = 1440.0


def scenario_kinds() -> tuple[ScenarioKind, ...]:
    """Return every scenario."""
    return tuple(
        ScenarioKind(
            name,
            *_TEXTS[name],
            minutes=REGIMES[name].minutes if name in REGIMES else 0.0,
            market=RECORDED_MARKET if name == RECORDED else "",
        )
        for name in SCENARIO_NAMES
    )
