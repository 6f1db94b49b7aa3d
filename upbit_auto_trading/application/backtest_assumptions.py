"""What a backtest took for granted, as codes and facts a screen can word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import operands
from upbit_auto_trading.domain.tick_variables import WINDOWED, window_ms

if TYPE_CHECKING:
    from upbit_auto_trading.application.backtest import Backtest
    from upbit_auto_trading.domain.rule import Rule

_TICKS_A_CANDLE: Final = 4


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing a reader must know before believing a backtest.

    Codes: FOUR_TICKS_A_CANDLE (`length_s`), TRADE_PRINTS, FILLED_AT_TICK_PRICE
    (`slippage_percent`), FEE (`percent`), MINIMUM_ORDER (`amount`), NOT_ROUNDED_TO_TICKS,
    NO_CANDLES_INVENTED (`empty`), PRINTS_DROPPED (`count`), ANCHOR (`ms`), WINDOW_TOO_SHORT
    (`rules`, `window_s`, `spacing_s`): these rules can't see their window on such candles.
    """

    code: str
    facts: tuple[tuple[str, float | str], ...] = ()


def assumptions(backtest: Backtest) -> list[Assumption]:
    """Return what the backtest took for granted."""
    ticks, conditions = backtest.replay.market.ticks, backtest.conditions
    stated = [
        Assumption("TRADE_PRINTS")
        if backtest.length_ms is None
        else Assumption("FOUR_TICKS_A_CANDLE", (("length_s", backtest.length_ms / 1000),)),
        Assumption("FILLED_AT_TICK_PRICE", (("slippage_percent", conditions.slippage_percent),)),
        Assumption("FEE", (("percent", float(conditions.fee_rate * 100)),)),
        Assumption("MINIMUM_ORDER", (("amount", str(conditions.minimum)),)),
        Assumption("NOT_ROUNDED_TO_TICKS"),
    ]
    if len(ticks):
        stated.append(Assumption("ANCHOR", (("ms", float(ticks.ms[0])),)))
    if backtest.length_ms is not None and len(ticks):
        slots = int(ticks.ms[-1] - ticks.ms[0]) // backtest.length_ms + 1
        if slots > backtest.bars:
            stated.append(
                Assumption("NO_CANDLES_INVENTED", (("empty", float(slots - backtest.bars)),))
            )
    if ticks.dropped:
        stated.append(Assumption("PRINTS_DROPPED", (("count", float(ticks.dropped)),)))
    return stated + _blind_windows(backtest)


def _blind_windows(backtest: Backtest) -> list[Assumption]:
    if backtest.length_ms is None:
        return []
    spacing_ms = backtest.length_ms / _TICKS_A_CANDLE
    blind: dict[int, list[str]] = {}
    for rule in backtest.strategy.rules:
        for length_ms in _windows(rule):
            if length_ms < spacing_ms:
                blind.setdefault(length_ms, []).append(rule.id)
    return [
        Assumption(
            "WINDOW_TOO_SHORT",
            (
                ("rules", ", ".join(rules)),
                ("window_s", length_ms / 1000),
                ("spacing_s", spacing_ms / 1000),
            ),
        )
        for length_ms, rules in blind.items()
    ]


def _windows(rule: Rule) -> set[int]:
    registry = shipped_variables()
    return {
        window_ms(registry.reading(operand))
        for operand in operands(rule.trigger)
        if operand.variable in WINDOWED
    }
