"""The workbench of the builder: head, canvas, sentence and quick line over one editor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.trigger_canvas import CanvasLink
from upbit_auto_trading.presentation.screens.trigger_findings import Finding, findings_of
from upbit_auto_trading.presentation.screens.trigger_panel import PanelLink
from upbit_auto_trading.presentation.screens.trigger_typing import TypingLink
from upbit_auto_trading.presentation.screens.trigger_words import (
    TriggerWords,
    role_choices,
    role_look,
    role_word,
)
from upbit_auto_trading.presentation.widgets.condition_canvas import ConditionCanvas
from upbit_auto_trading.presentation.widgets.property_panel import PropertyPanel
from upbit_auto_trading.presentation.widgets.trigger_header import TriggerHeader
from upbit_auto_trading.presentation.widgets.trigger_lines import QuickLine, SentencePane

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor
    from upbit_auto_trading.presentation.widgets.condition_looks import CountLook

_NEAR: Final = 8


class TriggerWorkbench(QFrame):
    """Shows the editor's trigger and edits it; `panel` stands beside it.

    `findings` are what is wrong with the tree by node. `told` carries sentences for the user.
    """

    told = pyqtSignal(str)

    def __init__(
        self,
        theme: Theme,
        editor: TriggerEditor,
        words: TriggerWords,
        part_of: Callable[[str], Expression | None],
    ) -> None:
        super().__init__()
        self.setObjectName("pane")
        self._editor, self._words = editor, words
        self.findings: dict[str, list[Finding]] = {}
        self.header = TriggerHeader(theme, role_choices(), _more())
        self.canvas = ConditionCanvas(theme)
        self.sentence = SentencePane(theme)
        self.quick = QuickLine(theme)
        self.panel = PropertyPanel(theme)
        self.canvas_link = CanvasLink(self.canvas, editor, words, theme, part_of)
        self.panel_link = PanelLink(self.panel, editor, words)
        self.typing_link = TypingLink(self.quick, self.sentence, editor, words)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("pane-scroll")
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._assemble()
        self._connect()

    @property
    def blocked(self) -> int:
        """How many things keep the trigger from being saved as more than a draft."""
        return sum(any(one.blocks for one in found) for found in self.findings.values())

    @property
    def can_be_saved(self) -> bool:
        """Whether the trigger is sound and has a name."""
        return not self.blocked and bool(self._editor.trigger.name.strip())

    def show_trigger(self) -> None:
        """Show the editor's trigger as it stands."""
        editor, words = self._editor, self._words
        self.findings = findings_of(editor.root, words.registry, words.notes)
        self.header.show_look(words.head(editor, self.blocked))
        self.canvas_link.show(self.findings)
        self.panel_link.show(self.findings)
        role = editor.trigger.role
        _icon, token = role_look(role)
        pieces = words.pieces(editor.root, self.findings)
        formula = words.formula(editor.root)
        self.sentence.show_sentence(role_word(role), token, pieces, formula)
        self.typing_link.read(self.quick.input.text())

    def show_counts(self, counts: Mapping[str, CountLook]) -> None:
        """Show how often each condition held where the trigger was tried."""
        self.canvas.show_counts(counts)
        self.panel_link.show_counts(counts, self.findings)

    def go_to_trouble(self) -> None:
        """Select the first node that keeps the trigger from being saved, or the empty name."""
        for node, found in self.findings.items():
            if any(one.blocks for one in found):
                self._editor.select(node)
                self.canvas.setFocus()
                return
        self.header.focus_name()

    def _selected(self) -> None:
        self.canvas_link.show_selection()
        self.panel_link.show(self.findings)
        self.panel_link.reveal(self._editor.selection.part)

    def _edit(self, node: str, part: str) -> None:
        self._editor.select(node, part)
        self.panel_link.focus(part)

    def _role_chosen(self, code: str) -> None:
        self._editor.describe(role=Role(code))

    def _scroll_to(self, top: int, height: int) -> None:
        middle = top + height // 2 + _NEAR
        self._scroll.ensureVisible(0, middle, 0, height // 2 + _NEAR)

    def _assemble(self) -> None:
        holder = QWidget()
        holder.setObjectName("canvas-holder")
        inside = QVBoxLayout(holder)
        inside.setContentsMargins(10, 10, 10, 10)
        inside.addWidget(self.canvas)
        inside.addStretch(1)
        self._scroll.setWidget(holder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._scroll, 1)
        column.addWidget(self.sentence)
        column.addWidget(self.quick)

    def _connect(self) -> None:
        editor, header = self._editor, self.header
        editor.changed.connect(self.show_trigger)
        editor.selected.connect(self._selected)
        header.name_edited.connect(lambda name: editor.describe(name=name))
        header.name.returnPressed.connect(self.quick.input.setFocus)
        header.role_chosen.connect(self._role_chosen)
        header.undo_pressed.connect(editor.undo)
        header.redo_pressed.connect(editor.redo)
        header.trouble_pressed.connect(self.go_to_trouble)
        self.canvas.edit_asked.connect(self._edit)
        self.canvas.row_shown.connect(self._scroll_to)
        self.panel.done.connect(self.canvas.setFocus)
        self.sentence.node_pressed.connect(editor.select)
        self.typing_link.added.connect(self.quick.input.setFocus)


def _more() -> Sequence[tuple[str, str, str]]:
    return [
        ("versions", _("Earlier versions…"), "history"),
        ("note", _("Note and tags…"), "tag"),
        ("revert", _("Drop the draft"), "rotate-ccw"),
        ("", "", ""),
        ("copy", _("Copy the trigger as JSON"), "copy"),
        ("paste", _("Paste a trigger"), "download"),
        ("export", _("Export to a file…"), "upload"),
        ("import", _("Import from a file…"), "folder-open"),
        ("", "", ""),
        ("scenarios", _("Show or hide the scenarios"), "flask-conical"),
    ]
