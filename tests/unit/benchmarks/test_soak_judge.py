"""What a soak says of its trades is what happened to them."""

from typing import Any

from benchmarks.soak_faults import Door
from benchmarks.soak_judge import TradeCheck

MARKET = "KRW-BTC"
SETTLED_MS = 1_000


class MadeTrades(Door):
    """The door of an exchange that made trades of these ids today, each at its id as time."""

    def __init__(self, made: range) -> None:
        super().__init__("http://127.0.0.1:9")
        self.made = made
        self.is_broken = False

    def trades(self, market: str, cursor: int | None, days_ago: int = 0) -> list[dict[str, Any]]:
        """Return up to 500 before `cursor`, newest first."""
        if self.is_broken:
            raise ConnectionError("a fault of the exchange")
        made = {(MARKET, 0): self.made}.get((market, days_ago), range(0))
        ids = [one for one in reversed(made) if cursor is None or one < cursor]
        return [{"sequential_id": one, "timestamp": one} for one in ids[:500]]


def checked(door: MadeTrades, told: list[int]) -> TradeCheck:
    check = TradeCheck(door, (MARKET,))
    for one in told:
        check.take(MARKET, one, is_live=True)
    check.look(SETTLED_MS)
    return check


def test_every_trade_told_once_is_as_it_should_be() -> None:
    check = checked(MadeTrades(range(900)), list(range(900)))
    assert (check.expected, check.missing, check.doubled) == (900, 0, 0)


def test_trades_never_told_and_trades_told_again_are_counted_one_by_one() -> None:
    told = [one for one in range(900) if one not in (7, 640, 641)]
    check = checked(MadeTrades(range(900)), [*told, 3, 3, 899])
    assert (check.expected, check.missing, check.doubled) == (900, 3, 3)


def test_what_may_still_arrive_is_judged_at_a_later_look() -> None:
    door = MadeTrades(range(900, 1_200))
    check = checked(door, list(range(900, 1_000)))
    assert (check.expected, check.missing) == (101, 1)
    check.look(1_100)
    assert (check.expected, check.missing) == (201, 101)


def test_a_look_cut_short_by_a_fault_loses_nothing() -> None:
    door = MadeTrades(range(100))
    door.is_broken = True
    check = checked(door, list(range(99)))
    assert (check.unchecked, check.expected) == (1, 0)
    door.is_broken = False
    check.look(SETTLED_MS)
    assert (check.expected, check.missing) == (100, 1)
