"""The rules of a strategy as cards in acting order, moved by mouse or keyboard."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.widgets.rule_card import RuleCard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.rule_card import RuleLook, RuleNow

_GAP: Final = 4


class RuleList(QScrollArea):
    """A card a rule; every signal begins with the rule's id.

    `moved` tells the place a rule was put to, counted in the list without it.
    """

    edited = pyqtSignal(str, str, str)
    committed = pyqtSignal(str, str)
    reverted = pyqtSignal(str, str)
    number_chosen = pyqtSignal(str, str, float)
    switched = pyqtSignal(str, bool)
    moved = pyqtSignal(str, int)
    removal_asked = pyqtSignal(str)
    selected = pyqtSignal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._cards: dict[str, RuleCard] = {}
        self._selected = ""
        self._before: QWidget | None = None
        self._stops: list[QWidget] = []
        self._grabbed: QPoint | None = None
        self._is_dragging = False
        self.setObjectName("scroll")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(_GAP)
        self._column.addStretch(1)
        self.setWidget(inside)

    @property
    def cards(self) -> Mapping[str, RuleCard]:
        """The cards by rule, in acting order."""
        return self._cards

    def come_after(self, before: QWidget) -> None:
        """Let the keyboard come to the rules from this control."""
        self._before = before

    def show_rules(self, looks: Sequence[tuple[str, RuleLook]]) -> None:
        """Show rules in acting order; cards of rules that stay are kept."""
        order = [rule for rule, _look in looks]
        if order != list(self._cards):
            self._arrange(order)
        for rule, look in looks:
            self._cards[rule].show_look(look)
        self._order_stops()

    def show_now(self, told: Mapping[str, RuleNow]) -> None:
        """Show what rules see."""
        for rule, now in told.items():
            if rule in self._cards:
                self._cards[rule].show_now(now)

    def show_selected(self, rule: str) -> None:
        """Mark one rule, or none."""
        self._selected = rule
        for each, card in self._cards.items():
            card.show_selected(selected=each == rule)

    def show_problem(self, rule: str, path: str, problem: str) -> None:
        """Mark a number as refused, or no longer."""
        if rule in self._cards:
            self._cards[rule].show_problem(path, problem)

    def reset_field(self, rule: str, path: str) -> None:
        """Show a number as it stands, whatever was typed last."""
        if rule in self._cards:
            self._cards[rule].sentence.reset_field(path)

    def focus_first(self) -> None:
        """Put the keyboard on the first card."""
        for rule in self._cards:
            self.focus_rule(rule)
            return

    def focus_rule(self, rule: str) -> None:
        """Put the keyboard on a card and bring it into sight."""
        card = self._cards.get(rule)
        if card is not None:
            card.setFocus(Qt.FocusReason.OtherFocusReason)
            self.ensureWidgetVisible(card, 0, _GAP)

    def _arrange(self, order: Sequence[str]) -> None:
        focused = next((rule for rule, card in self._cards.items() if card.hasFocus()), "")
        for gone in [rule for rule in self._cards if rule not in order]:
            card = self._cards.pop(gone)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        for rule in order:
            if rule not in self._cards:
                self._cards[rule] = self._made(rule)
        self._cards = {rule: self._cards[rule] for rule in order}
        for place, card in enumerate(self._cards.values()):
            self._column.removeWidget(card)
            self._column.insertWidget(place, card)
            card.show()
        if focused:
            self.focus_rule(focused)
        self.show_selected(self._selected)

    def _order_stops(self) -> None:
        """Let the keyboard go through the cards from top to bottom, each one's numbers first."""
        stops = [stop for card in self._cards.values() for stop in card.stops]
        if stops == self._stops:
            return
        self._stops = stops
        for before, after in pairwise([*([self._before] if self._before else []), *stops]):
            QWidget.setTabOrder(before, after)

    def _made(self, rule: str) -> RuleCard:
        card = RuleCard(self._theme)
        card.edited.connect(partial(self.edited.emit, rule))
        card.committed.connect(partial(self.committed.emit, rule))
        card.reverted.connect(partial(self.reverted.emit, rule))
        card.number_chosen.connect(partial(self.number_chosen.emit, rule))
        card.switched.connect(partial(self.switched.emit, rule))
        card.removal_asked.connect(partial(self.removal_asked.emit, rule))
        card.selected.connect(partial(self.selected.emit, rule))
        card.move_asked.connect(partial(self._step, rule))
        card.neighbour_asked.connect(partial(self._focus_neighbour, rule))
        card.grabbed.connect(self._grab)
        card.dragged.connect(partial(self._drag, rule))
        card.released.connect(self._release)
        return card

    def _place(self, rule: str) -> int:
        return list(self._cards).index(rule)

    def _step(self, rule: str, by: int) -> None:
        place = self._place(rule) + by
        if 0 <= place < len(self._cards):
            self.moved.emit(rule, place)

    def _focus_neighbour(self, rule: str, by: int) -> None:
        order = list(self._cards)
        place = self._place(rule) + by
        if 0 <= place < len(order):
            self.focus_rule(order[place])
            self.selected.emit(order[place])

    def _grab(self, at: QPoint) -> None:
        self._grabbed, self._is_dragging = at, False

    def _drag(self, rule: str, at: QPoint) -> None:
        """Let a card change places with the neighbour whose middle the mouse has passed."""
        if self._grabbed is None:
            return
        away = (at - self._grabbed).manhattanLength()
        if not self._is_dragging and away < QApplication.startDragDistance():
            return
        if not self._is_dragging:
            self._is_dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        inside = self.widget()
        assert inside is not None  # noqa: S101 -- set when it was made
        y = inside.mapFromGlobal(at).y()
        place = self._place(rule)
        order = list(self._cards.values())
        if place > 0 and y < order[place - 1].geometry().center().y():
            self.moved.emit(rule, place - 1)
        elif place < len(order) - 1 and y > order[place + 1].geometry().center().y():
            self.moved.emit(rule, place + 1)

    def _release(self) -> None:
        self._grabbed, self._is_dragging = None, False
        self.unsetCursor()
