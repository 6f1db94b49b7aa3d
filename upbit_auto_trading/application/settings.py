"""The user's settings while the program runs: changes, who hears of them, keeping them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from upbit_auto_trading.domain.settings import (
    KeptSettings,
    Settings,
    SettingsNotSavedError,
    SettingsProblem,
    SettingsTrouble,
    plain_value,
    settings_of,
)
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from upbit_auto_trading.domain.settings import FolderUse

_log = logging.getLogger(__name__)


class SettingsStorage(Protocol):
    """Where settings are kept as plain values."""

    async def save(self, values: Mapping[str, Any]) -> None:
        """Keep `values` in place of what they had; other names stay.

        Raises:
            SettingsNotSavedError: they can't be written.
        """
        ...


class DataFolderUse(Protocol):
    """The folder that holds everything kept."""

    @property
    def path(self) -> Path: ...

    async def measure(self) -> Sequence[FolderUse]:
        """How much of the disk each exchange's data and the rest take."""
        ...


class SettingsService:
    """The settings as they hold now; tells listeners of changes and keeps them.

    `overrides` come from the command line: they win for this run and are never kept, until the
    user chooses otherwise.
    """

    def __init__(
        self,
        kept: KeptSettings | None = None,
        storage: SettingsStorage | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        kept = kept or KeptSettings()
        self._kept, invalid = settings_of(kept.values)
        self._overrides = dict(overrides or {})
        self._settings = replace(self._kept, **self._overrides)
        self._storage = storage
        self._listeners: list[Callable[[Settings, Settings], None]] = []
        self._unsaved: dict[str, Any] = {}
        self._tasks = TaskOwner("settings")
        self._is_saving = False
        self.problems = [*kept.problems, *invalid]
        self.trouble_listener: Callable[[SettingsProblem], None] | None = None

    @property
    def settings(self) -> Settings:
        """The settings as they hold now."""
        return self._settings

    def listen(self, listener: Callable[[Settings, Settings], None]) -> Callable[[], None]:
        """Call `listener` with the settings before and after each change; return how to end it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def change(self, **changes: Any) -> None:
        """Use and keep other values. Needs the running loop.

        Raises:
            InvalidSettingError: one is outside its limit; nothing is changed.
        """
        after = replace(self._settings, **changes)
        self._kept = replace(self._kept, **changes)
        for name in changes:
            self._overrides.pop(name, None)
        before, self._settings = self._settings, after
        self._unsaved |= {name: plain_value(getattr(after, name)) for name in changes}
        if self._storage is not None and not self._is_saving:
            self._is_saving = True
            self._tasks.start(self._save(self._storage), "save")
        if after != before:
            for listener in tuple(self._listeners):
                listener(before, after)

    async def close(self) -> None:
        """Keep what isn't kept yet. Harmless when repeated."""
        await self._tasks.close()
        if self._storage is not None and self._unsaved:
            await self._save(self._storage)

    async def _save(self, storage: SettingsStorage) -> None:
        try:
            while self._unsaved:
                values = dict(self._unsaved)
                await storage.save(values)
                self._unsaved = {n: v for n, v in self._unsaved.items() if values.get(n) != v}
        except SettingsNotSavedError as error:
            self._unsaved.clear()
            _log.warning("%s", error)
            self._tell(SettingsProblem(SettingsTrouble.NOT_SAVED, error.detail))
        finally:
            self._is_saving = False

    def _tell(self, problem: SettingsProblem) -> None:
        if problem in self.problems:
            return
        self.problems.append(problem)
        if self.trouble_listener is not None:
            self.trouble_listener(problem)
