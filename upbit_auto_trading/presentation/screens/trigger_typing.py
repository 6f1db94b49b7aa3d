"""Quick line and formula joined to the editor: read with every key, refused with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.domain.expression import comparisons
from upbit_auto_trading.domain.formula import letter, parse_formula
from upbit_auto_trading.domain.formula_tokens import FormulaError, FormulaProblem
from upbit_auto_trading.domain.quick_entry import parse_entry
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.trigger_findings import findings_of
from upbit_auto_trading.presentation.widgets.trigger_lines import TypedLook

if TYPE_CHECKING:
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords
    from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor
    from upbit_auto_trading.presentation.widgets.trigger_lines import QuickLine, SentencePane


class TypingLink(QObject):
    """Reads both lines while they are typed. `added` tells that a typed condition went in.

    `understood` carries what the quick line means so far, None where that can't be judged.
    """

    added = pyqtSignal()
    understood = pyqtSignal(object)

    def __init__(
        self, quick: QuickLine, sentence: SentencePane, editor: TriggerEditor, words: TriggerWords
    ) -> None:
        super().__init__(quick)
        self._quick, self._sentence = quick, sentence
        self._editor, self._words = editor, words
        quick.typed.connect(self.read)
        quick.given.connect(self._add)
        sentence.formula_edited.connect(self._read_formula)
        sentence.formula_given.connect(self._join)

    def read(self, text: str) -> None:
        """Say what the quick line means so far."""
        place = len(comparisons(self._editor.root))
        look = self._look(text)
        self._quick.show_look(look, letter(place) if look.can_be_added else "")

    def _look(self, text: str) -> TypedLook:
        if not text.strip():
            self.understood.emit(None)
            return TypedLook()
        try:
            typed = self._parsed(text)
        except FormulaError as error:
            self.understood.emit(None)
            return TypedLook(self._words.notes.problem(error), "bad")
        said = "".join(span.text for span in self._words.sentences.fact(typed))
        found = findings_of(typed, self._words.registry, self._words.notes)
        blocking = [one for all_of_node in found.values() for one in all_of_node if one.blocks]
        self.understood.emit(None if blocking else typed)
        if blocking:
            chip = blocking[0].chip or _("To fix")
            return TypedLook(blocking[0].text, "warn", chip, can_be_added=True)
        conditions = comparisons(typed)
        chip = self._words.unit_of(conditions[0].left.variable) if len(conditions) == 1 else ""
        return TypedLook(said, "good", chip, can_be_added=True)

    def _add(self, text: str) -> None:
        if not text.strip():
            return
        try:
            typed = self._parsed(text)
        except FormulaError as error:
            self._quick.show_look(TypedLook(self._words.notes.problem(error), "bad"), "")
            return
        if self._editor.add(typed):
            self._quick.clear()
            self.added.emit()

    def _parsed(self, text: str) -> Expression:
        like = self._editor.comparison()
        timeframe = like.left.timeframe if like is not None else None
        return parse_entry(text, self._words.registry, timeframe or "1m")

    def _read_formula(self, text: str) -> None:
        try:
            parse_formula(text, comparisons(self._editor.root))
        except FormulaError as error:
            self._sentence.show_formula_problem(TypedLook(self._words.notes.problem(error), "bad"))
            return
        self._sentence.show_formula_problem(TypedLook(_("Enter joins them like this"), "good"))

    def _join(self, text: str) -> None:
        if not comparisons(self._editor.root):
            empty = FormulaError(FormulaProblem.EMPTY, 0, 0)
            look = TypedLook(self._words.notes.problem(empty), "bad")
            self._sentence.show_formula_problem(look)
            return
        if self._editor.join(text):
            self._sentence.show_formula_problem(TypedLook())
