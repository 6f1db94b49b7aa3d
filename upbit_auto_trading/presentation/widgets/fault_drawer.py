"""A drawer with the simulated exchange's faults and scenarios, and those in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

WIDTH: Final = 320


@dataclass(frozen=True, slots=True)
class OfferLook:
    """A fault or scenario that can be chosen: its name in the program, words, explanation."""

    name: str
    title: str
    explanation: str
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class RunningLook:
    """A fault in force or a scenario being played: what it is called and how long it lasts."""

    name: str
    title: str
    left: str
    may_end: bool = True


class FaultDrawer(QFrame):
    """Passive: tells what is asked for by name; `choice_made` before anything is brought."""

    fault_chosen = pyqtSignal(str)
    fault_ended = pyqtSignal(str)
    all_ended = pyqtSignal()
    scenario_chosen = pyqtSignal(str)
    closed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("pane")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(_("Training: faults and scenarios"))
        self._note = Text(theme, "small", "text-2")
        self._note.setWordWrap(True)
        self._running = QVBoxLayout()
        self._running.setSpacing(4)
        self._offers = QVBoxLayout()
        self._offers.setSpacing(4)
        self._forms = QVBoxLayout()
        self._buttons: dict[str, QPushButton] = {}
        self._shown: object = None
        self._shown_running: object = None
        self._left: list[Text] = []
        self._end_all = QPushButton(_("End all"))
        self._end_all.setAccessibleName(_("End every fault"))
        self._end_all.clicked.connect(self.all_ended)
        self._assemble()

    def show_note(self, note: str, ink: str = "text-2") -> None:
        """Say what is the case, or what went wrong."""
        self._note.show_text(note, ink)

    def show_running(self, running: Sequence[RunningLook]) -> None:
        """Show what is in force; what can be ended has a button for it."""
        rows = [(fault.name, fault.title, fault.may_end) for fault in running]
        if rows == self._shown_running:
            # Only the time goes on; a button made anew would lose a press that is under way.
            for label, fault in zip(self._left, running, strict=True):
                label.show_text(fault.left)
            return
        self._shown_running = rows
        self._left = []
        _clear(self._running)
        for fault in running:
            row = QWidget()
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(6)
            mark = Text(self._theme)
            mark.show_icon("zap" if fault.may_end else "play", "warn", 14)
            line.addWidget(mark)
            line.addWidget(Text(self._theme, "control-strong", "warn", fault.title).shrink(), 1)
            self._left.append(Text(self._theme, "small", "text-2", fault.left))
            line.addWidget(self._left[-1])
            if fault.may_end:
                button = QPushButton(_("End"))
                button.setAccessibleName(_("End: {fault}").format(fault=fault.title))
                button.clicked.connect(lambda _on, name=fault.name: self.fault_ended.emit(name))
                line.addWidget(button)
            self._running.addWidget(row)
        if not running:
            self._running.addWidget(
                Text(self._theme, "small", "text-3", _("No fault is in force."))
            )
        self._end_all.setVisible(sum(fault.may_end for fault in running) > 1)

    def show_offers(
        self, groups: Sequence[tuple[str, Sequence[OfferLook]]], scenarios: Sequence[OfferLook]
    ) -> None:
        """Show what can be brought, by area, and what can be played."""
        offers = [*scenarios, *(offer for _title, listed in groups for offer in listed)]
        names = [offer.name for offer in offers]
        if names == self._shown:
            for offer in offers:
                self._mark(offer, is_scenario=offer in scenarios)
            return
        self._shown = names
        _clear(self._offers)
        self._buttons.clear()
        if scenarios:
            self._offers.addWidget(Text(self._theme, "small-strong", "text-2", _("Scenarios")))
            for offer in scenarios:
                button = self._button(offer, is_scenario=True)
                button.clicked.connect(lambda _on, name=offer.name: self.scenario_chosen.emit(name))
        for title, listed in groups:
            self._offers.addWidget(Text(self._theme, "small-strong", "text-2", title))
            for offer in listed:
                button = self._button(offer, is_scenario=False)
                button.clicked.connect(lambda _on, name=offer.name: self.fault_chosen.emit(name))
        self._offers.addStretch(1)

    def show_form(self, form: QWidget | None) -> None:
        """Show what a chosen fault asks for above the list; None takes it away."""
        _clear(self._forms)
        if form is not None:
            self._forms.addWidget(form)

    def _button(self, offer: OfferLook, *, is_scenario: bool) -> QPushButton:
        button = QPushButton(f" {offer.title}")
        button.setObjectName("fault-offer")
        button.setToolTip(offer.explanation)
        button.setAccessibleName(offer.title)
        button.setAccessibleDescription(offer.explanation)
        self._buttons[offer.name] = button
        self._mark(offer, is_scenario=is_scenario)
        self._offers.addWidget(button)
        return button

    def _mark(self, offer: OfferLook, *, is_scenario: bool) -> None:
        """Show whether something offered is in force."""
        ink = "warn" if offer.is_running else "text-2"
        icon = self._theme.icon("play" if is_scenario else "zap", ink, 14)
        self._buttons[offer.name].setIcon(icon)

    def _assemble(self) -> None:
        head = QFrame()
        head.setObjectName("pane-head")
        head.setFixedHeight(30)
        row = QHBoxLayout(head)
        row.setContentsMargins(10, 0, 4, 0)
        row.setSpacing(7)
        mark = Text(self._theme)
        mark.show_icon("flask-conical", "warn", 15)
        row.addWidget(mark)
        row.addWidget(Text(self._theme, "control-strong", "text-1", _("Training")))
        row.addStretch(1)
        row.addWidget(self._end_all)
        close = QPushButton()
        close.setObjectName("quiet")
        close.setIcon(self._theme.icon("x", "text-2", 14))
        close.setAccessibleName(_("Close the drawer"))
        close.clicked.connect(self.closed)
        row.addWidget(close)
        self._end_all.hide()
        top = QVBoxLayout()
        top.setContentsMargins(10, 8, 10, 6)
        top.setSpacing(8)
        top.addWidget(self._note)
        top.addLayout(self._forms)
        # What is in force comes and goes at the foot, so that nothing moves under the pointer.
        foot = QVBoxLayout()
        foot.setContentsMargins(10, 6, 10, 8)
        foot.addLayout(self._running)
        inside = QWidget()
        self._offers.setContentsMargins(10, 4, 10, 8)
        inside.setLayout(self._offers)
        scroll = QScrollArea()
        scroll.setObjectName("pane-scroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addLayout(top)
        column.addWidget(scroll, 1)
        column.addLayout(foot)


def _clear(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
