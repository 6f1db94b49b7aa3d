import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.settings import SettingsNotSavedError, SettingsTrouble, WindowPlace
from upbit_auto_trading.infrastructure.persistence.settings_store import FILE_NAME, SettingsStore

Opener = Callable[[Path], SettingsStore]


@pytest.fixture
def opened() -> Iterator[Opener]:
    stores: list[SettingsStore] = []

    def open_store(folder: Path) -> SettingsStore:
        stores.append(SettingsStore(folder))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


async def test_what_one_run_chose_the_next_one_finds(tmp_path: Path, opened: Opener) -> None:
    first = opened(tmp_path)
    service = SettingsService(first.load(), first)
    service.change(language="en", favourites=("KRW-BTC", "BTC-ETH"))
    service.change(window=WindowPlace(-20, 0, 1300, 800, is_maximised=True))
    await service.close()
    first.close()
    found = SettingsService(opened(tmp_path).load())
    assert found.settings == service.settings
    assert found.problems == []


async def test_a_damaged_file_is_set_aside_told_and_begun_anew(
    tmp_path: Path, opened: Opener
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this is not a database, " * 400)
    store = opened(tmp_path)
    kept = store.load()
    (problem,) = kept.problems
    assert problem.trouble is SettingsTrouble.DAMAGED
    assert (tmp_path / problem.detail).read_bytes().startswith(b"this is not")
    await store.save({"theme": "light"})
    store.close()
    assert opened(tmp_path).load().values == {"theme": "light"}


async def test_a_file_that_cannot_be_opened_costs_the_settings_not_the_program(
    tmp_path: Path, opened: Opener
) -> None:
    (tmp_path / FILE_NAME).mkdir()
    store = opened(tmp_path)
    kept = store.load()
    assert kept.values == {}
    assert [p.trouble for p in kept.problems] == [SettingsTrouble.UNUSABLE]
    with pytest.raises(SettingsNotSavedError):
        await store.save({"theme": "light"})


async def test_settings_of_a_newer_version_are_left_as_they_are(
    tmp_path: Path, opened: Opener
) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as newer:
        newer.execute("PRAGMA user_version=99")
    newer.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    store = opened(tmp_path)
    assert [p.trouble for p in store.load().problems] == [SettingsTrouble.TOO_NEW]
    with pytest.raises(SettingsNotSavedError):
        await store.save({"theme": "light"})
    assert (tmp_path / FILE_NAME).read_bytes()[60:64] == before[60:64]


async def test_a_row_that_is_no_json_costs_only_itself(tmp_path: Path, opened: Opener) -> None:
    first = opened(tmp_path)
    first.load()
    await first.save({"theme": "light", "scale": 150})
    first.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as file:
        file.execute("UPDATE setting SET value = '{' WHERE name = 'scale'")
    file.close()
    kept = opened(tmp_path).load()
    assert kept.values == {"theme": "light"}
    assert [p.detail for p in kept.problems] == ["scale: JSON"]


async def test_what_this_version_does_not_know_stays(tmp_path: Path, opened: Opener) -> None:
    first = opened(tmp_path)
    first.load()
    await first.save({"of_tomorrow": [1, 2]})
    await first.save({"theme": "light"})
    first.close()
    assert opened(tmp_path).load().values == {"of_tomorrow": [1, 2], "theme": "light"}
