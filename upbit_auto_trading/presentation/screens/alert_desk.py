"""Alerts joined to the window: tray and sound, the bell that counts them, their settings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QMenu, QPushButton

from upbit_auto_trading.application.alerts import AlertNotDeliveredError
from upbit_auto_trading.domain.alert import AlertSink
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.alert_delivery import SoundDelivery, TrayDelivery
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import alert_words, refusal_words
from upbit_auto_trading.presentation.screens.alert_settings import AlertCard
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from upbit_auto_trading.application.alerts import AlertService
    from upbit_auto_trading.domain.alert import Alert, AlertSettings
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.tray import Tray

_LISTED: Final = 10
"""How many of the newest alerts the bell lists."""


class AlertDesk(QObject):
    """`bell` stands in the mode bar, `card` in the settings.

    `opened` asks for the journal with the filters it carries, `settings_asked` for the card.
    """

    opened = pyqtSignal(object)
    settings_asked = pyqtSignal()

    def __init__(
        self, theme: Theme, tray: Callable[[], Tray | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tray = tray
        self._alerts: AlertService | None = None
        self._tasks = TaskOwner("alert-desk")
        self._ends: list[Callable[[], None]] = []
        self._unseen = 0
        self.card = AlertCard(theme)
        self.bell = QPushButton()
        self.bell.setObjectName("palette-button")
        self.bell.setIcon(theme.icon("bell", "text-2", 14))
        self.bell.clicked.connect(self._bell_pressed)
        self.card.changed.connect(self._changed)
        self.card.tested.connect(self._tested)
        self.card.webhook_entered.connect(self._webhook_entered)
        self.card.telegram_entered.connect(self._telegram_entered)
        self.card.disconnected.connect(self._disconnected)
        self._show_count()
        self.card.setEnabled(False)

    def attach(self, alerts: AlertService | None) -> None:
        """Take this account's alerts."""
        self._alerts = alerts
        self._tasks = TaskOwner("alert-desk")
        self.card.setEnabled(alerts is not None)
        if alerts is None:
            return
        alerts.words = alert_words.alert_text
        self._ends = [
            alerts.attach(AlertSink.SOUND, SoundDelivery()),
            alerts.listen(self._came),
        ]
        tray = self._tray()
        if tray is not None and tray.is_available():
            self._ends.append(alerts.attach(AlertSink.TRAY, TrayDelivery(self._tray)))
        self._show_settings()

    async def detach(self) -> None:
        """Take none any more."""
        self._alerts = None
        for end in self._ends:
            end()
        self._ends = []
        await self._tasks.close()

    def _came(self, alert: Alert) -> None:
        del alert
        self._unseen += 1
        self._show_count()

    def _show_count(self) -> None:
        self.bell.setText(f" {self._unseen}" if self._unseen else "")
        words = _("{n} new alerts").format(n=self._unseen) if self._unseen else _("No new alerts")
        self.bell.setAccessibleName(words)
        self.bell.setToolTip(words)

    def _bell_pressed(self) -> None:
        self._unseen = 0
        self._show_count()
        at = self.bell.rect().bottomLeft()
        self.menu().popup(self.bell.mapToGlobal(at))

    def menu(self) -> QMenu:
        """The newest alerts, each leading to what it is about; it is gone once it closes."""
        menu = QMenu(self.bell)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        newest = [] if self._alerts is None else list(self._alerts.newest)[:_LISTED]
        for alert in newest:
            moment = from_epoch_ms(alert.ms).astimezone(formatting.KST)
            action = menu.addAction(f"{moment:%H:%M:%S}  {alert_words.alert_text(alert)}")
            if action is not None:
                about = {"correlation": alert.correlation} if alert.correlation else {}
                action.triggered.connect(partial(self._asked, about))
        if not newest:
            nothing = menu.addAction(_("No alert since the start"))
            if nothing is not None:
                nothing.setEnabled(False)
        menu.addSeparator()
        for words, doing in (
            (_("Open the journal"), partial(self._asked, {})),
            (_("What is told, and where"), self.settings_asked.emit),
        ):
            action = menu.addAction(words)
            if action is not None:
                action.triggered.connect(doing)
        return menu

    def _asked(self, about: Mapping[str, str], _checked: object = None) -> None:
        self.opened.emit(dict(about))

    def _show_settings(self) -> None:
        if self._alerts is not None:
            self.card.show_settings(self._alerts.settings, self._alerts.attached)

    def _changed(self, settings: AlertSettings) -> None:
        if self._alerts is not None:
            self._do(self._alerts.change(settings), "")

    def _tested(self, sink: AlertSink) -> None:
        if self._alerts is not None:
            words = _("The test alert was taken: {sink}.")
            self._do(self._alerts.test(sink), words.format(sink=alert_words.sink_word(sink)))

    def _webhook_entered(self, address: str) -> None:
        if self._alerts is not None:
            self._do(self._alerts.connect_webhook(address), _("The webhook is connected."))

    def _telegram_entered(self, token: str, chat: str) -> None:
        if self._alerts is not None:
            self._do(self._alerts.connect_telegram(token, chat), _("Telegram is connected."))

    def _disconnected(self, sink: AlertSink) -> None:
        if self._alerts is not None:
            self._do(self._alerts.disconnect(sink), _("Its address is forgotten."))

    def _do(self, work: Awaitable[object], done: str) -> None:
        self._tasks.start(self._done(work, done), "alerts")

    async def _done(self, work: Awaitable[object], done: str) -> None:
        try:
            outcome = await work
        except AlertNotDeliveredError as error:
            self.card.show_state(alert_words.not_delivered(error.code), is_good=False)
        except LedgerError as error:
            self.card.show_state(refusal_words.trouble_words(error.code), is_good=False)
        except ValueError:
            self.card.show_state(
                _("That can't be one: a webhook begins with https://, a token is like 123:ABC."),
                is_good=False,
            )
        else:
            self.card.forget_typed()
            if outcome is False:
                done += " " + _("This desktop keeps no secrets: enter it again after a restart.")
            if done:
                self.card.show_state(done)
        self._show_settings()
