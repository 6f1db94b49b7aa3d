"""Upkeep of the ledger: copies, old ticks and candles dropped, trouble said and tried again."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from upbit_auto_trading.application.ledger_upkeep import CANDLE_DAYS, TICK_DAYS, LedgerUpkeep
from upbit_auto_trading.domain.paper_account import LedgerUse
from upbit_auto_trading.domain.recording import LedgerError

NOW_S = 1_787_731_680.0
DAY_MS = 86_400_000


@dataclass
class Ledger:
    """Notes what is asked of it; fails once told to."""

    failure: LedgerError | None = None
    set_aside: list[Path] = field(default_factory=list)
    restored: Path | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def back_up(self, now_ms: int) -> Path:
        if self.failure is not None:
            raise self.failure
        self.asked.append(("back_up", now_ms))
        return Path("copy")

    async def forget_ticks(self, before_ms: int) -> int:
        self.asked.append(("forget_ticks", before_ms))
        return 3

    async def forget_minutes(self, before_ms: int) -> int:
        self.asked.append(("forget_minutes", before_ms))
        return 5

    async def size(self) -> LedgerUse:
        return LedgerUse(1, 2, {"run": 3}, None)


@dataclass
class Books:
    """Keeps what is told."""

    told: list[dict[str, Any]] = field(default_factory=list)

    async def tell(self, told: list[dict[str, Any]]) -> None:
        self.told += told


def upkeep_of(ledger: Ledger, books: Books | None = None) -> LedgerUpkeep:
    told: Any = books or Books()
    return LedgerUpkeep(ledger, told, lambda: NOW_S, ledger)


async def test_a_copy_is_made_before_anything_is_dropped() -> None:
    ledger = Ledger()
    await upkeep_of(ledger).tidy()
    now_ms = round(NOW_S * 1000)
    assert ledger.asked == [
        ("back_up", now_ms),
        ("forget_ticks", now_ms - TICK_DAYS * DAY_MS),
        ("forget_minutes", now_ms - CANDLE_DAYS * DAY_MS),
    ]


async def test_nothing_is_dropped_without_a_copy_and_the_trouble_ends_with_it() -> None:
    ledger = Ledger(LedgerError("full", "trading.sqlite3", "injected"))
    upkeep = upkeep_of(ledger)
    await upkeep.tidy()
    assert ledger.asked == []
    assert upkeep.trouble is ledger.failure
    ledger.failure = None
    await upkeep.tidy()
    assert upkeep.trouble is None
    assert len(ledger.asked) == 3


@pytest.mark.parametrize(
    ("set_aside", "restored", "was_restored", "was_lost", "states"),
    [
        ([], None, False, False, []),
        ([Path("trading.corrupt")], Path("copy"), True, False, ["restored"]),
        ([Path("trading.corrupt")], None, False, True, ["begun_anew"]),
    ],
)
async def test_what_became_of_a_broken_database_is_told(
    set_aside: list[Path],
    restored: Path | None,
    was_restored: bool,
    was_lost: bool,
    states: list[str],
) -> None:
    books = Books()
    upkeep = upkeep_of(Ledger(set_aside=set_aside, restored=restored), books)
    await upkeep.tell_broken()
    assert (upkeep.was_restored, upkeep.was_lost) == (was_restored, was_lost)
    assert [told["state"] for told in books.told] == states


async def test_sizes_are_told() -> None:
    assert (await upkeep_of(Ledger()).size()).rows == {"run": 3}
