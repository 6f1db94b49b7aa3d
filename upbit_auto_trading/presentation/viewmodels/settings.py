"""The settings as the window uses them: changes as a Qt signal, the disk's use when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from pathlib import Path

    from upbit_auto_trading.application.settings import DataFolderUse, SettingsService
    from upbit_auto_trading.domain.settings import FolderUse, Settings, SettingsProblem


class SettingsViewModel(QObject):
    """`changed` carries the settings before and after; `troubled` a problem of keeping them."""

    changed = pyqtSignal(object, object)
    troubled = pyqtSignal(object)
    measured = pyqtSignal()

    def __init__(
        self,
        service: SettingsService,
        folder: DataFolderUse | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._service = service
        self._folder = folder
        self._tasks = TaskOwner("settings-view")
        self._is_measuring = False
        self.uses: list[FolderUse] = []
        self._stop_listening = service.listen(self.changed.emit)
        service.trouble_listener = self.troubled.emit

    @property
    def settings(self) -> Settings:
        return self._service.settings

    @property
    def problems(self) -> list[SettingsProblem]:
        """What was wrong with the settings so far."""
        return list(self._service.problems)

    @property
    def folder(self) -> Path | None:
        """Where everything is kept, None where nothing is."""
        return self._folder.path if self._folder else None

    def change(self, **changes: Any) -> None:
        """Use and keep other values.

        Raises:
            InvalidSettingError: one is outside its limit.
        """
        self._service.change(**changes)

    def toggle_favourite(self, market: str) -> None:
        """Make a market a favourite, or no longer."""
        before = self.settings.favourites
        after = tuple(m for m in before if m != market)
        self.change(favourites=after if len(after) < len(before) else (*before, market))

    def measure(self) -> None:
        """Find out how much of the disk is used; `measured` tells when it is known."""
        if self._folder is not None and not self._is_measuring:
            self._is_measuring = True
            self._tasks.start(self._measure(self._folder), "measure")

    async def close(self) -> None:
        """Stop listening and keep what isn't kept yet. Harmless when repeated."""
        await self._tasks.close()
        await self._service.close()

    async def _measure(self, folder: DataFolderUse) -> None:
        try:
            self.uses = list(await folder.measure())
        finally:
            self._is_measuring = False
        self.measured.emit()
