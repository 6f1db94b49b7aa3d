"""A sentence with numbers in it that can be edited where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QPainter
from PyQt6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PyQt6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent

    from upbit_auto_trading.presentation.theme import Theme

LINE: Final = 26
FIELD_HEIGHT: Final = 22
_FIELD_PADDING: Final = 18
_NARROWEST: Final = 40


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text; `strong` is what matters in it."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class NumberField:
    """A number to be edited: its address, its text, and what it is called aloud."""

    path: str
    text: str
    name: str


Piece = Words | NumberField


@dataclass(slots=True)
class _Atom:
    """What isn't broken over two lines."""

    text: str
    strong: bool
    path: str
    width: float
    breaks_before: bool
    x: float = 0.0
    line: int = 0


class NumberEdit(QLineEdit):
    """A number's field: Esc brings back what was there, ↑ and ↓ count by one."""

    reverted = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("inline-number")
        self.setFont(font("value"))
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFixedHeight(FIELD_HEIGHT)

    def show_refused(self, *, refused: bool) -> None:
        """Draw the border of a number that isn't taken."""
        self.setProperty("problem", refused)
        style = self.style()
        if style is not None:
            style.unpolish(self)
            style.polish(self)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.reverted.emit()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not event.modifiers():
            self._count(1 if event.key() == Qt.Key.Key_Up else -1)
        else:
            super().keyPressEvent(event)

    def _count(self, by: int) -> None:
        plain = self.text().replace(",", "").replace("\u2212", "-").replace(" ", "")
        try:
            number = float(plain) + by
        except ValueError:
            return
        self.setText(f"{number:,.8f}".rstrip("0").rstrip("."))
        self.setModified(True)
        self.selectAll()
        self.textEdited.emit(self.text())


class RuleSentence(QWidget):
    """Shows pieces in as many lines as they need; `edited` tells of each keystroke.

    `committed` tells that a field was left or Enter pressed, `reverted` that Esc was.
    """

    edited = pyqtSignal(str, str)
    committed = pyqtSignal(str)
    reverted = pyqtSignal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pieces: tuple[Piece, ...] = ()
        self._atoms: list[_Atom] = []
        self._fields: dict[str, NumberEdit] = {}
        self._problems: dict[str, str] = {}
        self._lines = 1
        self._is_faded = False
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        self.setFixedHeight(LINE)

    def show_pieces(self, pieces: Sequence[Piece]) -> None:
        """Show a sentence; a field being edited keeps what is typed into it."""
        told = tuple(pieces)
        if told == self._pieces:
            return
        self._pieces = told
        wanted = [piece for piece in told if isinstance(piece, NumberField)]
        if [piece.path for piece in wanted] != list(self._fields):
            self._make_fields(wanted)
        for piece in wanted:
            field = self._fields[piece.path]
            if not field.hasFocus() or not field.isModified():
                field.setText(piece.text)
            field.setAccessibleName(piece.name)
        self.setAccessibleName("".join(piece.text for piece in told))
        self._lay_out()

    def show_problem(self, path: str, problem: str) -> None:
        """Mark a number as refused, saying why; an empty text takes the mark away."""
        field = self._fields.get(path)
        if field is None or self._problems.get(path, "") == problem:
            return
        self._problems[path] = problem
        field.setToolTip(problem)
        field.setAccessibleDescription(problem)
        field.show_refused(refused=bool(problem))

    def reset_field(self, path: str) -> None:
        """Show a number as the sentence has it, whatever was typed last."""
        for piece in self._pieces:
            if isinstance(piece, NumberField) and piece.path == path:
                self._fields[path].setText(piece.text)

    def show_faded(self, *, faded: bool) -> None:
        """Fade the words of a rule that is switched off."""
        if faded != self._is_faded:
            self._is_faded = faded
            self.update()

    def field(self, path: str) -> NumberEdit:
        """Return the field of a number.

        Raises:
            KeyError: the sentence has no such number.
        """
        return self._fields[path]

    @property
    def fields(self) -> tuple[NumberEdit, ...]:
        """The fields of the numbers, in the sentence's order."""
        return tuple(self._fields.values())

    def focus_first(self) -> None:
        """Put the cursor into the first number."""
        for field in self._fields.values():
            field.setFocus(Qt.FocusReason.OtherFocusReason)
            field.selectAll()
            return

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._lay_out()

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(200, self._lines * LINE)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        painter = QPainter(self)
        usual = "text-3" if self._is_faded else "text-2"
        strong = "text-3" if self._is_faded else "text-1"
        for atom in self._atoms:
            if atom.path:
                continue
            painter.setFont(font("value" if atom.strong else "body"))
            painter.setPen(self._theme.colour(strong if atom.strong else usual))
            area = QRectF(atom.x, atom.line * LINE, atom.width + 2, LINE)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, atom.text)
        painter.end()

    def _make_fields(self, wanted: Sequence[NumberField]) -> None:
        for field in self._fields.values():
            field.hide()
            field.deleteLater()
        self._fields, self._problems = {}, {}
        for piece in wanted:
            field = NumberEdit(self)
            path = piece.path
            field.textEdited.connect(lambda text, path=path: self.edited.emit(path, text))
            field.editingFinished.connect(lambda path=path: self._finished(path))
            field.reverted.connect(lambda path=path: self._revert(path))
            self._fields[path] = field
            field.show()

    def _finished(self, path: str) -> None:
        field = self._fields.get(path)
        if field is not None and field.isModified():
            field.setModified(False)
            self.committed.emit(path)

    def _revert(self, path: str) -> None:
        self._fields[path].setModified(False)
        self.reverted.emit(path)

    def _lay_out(self) -> None:
        self._atoms = list(self._broken())
        x, line = 0.0, 0
        start = 0
        while start < len(self._atoms):
            end = start + 1
            while end < len(self._atoms) and not self._atoms[end].breaks_before:
                end += 1
            width = sum(atom.width for atom in self._atoms[start:end])
            if x and x + width > self.width():
                x, line = 0.0, line + 1
            for atom in self._atoms[start:end]:
                atom.x, atom.line = x, line
                x += atom.width
            start = end
        self._lines = line + 1
        for atom in self._atoms:
            if atom.path:
                field = self._fields[atom.path]
                top = atom.line * LINE + (LINE - FIELD_HEIGHT) / 2
                field.setFixedWidth(round(atom.width) - 4)
                field.move(QPointF(atom.x + 2, top).toPoint())
        if self.height() != self._lines * LINE:
            self.setFixedHeight(self._lines * LINE)
        self.update()

    def _broken(self) -> Iterator[_Atom]:
        usual = QFontMetricsF(font("body"))
        strong = QFontMetricsF(font("value"))
        may_break = False
        for piece in self._pieces:
            if isinstance(piece, NumberField):
                width = max(_NARROWEST, strong.horizontalAdvance(piece.text) + _FIELD_PADDING) + 4
                yield _Atom("", True, piece.path, width, may_break)
                may_break = False
                continue
            metrics = strong if piece.strong else usual
            for word in _words(piece.text):
                yield _Atom(word, piece.strong, "", metrics.horizontalAdvance(word), may_break)
                may_break = word.endswith(" ")


def _words(text: str) -> Iterator[str]:
    """Split after each space, which stays with the word before it."""
    start = 0
    while start < len(text):
        end = text.find(" ", start) + 1 or len(text)
        yield text[start:end]
        start = end
