"""The log: live, filtered by level, component, text and what belongs together; pause and copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices, QGuiApplication
from PyQt6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
)

from upbit_auto_trading.application.log_view import LogFilter, as_text
from upbit_auto_trading.domain.log_line import LogLevel
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.screen import Screen
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.viewmodels.log_lines import LINE_ROLE, LogLines
from upbit_auto_trading.presentation.widgets.log_table import LogTable
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.log_line import LogLine
    from upbit_auto_trading.presentation.screens.screen import ScreenContext

_DETAILS_HEIGHT: Final = 150
_LEVELS: Final = (LogLevel.DEBUG, LogLevel.INFO, LogLevel.WARNING, LogLevel.ERROR)


@dataclass(frozen=True, slots=True)
class LogTarget:
    """What another screen asks the log to show: lines with any of `words`, or a correlation."""

    words: tuple[str, ...] = ()
    level: LogLevel = LogLevel.DEBUG
    correlation: str = ""


class LogScreen(Screen):
    """Shows the newest lines of the log; `go_to` understands a `LogTarget`."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._theme = theme = context.theme
        self._lines: LogLines | None = None
        self._services: Services | None = None
        self._components: list[str] = []
        self._frames = 0
        self._level = QComboBox()
        self._component = QComboBox()
        self._search = QLineEdit()
        self._correlation = QPushButton()
        self._pause = QPushButton()
        self._copy = QPushButton(_("Copy"))
        self._folder = QPushButton(_("Open the folder"))
        self._newest = QPushButton(_("To the newest line"))
        self._count = Text(theme, "small", "text-3")
        self._details = QPlainTextEdit()
        self._empty = Text(theme, "body", "text-2")
        self.table = LogTable(theme, _("Log"), LINE_ROLE)
        self._dress()
        self._assemble()
        self._connect()

    @property
    def frames_painted(self) -> int:
        return self._frames

    def attach(self, services: Services) -> None:
        self._services = services
        if services.log is not None and self._lines is None:
            titles = (
                _("Time"),
                _("Log level"),
                _("Component"),
                _("Code"),
                _("Belongs to"),
                _("What happened"),
            )
            self._lines = LogLines(services.log, titles, _texts, self)
            self.table.show_model(self._lines)
            self._apply()
        self.refresh()

    async def detach(self) -> None:
        """The log is the program's, not an exchange's: it stays."""
        self._services = None

    def opened(self) -> None:
        self.refresh()
        self.table.lines_added()

    def refresh(self) -> None:
        lines = self._lines
        if lines is None:
            return
        added = lines.take_new()
        if added:
            self._frames += 1
            self.table.lines_added()
        self._show_components(lines)
        self._show_counts(lines)

    def set_compact(self, *, compact: bool) -> None:
        self.table.set_compact(compact=compact)

    def go_to(self, target: Any) -> None:
        if not isinstance(target, LogTarget):
            return
        self._level.setCurrentIndex(_LEVELS.index(target.level))
        self._component.setCurrentIndex(0)
        self._search.setText(" | ".join(target.words))
        self._follow_correlation(target.correlation)

    def view_state(self) -> Any:
        return (
            self._level.currentIndex(),
            self._component.currentText() if self._component.currentIndex() > 0 else "",
            self._search.text(),
            self._correlation.property("correlation") or "",
        )

    def restore_view(self, state: Any) -> None:
        level, component, words, correlation = state
        self._level.setCurrentIndex(level)
        self.refresh()
        self._component.setCurrentIndex(max(0, self._component.findText(component)))
        self._search.setText(words)
        self._follow_correlation(correlation)

    def _apply(self) -> None:
        if self._lines is None:
            return
        component = self._component.currentText() if self._component.currentIndex() > 0 else ""
        words = tuple(part.strip() for part in self._search.text().split("|") if part.strip())
        self._lines.choose(
            LogFilter(
                _LEVELS[max(0, self._level.currentIndex())],
                component,
                words,
                self._correlation.property("correlation") or "",
            )
        )
        self.table.follow()
        self._show_counts(self._lines)

    def _show_components(self, lines: LogLines) -> None:
        components = lines.components
        if components == self._components:
            return
        self._components = components
        chosen = self._component.currentText() if self._component.currentIndex() > 0 else ""
        self._component.blockSignals(True)
        self._component.clear()
        self._component.addItems([_("Every component"), *components])
        self._component.setCurrentIndex(max(0, self._component.findText(chosen)))
        self._component.blockSignals(False)

    def _show_counts(self, lines: LogLines) -> None:
        listed = lines.rowCount()
        text = _("{listed:,} of {all:,} lines · warnings {warnings:,} · errors {errors:,}").format(
            listed=listed,
            all=lines.total,
            warnings=lines.count_of(LogLevel.WARNING),
            errors=lines.count_of(LogLevel.ERROR),
        )
        if lines.waiting:
            text = _("{text} · {n:,} new ones wait").format(text=text, n=lines.waiting)
        self._count.show_text(text)
        self._empty.setVisible(not listed)
        if not listed:
            self._empty.show_text(
                _("Nothing has been logged yet.")
                if not lines.total
                else _("No line fits. Clear the search, or choose another level.")
            )

    def _line_chosen(self, row: int) -> None:
        lines = self._lines
        if lines is None or not 0 <= row < lines.rowCount():
            return
        line = lines.line(row)
        self._details.setPlainText(as_text(line))
        self._details.setVisible(bool(line.details) or len(line.text) > 90)
        self._offer_correlation(line)

    def _offer_correlation(self, line: LogLine) -> None:
        """Let the user list only what belongs to the chosen line."""
        if self._correlation.property("correlation"):
            return
        first = line.correlation.split()[0] if line.correlation else ""
        self._correlation.setProperty("offered", first)
        self._correlation.setVisible(bool(first))
        self._correlation.setText(_("Only {what}").format(what=first))

    def _correlation_pressed(self) -> None:
        if self._correlation.property("correlation"):
            self._follow_correlation("")
        else:
            self._follow_correlation(self._correlation.property("offered") or "")

    def _follow_correlation(self, correlation: str) -> None:
        self._correlation.setProperty("correlation", correlation)
        self._correlation.setVisible(bool(correlation))
        if correlation:
            self._correlation.setText(_("{what} ✕").format(what=correlation))
            name = _("List everything again, not only {what}").format(what=correlation)
            self._correlation.setAccessibleName(name)
        self._apply()

    def _pause_pressed(self, is_paused: bool) -> None:
        if self._lines is not None:
            self._lines.is_paused = is_paused
        self._show_pause(is_paused=is_paused)
        self.refresh()

    def _show_pause(self, *, is_paused: bool) -> None:
        words = _("Go on") if is_paused else _("Pause")
        icon = "play" if is_paused else "pause"
        self._pause.setText(f" {words}")
        self._pause.setIcon(self._theme.icon(icon, "text-2", 14))
        self._pause.setAccessibleName(words)

    def _copy_lines(self) -> None:
        lines, clipboard = self._lines, QGuiApplication.clipboard()
        if lines is None or clipboard is None:
            return
        rows = self.table.chosen_rows() or range(lines.rowCount())
        clipboard.setText("\n".join(as_text(lines.line(row)) for row in rows))
        self.told.emit(_("{n:,} lines were copied.").format(n=len(rows)))

    def _open_folder(self) -> None:
        if self._services is not None and self._services.log_folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._services.log_folder)))

    def _dress(self) -> None:
        names = {
            LogLevel.DEBUG: _("Every level"),
            LogLevel.INFO: _("Info and graver"),
            LogLevel.WARNING: _("Warnings and errors"),
            LogLevel.ERROR: _("Errors only"),
        }
        self._level.addItems([names[level] for level in _LEVELS])
        self._level.setAccessibleName(_("Log level"))
        self._component.addItem(_("Every component"))
        self._component.setAccessibleName(_("Component"))
        self._component.setMinimumWidth(200)
        self._search.setPlaceholderText(_("Text, code; | for alternatives"))
        self._search.setAccessibleName(_("Search the log"))
        self._search.setClearButtonEnabled(True)
        self._correlation.setVisible(False)
        self._pause.setCheckable(True)
        self._show_pause(is_paused=False)
        for button, icon in ((self._copy, "copy"), (self._folder, "folder-open")):
            button.setAccessibleName(button.text())
            button.setText(f" {button.text()}")
            button.setIcon(self._theme.icon(icon, "text-2", 14))
        self._newest.setVisible(False)
        self._details.setReadOnly(True)
        self._details.setFont(font("small"))
        self._details.setFixedHeight(_DETAILS_HEIGHT)
        self._details.setAccessibleName(_("The whole line"))
        self._details.hide()
        self._empty.show_text(_("The log is shown here once the program is connected."))

    def _connect(self) -> None:
        self._level.currentIndexChanged.connect(self._apply)
        self._component.currentIndexChanged.connect(self._apply)
        self._search.textChanged.connect(self._apply)
        self._correlation.clicked.connect(self._correlation_pressed)
        self._pause.toggled.connect(self._pause_pressed)
        self._copy.clicked.connect(self._copy_lines)
        self._folder.clicked.connect(self._open_folder)
        self._newest.clicked.connect(self.table.follow)
        self.table.copy_asked.connect(self._copy_lines)
        self.table.line_chosen.connect(self._line_chosen)
        self.table.following_changed.connect(lambda is_on: self._newest.setVisible(not is_on))

    def _assemble(self) -> None:
        head = QFrame()
        head.setObjectName("pane")
        row = QHBoxLayout(head)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(Text(self._theme, "card", "text-1", _("Log")))
        for choice in (self._level, self._component):
            row.addWidget(choice)
        row.addWidget(self._search, 1)
        for button in (self._correlation, self._newest, self._pause, self._copy, self._folder):
            row.addWidget(button)
        pane = QFrame()
        pane.setObjectName("pane")
        inside = QVBoxLayout(pane)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self._empty)
        self._empty.setContentsMargins(16, 16, 16, 16)
        inside.addWidget(self.table, 1)
        inside.addWidget(self._details)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 4, 12, 4)
        foot.addWidget(self._count, 1)
        inside.addLayout(foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(head)
        column.addWidget(pane, 1)


def _texts(line: LogLine) -> tuple[str, ...]:
    moment = datetime.fromtimestamp(line.at, UTC).astimezone(formatting.KST)
    level = {
        LogLevel.DEBUG: _("Detail"),
        LogLevel.INFO: _("Info line"),
        LogLevel.WARNING: _("Warning line"),
        LogLevel.ERROR: _("Error line"),
    }[line.level]
    when = f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"
    return when, level, line.component, line.code, line.correlation, line.text
