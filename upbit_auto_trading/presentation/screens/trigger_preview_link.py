"""The preview joined to the editor: edits are previewed, what is dragged there is an edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from upbit_auto_trading.domain.evaluation_record import GroupRecord
from upbit_auto_trading.domain.expression import comparisons
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.truth import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.presentation.screens.trigger_preview import TriggerPreview
    from upbit_auto_trading.presentation.screens.trigger_workbench import TriggerWorkbench
    from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor


# The canvas comes first: what was typed is on screen before its preview is begun.
_AFTER_MS: Final = 40


class PreviewLink(QObject):
    """Previews every edit; `market_chosen` tells that conditions are to be judged elsewhere."""

    market_chosen = pyqtSignal(str)

    def __init__(
        self, preview: TriggerPreview, editor: TriggerEditor, bench: TriggerWorkbench
    ) -> None:
        super().__init__(preview)
        self._preview, self._editor, self._bench = preview, editor, bench
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_AFTER_MS)
        self._later.timeout.connect(self.show)
        editor.changed.connect(self._later.start)
        editor.changed.connect(self._count)
        preview.counted.connect(self._count)
        preview.threshold_dragged.connect(self._dragged)
        preview.record_hovered.connect(self._hovered)
        preview.market.market_chosen.connect(self.market_chosen)

    def stop(self) -> None:
        """Preview nothing that waits."""
        self._later.stop()

    def show(self) -> None:
        """Preview the trigger as it stands; nothing where it has no conditions."""
        trigger = self._editor.kept
        has_any = bool(trigger.id and comparisons(trigger.expression))
        expression = trigger.expression if has_any else None
        self._preview.show_trigger(expression, trigger.role or Role.ENTRY)

    def _dragged(self, path: str, value: float) -> None:
        node, _dot, side = path.rpartition(".")
        self._editor.select(node, side)
        self._editor.fill(node, f"{side}.constant", value)

    def _hovered(self, record: Record | None) -> None:
        lit = frozenset(_true_nodes(record)) if record is not None else frozenset()
        self._bench.canvas.show_lit(lit)

    def _count(self) -> None:
        self._bench.show_counts(self._preview.counts(self._editor.root))


def _true_nodes(record: Record) -> Iterator[str]:
    """The conditions that were true at that moment."""
    if isinstance(record, GroupRecord):
        for child in record.children:
            yield from _true_nodes(child)
    elif record.truth is Truth.TRUE:
        yield record.node
