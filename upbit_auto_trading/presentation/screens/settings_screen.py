"""The settings screen: look, language, motion, the data folder, the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRectF, QSize, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices, QIcon, QPainter, QPixmap
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.domain.settings import (
    BOOK_LEVELS,
    LANGUAGES,
    PATIENCE,
    SCHEMES,
    THEMES,
)
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.registry import screen_entries
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.tokens import DirectionScheme
from upbit_auto_trading.presentation.widgets.settings_rows import (
    LABEL_WIDTH,
    ChoiceRow,
    FactRow,
    SettingsCard,
)
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.domain.settings import FolderUse, Settings
    from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel
    from upbit_auto_trading.presentation.widgets.status_strip import StatusItem

_SCALES: Final = (100, 110, 125, 150, 175, 200)
_WIDTH: Final = 820
_SWATCH: Final = QSize(26, 14)
_STARTS: Final = ("market", "chart", "trigger", "strategy", "account")
_ON, _OFF = "on", "off"


class _ConnectionFacts(QWidget):
    """Rows of facts about the connection; tells and counts when new ones were painted."""

    live_frame_painted = pyqtSignal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: list[FactRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._has_news = False
        self._shown: list[StatusItem] = []
        self.frames_painted = 0

    def show_items(self, items: Sequence[StatusItem], *, is_live: bool) -> None:
        while len(self._rows) < len(items):
            self._rows.append(FactRow(self._theme, ""))
            self._column.addWidget(self._rows[-1])
        for row, item in zip(self._rows, items, strict=False):
            row.show_fact(item.value, item.ink, item.label)
            row.setToolTip(item.explanation)
        for number, row in enumerate(self._rows):
            row.setVisible(number < len(items))
        if list(items) != self._shown:
            self._shown = list(items)
            self._has_news = is_live
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().paintEvent(event)
        if self._has_news:
            self._has_news = False
            self.frames_painted += 1
            self.live_frame_painted.emit()


class SettingsScreen(QFrame):
    """Shows the settings of a view-model and changes them at once."""

    restart_requested = pyqtSignal()

    def __init__(
        self, theme: Theme, view_model: SettingsViewModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._view_model = view_model
        self._started_scale = view_model.settings.scale
        self._use_rows: list[FactRow] = []
        self.facts = _ConnectionFacts(theme)
        self._language = ChoiceRow(
            theme, _("Language"), [(code, _LANGUAGE_NAMES[code]) for code in LANGUAGES]
        )
        self._looks = ChoiceRow(theme, _("Theme"), list(zip(THEMES, _theme_names(), strict=True)))
        self._scheme = ChoiceRow(
            theme,
            _("Rising and falling"),
            list(zip(SCHEMES, _scheme_names(), strict=True)),
            _("▲ ▼ and signs always say the same as the colours."),
        )
        self._scheme.show_icons([self._swatch(scheme) for scheme in SCHEMES], _SWATCH)
        self._scale = ChoiceRow(
            theme, _("Size of everything"), [(f"{n}", f"{n} %") for n in _SCALES]
        )
        self._motion = ChoiceRow(
            theme,
            _("Reduced motion"),
            [(_OFF, _("Off")), (_ON, _("On"))],
            _("On: a changed price no longer flashes a frame; ▲ ▼ alone change."),
        )
        self._start = ChoiceRow(
            theme,
            _("Screen at the start"),
            [(one.name, one.words) for one in screen_entries() if one.name in _STARTS],
        )
        self._levels = ChoiceRow(
            theme, _("Levels of the order book"), [(f"{n}", f"{n}") for n in BOOK_LEVELS]
        )
        self._patience = ChoiceRow(
            theme,
            _("Waiting for answers"),
            list(zip(PATIENCE, (_("Short"), _("Usual"), _("Long")), strict=True)),
            _("Long for slow lines. Used from the next connection on."),
        )
        self._restart = QPushButton(_("Start again now"))
        self._restart.setAccessibleName(_("Start the program again in the chosen size"))
        self._restart.clicked.connect(self.restart_requested)
        self._restart_row = _at_left(self._restart)
        self._folder = FactRow(theme, _("Folder"))
        self._folder_card = SettingsCard(theme, "folder-open", _("Data folder"))
        self._assemble()
        self._connect()
        self.show_settings(view_model.settings)
        self._show_uses()

    def show_settings(self, settings: Settings) -> None:
        """Mark what holds."""
        self._language.show_value(settings.language)
        self._looks.show_value(settings.theme)
        self._scheme.show_value(settings.scheme)
        nearest = min(_SCALES, key=lambda scale: abs(scale - settings.scale))
        self._scale.show_value(f"{nearest}")
        is_pending = settings.scale != self._started_scale
        self._scale.show_hint(
            _("The new size is used from the next start on.")
            if is_pending
            else _("Text, rows and charts grow together.")
        )
        self._restart_row.setVisible(is_pending)
        if settings.start_screen in _STARTS:
            self._start.show_value(settings.start_screen)
        self._levels.show_value(f"{settings.book_levels}")
        self._patience.show_value(settings.patience)
        self._motion.show_value(_ON if settings.reduced_motion else _OFF)

    def add_card(self, card: QWidget) -> None:
        """Put a card of another part of the program below the others."""
        self._cards.insertWidget(self._cards.count() - 1, card)

    def show_card(self, card: QWidget) -> None:
        """Bring a card to the top of what is in sight."""
        bar = self._scroll.verticalScrollBar()
        if bar is not None:
            bar.setValue(card.y())

    def show_connection(self, items: Sequence[StatusItem], *, is_live: bool) -> None:
        """Show what is known of the exchange; `is_live` while its data arrives."""
        self.facts.show_items(items, is_live=is_live)

    def use_scale_of_start(self, scale: int) -> None:
        """Tell the size the program runs in, percent."""
        self._started_scale = scale
        self.show_settings(self._view_model.settings)

    def opened(self) -> None:
        """Measure the disk's use anew."""
        self._view_model.measure()

    def _show_uses(self) -> None:
        uses: list[FolderUse] = self._view_model.uses
        while len(self._use_rows) < len(uses):
            self._use_rows.append(FactRow(self._theme, ""))
            self._folder_card.add(self._use_rows[-1])
        for row, use in zip(self._use_rows, uses, strict=False):
            row.show_fact(_size_words(use), "text-1", _folder_words(use.name))

    def _open_folder(self) -> None:
        folder = self._view_model.folder
        if folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _connect(self) -> None:
        change = self._view_model.change
        self._language.chosen.connect(lambda value: change(language=value))
        self._looks.chosen.connect(lambda value: change(theme=value))
        self._scheme.chosen.connect(lambda value: change(scheme=value))
        self._scale.chosen.connect(lambda value: change(scale=int(value)))
        self._motion.chosen.connect(lambda value: change(reduced_motion=value == _ON))
        self._start.chosen.connect(lambda value: change(start_screen=value))
        self._levels.chosen.connect(lambda value: change(book_levels=int(value)))
        self._patience.chosen.connect(lambda value: change(patience=value))
        self._view_model.changed.connect(self._changed)
        self._view_model.measured.connect(self._show_uses)

    def _changed(self, before: Settings, after: Settings) -> None:
        del before
        self.show_settings(after)

    def _swatch(self, scheme: str) -> QIcon:
        """Two squares: rising and falling in that scheme."""
        colours = Theme(self._theme.name, DirectionScheme(scheme))
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(_SWATCH.width() * ratio), round(_SWATCH.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for left, token in ((0, "up-pen"), (14, "down-pen")):
            painter.setBrush(colours.colour(token))
            painter.drawRoundedRect(QRectF(left, 1, 12, 12), 2, 2)
        painter.end()
        return QIcon(picture)

    def _assemble(self) -> None:
        look = SettingsCard(self._theme, "sliders-horizontal", _("Display"))
        for row in (self._language, self._looks, self._scheme, self._scale):
            look.add(row)
        look.add(self._restart_row)
        look.add(self._motion)
        look.add(self._start)
        look.add(self._levels)
        connection = SettingsCard(self._theme, "plug-zap", _("Connection"))
        connection.add(self._patience)
        connection.add(self.facts)
        open_folder = QPushButton(" " + _("Open the folder"))
        open_folder.setAccessibleName(_("Open the folder"))
        open_folder.setIcon(self._theme.icon("folder-open", "text-2", 14))
        open_folder.clicked.connect(self._open_folder)
        folder = self._view_model.folder
        self._folder.show_fact(str(folder) if folder else _("Nothing is kept in this run"))
        open_folder.setVisible(folder is not None)
        self._folder_card.add(self._folder)
        self._folder_card.add(_at_left(open_folder))
        page = QWidget()
        page.setObjectName("window")
        page.setMaximumWidth(_WIDTH)
        column = self._cards = QVBoxLayout(page)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(Text(self._theme, "title", "text-1", _("Settings")))
        for card in (look, self._folder_card, connection):
            column.addWidget(card)
        column.addStretch(1)
        holder = QWidget()
        holder.setObjectName("window")
        across = QHBoxLayout(holder)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(page, 1)
        across.addStretch(0)
        scroll = self._scroll = QScrollArea()
        scroll.setObjectName("settings-scroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(holder)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)


def _at_left(button: QPushButton) -> QWidget:
    """A row with a button below the values of the rows above."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(LABEL_WIDTH + 6, 0, 0, 0)
    row.addWidget(button)
    row.addStretch(1)
    return made


# Each language by its own name, so that whoever can't read the other one finds it.
_LANGUAGE_NAMES: Final = {"ko": "한국어", "en": "English"}


def _theme_names() -> tuple[str, ...]:
    return _("Dark"), _("Light")


def _scheme_names() -> tuple[str, ...]:
    return _("Korean"), _("Green / red"), _("Colour-blind safe")


def _size_words(use: FolderUse) -> str:
    """What a part of the folder takes, and which databases are in it."""
    names = {
        "market_data": _("market data"),
        "trading": _("trading"),
        "strategies": _("strategies"),
        "settings": _("settings"),
    }
    parts = [
        f"{names.get(name, name)} {formatting.byte_size(size)}" for name, size in use.databases
    ]
    return " · ".join((formatting.byte_size(use.size), *parts))


def _folder_words(name: str) -> str:
    known = {
        "upbit": _("Upbit"),
        "simulator": _("Simulated exchange"),
        "logs": _("Logs"),
        "": _("Settings and strategies"),
    }
    return known.get(name, name)
