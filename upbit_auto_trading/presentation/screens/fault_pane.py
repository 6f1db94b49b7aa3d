"""The training drawer: watch the program survive faults of the simulated exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import fault_words
from upbit_auto_trading.presentation.viewmodels.fault_board import FaultBoard
from upbit_auto_trading.presentation.widgets.fault_drawer import FaultDrawer
from upbit_auto_trading.presentation.widgets.fault_form import FaultForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.training import TrainingGround
    from upbit_auto_trading.domain.training import ArgumentValue
    from upbit_auto_trading.presentation.theme import Theme


class FaultPane(QObject):
    """Joins a drawer to the exchange's control side; without one there is nothing to open."""

    told = pyqtSignal(str)

    def __init__(self, theme: Theme, now: Callable[[], float], parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._now = now
        self._board: FaultBoard | None = None
        self.drawer = FaultDrawer(theme)
        self.drawer.hide()
        self.drawer.closed.connect(self.drawer.hide)
        self.drawer.fault_chosen.connect(self._chosen)
        self.drawer.fault_ended.connect(self._end)
        self.drawer.all_ended.connect(self._end_all)
        self.drawer.scenario_chosen.connect(self._play)

    @property
    def is_offered(self) -> bool:
        """Whether there is a simulated exchange to train with."""
        return self._board is not None

    def attach(self, training: TrainingGround | None) -> None:
        """Train with another exchange; with None nothing is offered."""
        if training is None:
            return
        self._board = FaultBoard(training, self._now, self)
        self._board.changed.connect(self._show)
        self._board.failed.connect(self._failed)
        self._board.played.connect(lambda _name: self.told.emit(_("The scenario begins.")))

    async def detach(self) -> None:
        """Let go of the exchange."""
        board, self._board = self._board, None
        self.drawer.hide()
        self.drawer.show_form(None)
        if board is not None:
            await board.close()

    def toggle(self) -> None:
        """Open the drawer, or close it."""
        if self._board is None:
            return
        is_open = self.drawer.isHidden()
        self.drawer.setVisible(is_open)
        if is_open:
            self.drawer.show_note(
                _("Nothing here is real, neither prices nor faults. Watch what happens.")
            )
            self._board.load()

    def refresh(self) -> None:
        """Ask what is in force while the drawer is open."""
        if self._board is not None and self.drawer.isVisible():
            self._board.look()

    def _show(self) -> None:
        board = self._board
        if board is None:
            return
        self.drawer.show_running(
            [
                *fault_words.playing(board.playing, board.scenarios),
                *fault_words.running(board.running, board.faults),
            ]
        )
        self.drawer.show_offers(
            fault_words.groups(board.faults, board.running),
            fault_words.scenarios(board.scenarios, board.playing),
        )

    def _failed(self, reason: str) -> None:
        self.drawer.show_note(
            _("The simulated exchange didn't do it: {reason}").format(reason=reason), "bad"
        )

    def _chosen(self, name: str) -> None:
        board = self._board
        offer = next((one for one in board.faults if one.name == name), None) if board else None
        if offer is None:
            return
        form = FaultForm(self._theme, offer, fault_words.title(offer))
        form.brought.connect(lambda values: self._bring(name, values))
        form.cancelled.connect(lambda: self.drawer.show_form(None))
        self.drawer.show_form(form)
        form.begin_here()

    def _bring(self, name: str, values: dict[str, ArgumentValue]) -> None:
        self.drawer.show_form(None)
        if self._board is not None:
            self._board.bring(name, values)

    def _end(self, name: str) -> None:
        if self._board is not None:
            self._board.end(name)

    def _end_all(self) -> None:
        if self._board is not None:
            self._board.end_all()

    def _play(self, name: str) -> None:
        if self._board is not None:
            self._board.play(name, None)
