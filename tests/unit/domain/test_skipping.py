"""How far a backtest reads ahead. That skipping changes no decision is tested with strategies."""

from decimal import Decimal

import pytest

from tests.engine_runs import columns_of, replay_of
from upbit_auto_trading.domain import skipping
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.expression import Comparator, Comparison, Constant, variable
from upbit_auto_trading.domain.replay import Replay
from upbit_auto_trading.domain.rule import BuyAmount, Role, Rule, Sell
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.stretch import Stretch
from upbit_auto_trading.domain.variable import Words

NAMELESS = Words("규칙", "rule")
TICKS = columns_of((1_750_000_000_000 + 15_000 * n, 1000.0 + n % 7) for n in range(600))


def in_and_out(minutes: float) -> tuple[Replay, int]:
    """Buy whenever flat, sell after so many minutes; how many stretches were read ahead."""
    made = 0

    class Counted(Stretch):
        def __init__(self, *given: object) -> None:
            nonlocal made
            made += 1
            super().__init__(*given)  # type: ignore[arg-type]

    flat = Comparison(variable("exposure_percent"), Comparator.LESS_EQUAL, Constant(0.0))
    held = Comparison(variable("minutes_in_position"), Comparator.GREATER_EQUAL, Constant(minutes))
    rules = (
        Rule("buy", 1, NAMELESS, Role.ENTRY, flat, BuyAmount(Decimal(10_000))),
        Rule("sell", 2, NAMELESS, Role.EXIT, held, Sell()),
    )
    account = Account(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skipping, "Stretch", Counted)
        run = replay_of(Strategy("in and out", NAMELESS, rules), TICKS, account)
    return run, made


def test_where_every_tick_trades_nothing_is_read_ahead() -> None:
    run, made = in_and_out(0.0)
    assert len(run.fills) == run.judged == len(TICKS)
    assert made == 0


def test_where_trades_are_rare_the_ticks_between_are_read_ahead_and_skipped() -> None:
    run, made = in_and_out(20.0)
    assert 10 < len(run.fills) < 20
    assert 0 < made <= 2 * len(run.fills)
    assert run.judged <= 2 * len(run.fills) + 1


def test_where_trades_come_every_few_ticks_reading_ahead_soon_ends() -> None:
    run, made = in_and_out(1.0)
    assert len(run.fills) > 150
    assert made < 20
    assert run.judged > 0.9 * len(TICKS)
