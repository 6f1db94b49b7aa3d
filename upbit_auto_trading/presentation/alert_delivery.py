"""Brings alerts to the desktop: a notice at the tray, a sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QApplication

from upbit_auto_trading.application.alerts import AlertNotDeliveredError
from upbit_auto_trading.domain.alert import AlertSink
from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.domain.alert import Alert
    from upbit_auto_trading.presentation.tray import Tray


class TrayDelivery:
    """Lets the desktop show a notice. `tray` gives the icon of the look of now."""

    def __init__(self, tray: Callable[[], Tray | None]) -> None:
        self._tray = tray

    async def deliver(self, alert: Alert, text: str) -> None:
        """Show it.

        Raises:
            AlertNotDeliveredError: `not_set_up` where the desktop has no tray.
        """
        del alert
        tray = self._tray()
        if tray is None or not tray.is_available():
            raise AlertNotDeliveredError(AlertSink.TRAY, "not_set_up", "no tray")
        tray.tell(_("Upbit Auto Trading"), text)


class SoundDelivery:
    """Sounds the desktop's bell."""

    async def deliver(self, alert: Alert, text: str) -> None:
        """Sound it once."""
        del alert, text
        QApplication.beep()
