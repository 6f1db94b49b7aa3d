"""Alerts in the settings: which go where, quiet hours, addresses, a test for each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QTime, pyqtSignal
from PyQt6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTimeEdit,
    QWidget,
)

from upbit_auto_trading.domain.alert import AlertSettings, AlertSeverity, AlertSink
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import alert_words
from upbit_auto_trading.presentation.widgets.check_box import CheckBox
from upbit_auto_trading.presentation.widgets.settings_rows import SettingsCard
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection

    from upbit_auto_trading.presentation.theme import Theme


class AlertCard(SettingsCard):
    """Passive: shows settings, tells changes, tests and addresses that were entered."""

    changed = pyqtSignal(object)
    tested = pyqtSignal(object)
    webhook_entered = pyqtSignal(str)
    telegram_entered = pyqtSignal(str, str)
    disconnected = pyqtSignal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "bell", _("Alerts"))
        self._theme = theme
        self._settings = AlertSettings()
        self._boxes: dict[tuple[AlertSeverity, AlertSink], CheckBox] = {}
        self._tests: dict[AlertSink, QPushButton] = {}
        self.add(self._build_grid())
        self.repeat = QSpinBox()
        self.repeat.setRange(0, 1440)
        self.repeat.setSuffix(_(" min"))
        self.repeat.setAccessibleName(_("The same news again after, minutes"))
        self.quiet = CheckBox(_("Quiet hours (Korean time)"))
        self.quiet_from, self.quiet_until = QTimeEdit(), QTimeEdit()
        for edit, name in (
            (self.quiet_from, _("Quiet from")),
            (self.quiet_until, _("Quiet until")),
        ):
            edit.setDisplayFormat("HH:mm")
            edit.setAccessibleName(name)
        self.add(
            self._row(
                Text(theme, "body", "text-1", _("The same news again after")),
                self.repeat,
                self.quiet,
                self.quiet_from,
                Text(theme, "body", "text-3", "~"),
                self.quiet_until,
            )
        )
        self.webhook, self.token, self.chat = QLineEdit(), QLineEdit(), QLineEdit()
        self.webhook.setPlaceholderText("https://")
        self.token.setPlaceholderText(_("bot token"))
        self.chat.setPlaceholderText(_("chat"))
        self.webhook.setAccessibleName(_("Webhook address"))
        self.token.setAccessibleName(_("Telegram bot token"))
        self.chat.setAccessibleName(_("Telegram chat"))
        for secret in (self.webhook, self.token):
            secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.connect_webhook = QPushButton(_("Connect"))
        self.connect_telegram = QPushButton(_("Connect"))
        self.drop_webhook = QPushButton(_("Forget"))
        self.drop_telegram = QPushButton(_("Forget"))
        self.connect_webhook.setAccessibleName(_("Connect the webhook"))
        self.connect_telegram.setAccessibleName(_("Connect Telegram"))
        self.drop_webhook.setAccessibleName(_("Forget the webhook"))
        self.drop_telegram.setAccessibleName(_("Forget Telegram"))
        self.add(
            self._row(
                Text(theme, "body", "text-1", alert_words.sink_word(AlertSink.WEBHOOK)),
                self.webhook,
                self.connect_webhook,
                self.drop_webhook,
            )
        )
        self.add(
            self._row(
                Text(theme, "body", "text-1", alert_words.sink_word(AlertSink.TELEGRAM)),
                self.token,
                self.chat,
                self.connect_telegram,
                self.drop_telegram,
            )
        )
        self.state = Text(theme, "small", "text-3")
        self.state.setWordWrap(True)
        self.add(self.state)
        self._connect()

    def show_settings(self, settings: AlertSettings, attached: Collection[AlertSink]) -> None:
        """Show what holds, and which sinks somebody takes alerts to."""
        self._settings = settings
        for (severity, sink), box in self._boxes.items():
            box.blockSignals(True)
            box.setChecked(sink in settings.sinks.get(severity, ()))
            box.blockSignals(False)
        for part in (self.repeat, self.quiet, self.quiet_from, self.quiet_until):
            part.blockSignals(True)
        self.repeat.setValue(settings.repeat_s // 60)
        has_quiet = settings.quiet_from is not None and settings.quiet_until is not None
        self.quiet.setChecked(has_quiet)
        for edit, minute, usual in (
            (self.quiet_from, settings.quiet_from, 23 * 60),
            (self.quiet_until, settings.quiet_until, 7 * 60),
        ):
            shown = usual if minute is None else minute
            edit.setTime(QTime(shown // 60, shown % 60))
            edit.setEnabled(has_quiet)
        for part in (self.repeat, self.quiet, self.quiet_from, self.quiet_until):
            part.blockSignals(False)
        for sink, button in self._tests.items():
            button.setEnabled(sink in attached)
        self.drop_webhook.setEnabled(AlertSink.WEBHOOK in attached)
        self.drop_telegram.setEnabled(AlertSink.TELEGRAM in attached)

    def show_state(self, text: str, *, is_good: bool = True) -> None:
        """Say what a test or an address came to."""
        self.state.show_text(text, "good" if is_good else "bad")

    def forget_typed(self) -> None:
        """Empty the fields of addresses: what was entered isn't shown again."""
        for edit in (self.webhook, self.token, self.chat):
            edit.clear()

    def _build_grid(self) -> QWidget:
        theme = self._theme
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(18)
        for column, sink in enumerate(AlertSink, 1):
            grid.addWidget(Text(theme, "small", "text-3", alert_words.sink_word(sink)), 0, column)
        for row, severity in enumerate(AlertSeverity, 1):
            words = Text(theme, "body", "text-1", alert_words.severity_word(severity))
            words.setToolTip(alert_words.severity_hint(severity))
            grid.addWidget(words, row, 0)
            for column, sink in enumerate(AlertSink, 1):
                box = CheckBox()
                box.setAccessibleName(
                    f"{alert_words.severity_word(severity)}: {alert_words.sink_word(sink)}"
                )
                box.toggled.connect(self._edited)
                self._boxes[severity, sink] = box
                grid.addWidget(box, row, column)
            hint = Text(theme, "small", "text-3", alert_words.severity_hint(severity))
            grid.addWidget(hint, row, len(AlertSink) + 1)
        last = len(AlertSeverity) + 1
        for column, sink in enumerate(AlertSink, 1):
            button = QPushButton(_("Test"))
            button.setAccessibleName(_("Test: {sink}").format(sink=alert_words.sink_word(sink)))
            button.clicked.connect(lambda _checked, sink=sink: self.tested.emit(sink))
            self._tests[sink] = button
            grid.addWidget(button, last, column)
        grid.setColumnStretch(len(AlertSink) + 1, 1)
        return holder

    def _row(self, *parts: QWidget) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for part in parts:
            row.addWidget(part, 1 if isinstance(part, QLineEdit) else 0)
        if not any(isinstance(part, QLineEdit) for part in parts):
            row.addStretch(1)
        return holder

    def _connect(self) -> None:
        self.repeat.valueChanged.connect(self._edited)
        self.quiet.toggled.connect(self._edited)
        self.quiet_from.timeChanged.connect(self._edited)
        self.quiet_until.timeChanged.connect(self._edited)
        self.connect_webhook.clicked.connect(
            lambda: self.webhook_entered.emit(self.webhook.text().strip())
        )
        self.connect_telegram.clicked.connect(
            lambda: self.telegram_entered.emit(self.token.text().strip(), self.chat.text().strip())
        )
        self.drop_webhook.clicked.connect(lambda: self.disconnected.emit(AlertSink.WEBHOOK))
        self.drop_telegram.clicked.connect(lambda: self.disconnected.emit(AlertSink.TELEGRAM))

    def _edited(self) -> None:
        sinks = {
            severity: frozenset(
                sink for sink in AlertSink if self._boxes[severity, sink].isChecked()
            )
            for severity in AlertSeverity
        }
        has_quiet = self.quiet.isChecked()
        self.quiet_from.setEnabled(has_quiet)
        self.quiet_until.setEnabled(has_quiet)
        self._settings = replace(
            self._settings,
            sinks=sinks,
            repeat_s=self.repeat.value() * 60,
            quiet_from=_minute(self.quiet_from) if has_quiet else None,
            quiet_until=_minute(self.quiet_until) if has_quiet else None,
        )
        self.changed.emit(self._settings)


def _minute(edit: QTimeEdit) -> int:
    time = edit.time()
    return time.hour() * 60 + time.minute()
