"""The property panel joined to the editor: every keystroke is an edit, or says why it can't be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject

from upbit_auto_trading.domain.condition_fields import FieldValueError, fields_of
from upbit_auto_trading.domain.expression import Comparison, Group, GroupKind
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import trigger_properties
from upbit_auto_trading.presentation.screens.trigger_properties import NotANumberError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.domain.condition_fields import Field
    from upbit_auto_trading.presentation.screens.trigger_findings import Finding
    from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords
    from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor
    from upbit_auto_trading.presentation.widgets.condition_looks import CountLook
    from upbit_auto_trading.presentation.widgets.property_panel import PropertyPanel

_FIRST_FIELDS: Final = {
    "": ("right.constant", "right.variable", "span", "comparator"),
    "left": ("left.variable",),
    "right": ("right.constant", "right.variable"),
    "upper": ("upper.constant", "upper.variable"),
    "comparator": ("comparator",),
}


class PanelLink(QObject):
    """Shows the selected node in the panel and takes what is typed there."""

    def __init__(self, panel: PropertyPanel, editor: TriggerEditor, words: TriggerWords) -> None:
        super().__init__(panel)
        self._panel, self._editor, self._words = panel, editor, words
        self._found: Sequence[Finding] = ()
        self._nearest: dict[str, str] = {}
        self._counts: Mapping[str, CountLook] = {}
        panel.edited.connect(self._edited)
        panel.repair_pressed.connect(self._repair_field)
        panel.repair_chosen.connect(self.repair)

    def show(self, findings: Mapping[str, Sequence[Finding]]) -> None:
        """Show the node that is selected."""
        node = self._editor.node()
        self._found = findings.get(node.id, ()) if node is not None else ()
        trigger = self._editor.trigger
        look = trigger_properties.property_look(self._words, trigger, node, self._found)
        count = self._counts.get(node.id) if node is not None else None
        self._panel.show_look(look if count is None else replace(look, alone=count.full))

    def show_counts(
        self, counts: Mapping[str, CountLook], findings: Mapping[str, Sequence[Finding]]
    ) -> None:
        """Say how often the selected condition held where the trigger was tried."""
        if counts != self._counts:
            self._counts = counts
            self.show(findings)

    def focus(self, part: str) -> None:
        """Put the keyboard where a part of the selected condition is set."""
        self._panel.focus_field(*self._keys_of(part))

    def reveal(self, part: str) -> None:
        """Bring into sight where a part of the selected condition is set."""
        if part:
            self._panel.reveal_field(*self._keys_of(part))

    def _keys_of(self, part: str) -> tuple[str, ...]:
        """The fields that set a part of the selected node, the likeliest first."""
        node = self._editor.node()
        if isinstance(node, Group):
            return (trigger_properties.KIND,)
        keys = _FIRST_FIELDS.get(part, _FIRST_FIELDS[""])
        if part == "left" and isinstance(node, Comparison):
            fields = fields_of(node, self._words.registry)
            own = (field.key for field in fields if field.key.startswith("left.parameters."))
            keys = (*own, *keys)
        return keys

    def focus_tags(self) -> None:
        """Put the keyboard where the trigger's tags are set."""
        self._editor.select(self._editor.root.id)
        self._panel.focus_field(trigger_properties.TAGS)

    def repair(self, number: int) -> None:
        """Put the selected node right in one of the ways that are offered."""
        fixes = [fix for finding in self._found for fix in finding.fixes]
        if number < len(fixes):
            self._editor.put(fixes[number].node, fixes[number].new)

    def _edited(self, key: str, text: str) -> None:
        node = self._editor.node()
        if key == trigger_properties.TAGS:
            self._editor.describe(tags=trigger_properties.typed_tags(text))
        elif key == trigger_properties.NOTE:
            self._editor.describe(note=text)
        elif isinstance(node, Group):
            self._join(node, key, text)
        if isinstance(node, Group):
            return
        field = self._field(key)
        if node is None or field is None:
            return
        try:
            value = trigger_properties.typed_value(field, text)
            self._editor.fill(node.id, key, value)
        except (FieldValueError, NotANumberError) as error:
            self._refuse(key, error)
            return
        self._panel.show_problem(key, "")

    def _refuse(self, key: str, error: FieldValueError | NotANumberError) -> None:
        problem, nearest = trigger_properties.field_problem(error)
        self._nearest[key] = nearest
        repair = _("Use {level}").format(level=nearest) if nearest else ""
        self._panel.show_problem(key, problem, repair)

    def _repair_field(self, key: str) -> None:
        nearest = self._nearest.get(key, "")
        if nearest:
            self._panel.show_problem(key, "")
            self._edited(key, nearest)
            self._panel.focus_field(key)

    def _join(self, group: Group, key: str, text: str) -> None:
        if key == trigger_properties.KIND:
            self._editor.change_kind(group.id, GroupKind(text), group.needed)
            return
        most = max(1, len(group.children))
        try:
            needed = trigger_properties.typed_number(text)
        except NotANumberError as error:
            self._refuse(key, error)
            return
        if needed != int(needed) or not 1 <= needed <= most:
            self._nearest[key] = str(min(max(1, round(needed)), most))
            limits = _("From {low} to {high}.").format(low=1, high=most)
            repair = _("Use {level}").format(level=self._nearest[key])
            self._panel.show_problem(key, limits, repair)
            return
        self._panel.show_problem(key, "")
        self._editor.change_kind(group.id, group.kind, int(needed))

    def _field(self, key: str) -> Field | None:
        comparison = self._editor.comparison()
        if comparison is None:
            return None
        fields = fields_of(comparison, self._words.registry)
        return next((field for field in fields if field.key == key), None)
