"""Strategies and triggers keep their versions; what is imported waits for a review."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.paper_strategies import at_least, churning
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.strategy_json import strategy_to_json
from upbit_auto_trading.infrastructure.persistence.database import open_database
from upbit_auto_trading.infrastructure.persistence.strategy_store import (
    MIGRATIONS,
    ReadOnlyStoreError,
    Standing,
    StrategyStore,
    UnknownDocumentError,
)

SEVEN = shipped_template(SEVEN_RULES).strategy


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "strategies.sqlite3"


def opened(path: Path) -> StrategyStore:
    return StrategyStore(path, shipped_variables())


def test_a_changed_strategy_is_a_new_version_and_the_old_one_stays(path: Path) -> None:
    with closing(opened(path)) as store:
        assert store.save_strategy(SEVEN, 1).revision == 1
        assert store.save_strategy(replace(SEVEN, revision=7), 2).revision == 1
        changed = replace(SEVEN, note="tighter")
        assert store.save_strategy(changed, 3).revision == 2
    with closing(opened(path)) as store:
        assert store.strategy(SEVEN.id) == replace(changed, revision=2)
        assert store.strategy(SEVEN.id, 1) == SEVEN
        assert [(v.version, v.saved_ms) for v in store.versions("strategy", SEVEN.id)] == [
            (1, 1), (2, 3),
        ]  # fmt: skip
        assert [v.version for v in store.versions("strategy")] == [2]


def test_triggers_have_versions_of_their_own(path: Path) -> None:
    low, high = at_least(1.0), at_least(2.0)
    with closing(opened(path)) as store:
        assert store.save_trigger("t", "Low", low, 1) == 1
        assert store.save_trigger("t", "Low", low, 2) == 1
        assert store.save_trigger("t", "High", high, 3) == 2
        assert store.trigger("t") == high
        assert store.trigger("t", 1) == low
        with pytest.raises(UnknownDocumentError):
            store.trigger("t", 3)


def test_an_imported_strategy_may_do_nothing_until_it_is_reviewed(path: Path) -> None:
    with closing(opened(path)) as store:
        imported = store.import_strategy(strategy_to_json(SEVEN), 1)
        assert store.standing(imported.id) == Standing(is_enabled=False, is_reviewed=False)
        store.enable(imported.id, is_enabled=True)
        assert not store.standing(imported.id).may_trade_real_money
        store.reviewed(imported.id)
        assert store.standing(imported.id).may_trade_real_money
        store.import_strategy(strategy_to_json(SEVEN), 2)
        assert store.standing(imported.id).is_reviewed
        store.import_strategy(strategy_to_json(replace(SEVEN, note="other")), 3)
        assert store.standing(imported.id) == Standing(is_enabled=False, is_reviewed=False)


def test_an_import_over_a_strategy_of_ours_must_be_reviewed(path: Path) -> None:
    with closing(opened(path)) as store:
        store.save_strategy(SEVEN, 1)
        assert store.standing(SEVEN.id).may_trade_real_money
        store.import_strategy(strategy_to_json(replace(SEVEN, note="theirs")), 2)
        assert not store.standing(SEVEN.id).is_reviewed


def test_export_and_import_round_trip_exactly(path: Path, tmp_path: Path) -> None:
    with closing(opened(path)) as store:
        store.save_strategy(SEVEN, 1)
        document = store.export_strategy(SEVEN.id)
    with closing(opened(tmp_path / "other.sqlite3")) as other:
        assert other.import_strategy(document, 1) == SEVEN
        assert other.export_strategy(SEVEN.id) == document


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[" * 100_000,
        '{"version": 2, "strategy": {}}',
        json.dumps({"version": 1, "strategy": {"id": "../x"}}),
        strategy_to_json(SEVEN).replace("-5.0", "NaN"),
    ],
)
def test_a_bad_document_stores_nothing(path: Path, document: str) -> None:
    with closing(opened(path)) as store:
        with pytest.raises(InvalidDocumentError):
            store.import_strategy(document, 1)
        assert store.versions("strategy") == []


def test_runs_are_kept_newest_first(path: Path) -> None:
    with closing(opened(path)) as store:
        strategy = store.save_strategy(SEVEN, 1)
        other = store.save_strategy(churning(at_least(1.0)), 1)
        store.add_run("backtest", strategy, "KRW-BTC", 5, {"profit": "1.5"})
        store.add_run("paper", other, "KRW-ETH", 6, {})
        assert [run.kind for run in store.runs()] == ["paper", "backtest"]
        (run,) = store.runs(SEVEN.id)
        assert (run.market, run.version, run.facts) == ("KRW-BTC", 1, {"profit": "1.5"})


def test_a_file_of_a_newer_program_can_be_read_and_not_changed(path: Path) -> None:
    with closing(opened(path)) as store:
        store.save_strategy(SEVEN, 1)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version=99")
    with closing(opened(path)) as store:
        assert store.is_read_only
        assert store.strategy(SEVEN.id) == SEVEN
        with pytest.raises(ReadOnlyStoreError):
            store.save_strategy(SEVEN, 2)
        with pytest.raises(ReadOnlyStoreError):
            store.enable(SEVEN.id, is_enabled=False)


def test_a_broken_file_is_set_aside_and_told(path: Path) -> None:
    path.write_bytes(b"broken" * 1000)
    told: list[Path] = []
    with closing(StrategyStore(path, shipped_variables(), on_set_aside=told.append)) as store:
        assert store.versions("strategy") == []
    assert told[0].name.startswith("strategies.sqlite3.corrupt-")
    assert told[0].read_bytes().startswith(b"broken")


def test_a_migration_copies_the_file_first_and_happens_whole_or_not_at_all(path: Path) -> None:
    with closing(opened(path)) as store:
        store.save_strategy(SEVEN, 1)
    broken = (*MIGRATIONS, "CREATE TABLE more (x TEXT) STRICT; CREATE TABLE document (y TEXT)")
    with pytest.raises(Exception, match="document already exists"):
        open_database(path, broken)
    with closing(opened(path)) as store:
        assert store.strategy(SEVEN.id) == SEVEN
        names = {row[0] for row in store._database.execute("SELECT name FROM sqlite_schema")}
    assert "more" not in names
    with closing(opened(path.with_name(f"{path.name}.version-{len(MIGRATIONS)}"))) as copy:
        assert copy.strategy(SEVEN.id) == SEVEN


def test_drafts_kept_by_an_older_program_are_still_there(path: Path) -> None:
    with closing(open_database(path, MIGRATIONS[:2])) as database:
        database.execute("INSERT INTO trigger_draft VALUES ('low', 'text', 5)")
    with closing(opened(path)) as store:
        assert store.drafts.all("trigger") == [("low", "text", 5)]
        assert store.drafted() == []


def test_a_strategys_draft_stays_until_the_strategy_is_saved(path: Path) -> None:
    with closing(opened(path)) as store:
        store.keep_draft(SEVEN, 5)
        store.keep_draft(replace(SEVEN, note="tighter"), 6)
        store.keep_draft(replace(SEVEN, id="other"), 7)
    with closing(opened(path)) as store:
        assert store.drafted() == [replace(SEVEN, id="other"), replace(SEVEN, note="tighter")]
        assert store.versions("strategy") == []
        store.save_strategy(SEVEN, 8)
        assert [one.id for one in store.drafted()] == ["other"]
        store.drop_draft("other")
        assert store.drafted() == []


def test_a_draft_that_is_damaged_costs_only_itself(path: Path) -> None:
    with closing(opened(path)) as store:
        store.keep_draft(SEVEN, 5)
        store.drafts.put("strategy", "torn", "{", 6)
        assert store.drafted() == [SEVEN]
