from collections.abc import Mapping
from typing import Any

import pytest

from upbit_auto_trading.application.settings import SettingsService
from upbit_auto_trading.domain.settings import (
    InvalidSettingError,
    KeptSettings,
    Settings,
    SettingsNotSavedError,
    SettingsProblem,
    SettingsTrouble,
)


class FakeStorage:
    def __init__(self, *, is_broken: bool = False) -> None:
        self.values: dict[str, Any] = {}
        self.is_broken = is_broken

    async def save(self, values: Mapping[str, Any]) -> None:
        if self.is_broken:
            raise SettingsNotSavedError("disk full")
        self.values |= values


async def test_a_change_holds_at_once_is_told_and_kept() -> None:
    storage = FakeStorage()
    service = SettingsService(KeptSettings({"scale": 125}), storage)
    told: list[tuple[Settings, Settings]] = []
    service.listen(lambda before, after: told.append((before, after)))
    service.change(theme="light")
    service.change(favourites=("KRW-BTC",))
    assert (service.settings.theme, service.settings.scale) == ("light", 125)
    assert [(b.theme, a.theme) for b, a in told] == [("dark", "light"), ("light", "light")]
    await service.close()
    assert storage.values == {"theme": "light", "favourites": ["KRW-BTC"]}


async def test_the_command_line_wins_for_the_run_and_is_not_kept() -> None:
    storage = FakeStorage()
    kept = KeptSettings({"language": "ko", "theme": "dark"})
    service = SettingsService(kept, storage, {"language": "en", "market": "KRW-ETH"})
    assert (service.settings.language, service.settings.market) == ("en", "KRW-ETH")
    service.change(theme="light")
    await service.close()
    assert storage.values == {"theme": "light"}


async def test_choosing_otherwise_ends_what_the_command_line_said() -> None:
    storage = FakeStorage()
    service = SettingsService(KeptSettings(), storage, {"language": "en"})
    service.change(language="ko")
    assert service.settings.language == "ko"
    await service.close()
    assert storage.values == {"language": "ko"}


async def test_a_value_outside_its_limit_changes_nothing() -> None:
    storage = FakeStorage()
    service = SettingsService(None, storage)
    before = service.settings
    with pytest.raises(InvalidSettingError, match="scale is 300"):
        service.change(scale=300)
    await service.close()
    assert service.settings == before
    assert storage.values == {}


async def test_settings_that_cannot_be_saved_still_hold_and_are_told_once() -> None:
    service = SettingsService(None, FakeStorage(is_broken=True))
    told: list[SettingsProblem] = []
    service.trouble_listener = told.append
    for theme in ("light", "dark", "light"):
        service.change(theme=theme)
    await service.close()
    service_theme = service.settings.theme
    assert service_theme == "light"
    assert [(p.trouble, p.detail) for p in told] == [(SettingsTrouble.NOT_SAVED, "disk full")]


async def test_nobody_who_stopped_listening_is_told() -> None:
    service = SettingsService()
    told: list[object] = []
    stop = service.listen(lambda _before, after: told.append(after))
    stop()
    service.change(theme="light")
    assert told == []
