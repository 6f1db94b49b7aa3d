"""Made-up markets a trigger is tried on, each with what is expected and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

_HEIGHT: Final = 48


@dataclass(frozen=True, slots=True)
class ScenarioLook:
    """One scenario. `verdict` is `pass`, `fail` or empty while it wasn't tried."""

    name: str
    icon: str
    words: str
    verdict: str = ""
    verdict_word: str = ""
    outcome: str = ""
    expectation: str = ""
    is_shown: bool = False


class _ScenarioCell(QFrame):
    chosen = pyqtSignal()
    expectation_pressed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("scenario")
        self.button = QPushButton()
        self.button.setObjectName("segment")
        self.button.setCheckable(True)
        self.button.clicked.connect(self.chosen)
        self._verdict = Text(theme, "small-strong", "text-3")
        self._mark = Text(theme)
        self._outcome = Text(theme, "small", "text-3").shrink()
        self._expectation = QPushButton()
        self._expectation.setObjectName("quiet")
        self._expectation.setToolTip(
            _("What the trigger should do here. Press to choose: fire, keep quiet, or either.")
        )
        self._expectation.clicked.connect(self.expectation_pressed)
        above, below = QHBoxLayout(), QHBoxLayout()
        for row in (above, below):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(4)
        above.addWidget(self.button)
        above.addStretch(1)
        above.addWidget(self._mark)
        above.addWidget(self._verdict)
        below.addWidget(self._outcome, 1)
        below.addWidget(self._expectation)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 1, 6, 1)
        column.setSpacing(0)
        column.addLayout(above)
        column.addLayout(below)

    def show_look(self, look: ScenarioLook) -> None:
        self.button.setText(f" {look.words}")
        self.button.setIcon(self._theme.icon(look.icon, "text-2", 14))
        self.button.setChecked(look.is_shown)
        self.button.setAccessibleName(f"{look.words} {look.verdict_word} {look.outcome}".strip())
        ink = {"pass": "good", "fail": "bad"}.get(look.verdict, "text-3")
        self._mark.setVisible(bool(look.verdict))
        if look.verdict:
            glyph = "circle-check" if look.verdict == "pass" else "circle-x"
            self._mark.show_icon(glyph, ink, 13)
        self._verdict.show_text(look.verdict_word, ink)
        self._outcome.show_text(look.outcome)
        self._outcome.setToolTip(look.outcome)
        self._expectation.setText(look.expectation)
        self._expectation.setAccessibleName(f"{look.words}: {look.expectation}")


class PreviewScenarios(QFrame):
    """Passive: `chosen` tells which scenario is to be shown, empty for the market itself."""

    chosen = pyqtSignal(str)
    expectation_pressed = pyqtSignal(str)
    all_asked = pyqtSignal()

    def __init__(self, theme: Theme, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toolbar")
        self.setFixedHeight(_HEIGHT)
        self._shown = ""
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 2, 6, 2)
        row.setSpacing(4)
        self._try_all = QPushButton(_("Try all"))
        self._try_all.setIcon(theme.icon("flask-conical", "text-2", 14))
        self._try_all.setToolTip(_("Run the trigger on ten made-up paths of each scenario"))
        self._try_all.clicked.connect(self.all_asked)
        row.addWidget(self._try_all)
        self.cells: dict[str, _ScenarioCell] = {}
        for name in names:
            cell = _ScenarioCell(theme)
            cell.chosen.connect(partial(self._pressed, name))
            cell.expectation_pressed.connect(partial(self.expectation_pressed.emit, name))
            self.cells[name] = cell
            row.addWidget(cell, 1)

    def show_looks(self, looks: Sequence[ScenarioLook]) -> None:
        """Show what each scenario gave."""
        self._shown = ""
        for look in looks:
            self.cells[look.name].show_look(look)
            if look.is_shown:
                self._shown = look.name

    def _pressed(self, name: str) -> None:
        self.chosen.emit("" if name == self._shown else name)
