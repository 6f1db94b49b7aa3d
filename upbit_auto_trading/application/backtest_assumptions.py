"""What a backtest took for granted, as codes and facts a screen can word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import operands
from upbit_auto_trading.domain.tick_variables import WINDOWED, window_ms

if TYPE_CHECKING:
    from upbit_auto_trading.application.backtest import Backtest
    from upbit_auto_trading.domain.rule import Rule

_TICKS_A_CANDLE: Final = 4


class AssumptionCode(StrEnum):
    """What a backtest takes for granted."""

    FOUR_TICKS_A_CANDLE = "four_ticks_a_candle"
    TRADE_PRINTS = "trade_prints"
    FILLED_AT_TICK_PRICE = "filled_at_tick_price"
    FEE = "fee"
    MINIMUM_ORDER = "minimum_order"
    NOT_ROUNDED_TO_TICKS = "not_rounded_to_ticks"
    ROUNDED_TO_TICKS = "rounded_to_ticks"
    PROFIT_WITH_FEES = "profit_with_fees"
    ANCHOR = "anchor"
    NO_CANDLES_INVENTED = "no_candles_invented"
    PRINTS_DROPPED = "prints_dropped"
    WINDOW_TOO_SHORT = "window_too_short"


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing a reader must know before believing a backtest.

    Facts by code: FOUR_TICKS_A_CANDLE `length_s`; FILLED_AT_TICK_PRICE `slippage_percent`; FEE
    `percent`; MINIMUM_ORDER `amount`; ROUNDED_TO_TICKS `market` (each fill
    against us); NO_CANDLES_INVENTED `empty` (slots without a candle);
    PRINTS_DROPPED `count`; ANCHOR `ms`; WINDOW_TOO_SHORT `rules`, `window_s`, `spacing_s`: these
    rules can't see their window on such candles.
    """

    code: AssumptionCode
    facts: tuple[tuple[str, float | str], ...] = ()


def assumptions(backtest: Backtest) -> list[Assumption]:
    """Return what the backtest took for granted."""
    ticks, conditions = backtest.replay.market.ticks, backtest.conditions
    stated = [
        Assumption(AssumptionCode.TRADE_PRINTS)
        if backtest.length_ms is None
        else Assumption(
            AssumptionCode.FOUR_TICKS_A_CANDLE, (("length_s", backtest.length_ms / 1000),)
        ),
        Assumption(
            AssumptionCode.FILLED_AT_TICK_PRICE,
            (("slippage_percent", conditions.slippage_percent),),
        ),
        Assumption(AssumptionCode.FEE, (("percent", float(conditions.fee_rate * 100)),)),
        Assumption(AssumptionCode.MINIMUM_ORDER, (("amount", str(conditions.minimum)),)),
        Assumption(AssumptionCode.NOT_ROUNDED_TO_TICKS)
        if conditions.grid_of is None
        else Assumption(AssumptionCode.ROUNDED_TO_TICKS, (("market", conditions.grid_of),)),
    ]
    if backtest.strategy.profit_includes_fees:
        stated.append(Assumption(AssumptionCode.PROFIT_WITH_FEES))
    if len(ticks):
        stated.append(Assumption(AssumptionCode.ANCHOR, (("ms", float(ticks.ms[0])),)))
    if backtest.length_ms is not None and len(ticks):
        slots = int(ticks.ms[-1] - ticks.ms[0]) // backtest.length_ms + 1
        if slots > backtest.bars:
            stated.append(
                Assumption(
                    AssumptionCode.NO_CANDLES_INVENTED, (("empty", float(slots - backtest.bars)),)
                )
            )
    if ticks.dropped:
        stated.append(Assumption(AssumptionCode.PRINTS_DROPPED, (("count", float(ticks.dropped)),)))
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
            AssumptionCode.WINDOW_TOO_SHORT,
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
