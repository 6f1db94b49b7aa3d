"""Paints the canvas of conditions: group cards, rows of chips, live figures, notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QPainter, QRegion

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.condition_ink import RADIUS, Ink
from upbit_auto_trading.presentation.widgets.condition_layout import (
    BAR,
    HEAD,
    ROW,
    SIDES,
    Box,
    Layout,
    text_width,
)
from upbit_auto_trading.presentation.widgets.condition_looks import GroupLook, LiveLook, RowLook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.condition_layout import DropPlace
    from upbit_auto_trading.presentation.widgets.condition_looks import (
        ChipLook,
        CountLook,
        NoteLook,
    )

_INKS: Final = {"true": "good", "false": "text-2", "unknown": "warn"}


@dataclass(slots=True)
class CanvasState:
    """What the canvas marks: selection, pointer, drop place, and sides that don't fit a drag.

    `lit` are conditions shown as true at a moment chosen elsewhere, `counts` how often each held.
    """

    node: str = ""
    part: str = ""
    hovered: tuple[str, str] = ("", "")
    has_focus: bool = False
    drop: DropPlace | None = None
    drop_side: tuple[str, str] = ("", "")
    greyed: frozenset[tuple[str, str]] = frozenset()
    lit: frozenset[str] = frozenset()
    counts: Mapping[str, CountLook] = field(default_factory=dict)


class ConditionPainter:
    """Paints boxes of a layout."""

    def __init__(self, theme: Theme) -> None:
        self._ink = Ink(theme)

    def paint(
        self,
        painter: QPainter,
        layout: Layout,
        live: Mapping[str, LiveLook],
        state: CanvasState,
        region: QRegion,
    ) -> None:
        """Paint what lies in `region`; of a row whose figures alone are in it, only those."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for box in layout.boxes:
            if not region.intersects(box.area):
                continue
            if isinstance(box.look, GroupLook):
                self._group(painter, box, box.look, live.get(box.node), state)
            else:
                self._row_card(painter, box, box.look, state)
                if region.intersects(chips_area(box)):
                    self._row(painter, box, box.look, state)
                count = state.counts.get(box.node)
                if box.node in live:
                    self._figures(painter, box, live[box.node], has_count=count is not None)
                if count is not None:
                    self._count(painter, box.parts["truth"], count)
                self._icon_part(painter, box, "menu", "ellipsis-vertical", state)
        if state.drop is not None:
            painter.fillRect(state.drop.line, self._ink.theme.colour("acc"))

    def _group(
        self,
        painter: QPainter,
        box: Box,
        look: GroupLook,
        live: LiveLook | None,
        state: CanvasState,
    ) -> None:
        selected = state.node == box.node
        self._ink.card(
            painter,
            box.area,
            f"{look.token}-bg",
            "acc" if selected else "line2",
            is_strong=selected,
        )
        bar = QRect(box.area.left(), box.area.top(), BAR, box.area.height())
        painter.fillRect(bar, self._ink.theme.colour(look.token))
        self._ink.text(painter, box.parts["word"], look.word, "control-strong", look.token)
        sign = box.parts["sign"]
        self._ink.outlined(painter, sign, "bg1", f"{look.token}-line")
        self._ink.text(painter, sign, look.sign, "micro", look.token, centred=True)
        if live is not None:
            self._ink.text(painter, box.parts["summary"], live.summary, "small", "text-3")
            self._truth(painter, box.parts["truth"], live)
        for name, word in (("add", _("Condition")), ("wrap", _("Group"))):
            self._adder(painter, box, name, word, state)
        self._icon_part(painter, box, "menu", "ellipsis-vertical", state)
        if "empty" in box.parts:
            area = box.parts["empty"]
            pen = self._ink.theme.pen("line2", 1, (4, 3))
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
            words = _("Drag a variable here, or choose one and press Enter")
            self._ink.text(painter, area, words, "control", "text-3", centred=True)
        elif look.note is not None:
            self._note(painter, box, look.note, state)

    def _row_card(self, painter: QPainter, box: Box, look: RowLook, state: CanvasState) -> None:
        selected = state.node == box.node
        is_bad = look.note is not None and look.note.tone == "bad"
        line = "bad" if is_bad else "acc" if selected else "line"
        self._ink.card(painter, box.area, "bg1", line, is_strong=selected or is_bad)
        if box.node in state.lit:
            painter.fillRect(
                QRect(box.area.left(), box.area.top() + 6, 3, ROW - 12),
                self._ink.theme.colour("good"),
            )

    def _row(self, painter: QPainter, box: Box, look: RowLook, state: CanvasState) -> None:
        self._icon_part(painter, box, "grip", "grip-vertical", state)
        letter = box.parts["letter"]
        self._ink.filled(painter, letter, "bg3")
        self._ink.text(painter, letter, look.letter, "small-strong", "text-2", centred=True)
        for name, chip in (("left", look.left), ("right", look.right), ("upper", look.upper)):
            if chip is not None:
                self._chip(painter, box, name, chip, look, state)
        self._comparator(painter, box, look, state)
        if look.extras:
            text = "  ".join(look.extras)
            self._ink.text(painter, box.parts["extras"], text, "small", "text-2")
        if look.note is not None:
            self._note(painter, box, look.note, state)

    def _chip(
        self,
        painter: QPainter,
        box: Box,
        name: str,
        chip: ChipLook,
        look: RowLook,
        state: CanvasState,
    ) -> None:
        area = box.parts[name]
        is_chosen = (state.node, state.part) == (box.node, name)
        is_target = state.drop_side == (box.node, name)
        is_greyed = (box.node, name) in state.greyed
        is_bad = look.note is not None and look.note.bad_part == name
        ground = "bg3" if state.hovered == (box.node, name) else "bg2"
        line = "acc" if is_chosen or is_target else "bad" if is_bad else "line2"
        if is_greyed:
            ground, line = "bg1", "line"
        self._ink.outlined(painter, area, "acc-bg" if is_chosen or is_target else ground, line)
        inner = area.adjusted(9, 0, -20, 0)
        detail = text_width(chip.detail, "small")
        name_room = inner.width()
        if chip.detail and text_width(chip.text, "control-strong") + 6 + detail > inner.width():
            name_room = max(inner.width() - detail - 6, inner.width() * 2 // 3)
        ink = "text-3" if is_greyed else "text-1"
        text = self._ink.elide(chip.text, "control-strong", name_room)
        self._ink.text(painter, inner, text, "control-strong", ink)
        used = text_width(text, "control-strong") + 6
        rest = inner.adjusted(used, 0, 0, 0)
        if chip.detail and rest.width() > 12:
            self._ink.text(painter, rest, chip.detail, "small", "text-3")
        self._ink.icon(painter, area.right() - 17, area.top() + 7, "chevron-down", "text-3", 12)

    def _comparator(self, painter: QPainter, box: Box, look: RowLook, state: CanvasState) -> None:
        area = box.parts["comparator"]
        is_bad = look.note is not None and bool(look.note.bad_part)
        line = "bad" if is_bad else "acc-line"
        if (state.node, state.part) == (box.node, "comparator"):
            line = "acc"
        ground = "bg3" if state.hovered == (box.node, "comparator") else "acc-bg"
        self._ink.outlined(painter, area, ground, line)
        self._ink.text(painter, area, look.comparator, "control-strong", "text-1", centred=True)

    def _count(self, painter: QPainter, area: QRect, count: CountLook) -> None:
        below = QRect(area.left(), area.top() + 24, area.width(), 16)
        fits = text_width(count.long, "small") <= area.width()
        text = self._ink.elide(count.long if fits else count.short, "small", area.width())
        self._ink.text(painter, below, text, "small", "text-2")

    def _figures(self, painter: QPainter, box: Box, live: LiveLook, *, has_count: bool) -> None:
        area = box.parts["value"]
        is_unknown = live.truth == "unknown"
        top, middle = area.top() + 6, area.top() + 23
        ink = "text-3" if is_unknown or live.is_stale else "text-1"
        against = self._ink.elide(live.against, "control", area.width() // 2)
        width = text_width(against, "control") + (5 if against and live.value else 0)
        right = QRect(area.left(), top, area.width(), 18)
        self._ink.text(painter, right, against, "control", "text-2", at_right=True)
        value = self._ink.elide(live.value, "value", area.width() - width)
        left_of = QRect(area.left(), top, area.width() - width, 18)
        self._ink.text(painter, left_of, value, "value", ink, at_right=True, italic=live.is_stale)
        basis = QRect(area.left(), middle, area.width(), 16)
        tone = "warn" if is_unknown else "text-3"
        text = live.basis
        if "bar" not in box.parts and live.distance:
            # Without room for the bar the distance stands before the age, which may be cut.
            text = f"{live.distance} · {text}" if text else live.distance
        self._ink.text(painter, basis, text, "small", tone, at_right=True)
        truth = box.parts["truth"]
        self._truth(painter, truth.adjusted(0, 6, 0, -22) if has_count else truth, live)
        if "bar" in box.parts:
            self._distance(painter, box.parts["bar"], live)

    def _distance(self, painter: QPainter, area: QRect, live: LiveLook) -> None:
        theme = self._ink.theme
        if live.share is not None and live.threshold_share is not None:
            left, width, y = area.left() + 6, area.width() - 12, area.top() + 15
            value = left + width * min(max(live.share, 0.0), 1.0)
            limit = left + width * min(max(live.threshold_share, 0.0), 1.0)
            ink = "good" if live.truth == "true" else "text-3"
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("bg3"))
            painter.drawRoundedRect(QRectF(left, y - 1, width, 2), 1, 1)
            painter.setBrush(theme.colour(ink))
            painter.drawRoundedRect(
                QRectF(min(value, limit), y - 1.5, abs(value - limit), 3), 1.5, 1.5
            )
            painter.drawEllipse(QPointF(value, y), 4, 4)
            painter.fillRect(QRectF(limit - 1, y - 7, 2, 14), theme.colour("text-1"))
        text = self._ink.elide(live.distance, "small", area.width())
        self._ink.text(
            painter,
            QRect(area.left(), area.top() + 24, area.width(), 16),
            text,
            "small",
            "text-2",
            centred=True,
        )

    def _truth(self, painter: QPainter, area: QRect, live: LiveLook) -> None:
        theme, centre = self._ink.theme, QPointF(area.left() + 8, area.top() + area.height() / 2)
        if live.truth == "true":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("good"))
        else:
            is_false = live.truth == "false"
            pen = theme.pen("text-3", 1.5) if is_false else theme.pen("warn", 1.5, (3.0, 2.6))
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, 4.5, 4.5)
        word = area.adjusted(18, 0, 0, 0)
        self._ink.text(painter, word, live.truth_word, "control-strong", _INKS[live.truth])

    def _note(self, painter: QPainter, box: Box, note: NoteLook, state: CanvasState) -> None:
        area = box.parts["note"].adjusted(2, 0, -2, -2)
        painter.fillRect(area, self._ink.theme.colour(f"{note.tone}-bg"))
        if "chip" in box.parts:
            chip = box.parts["chip"]
            self._ink.filled(painter, chip, note.tone)
            self._ink.icon(painter, chip.left() + 6, chip.top() + 3, "triangle-alert", "bg0", 12)
            inside = chip.adjusted(22, 0, 0, 0)
            self._ink.text(painter, inside, note.chip, "small-strong", "bg0")
        else:
            name = "octagon-alert" if note.tone == "bad" else "triangle-alert"
            self._ink.icon(painter, area.left() + 10, area.top() + 12, name, note.tone, 14)
        self._ink.text(painter, box.parts["note-text"], note.text, "control", "text-1")
        for number, words in enumerate(note.repairs):
            button = box.parts.get(f"repair{number}")
            if button is None:
                continue
            is_hovered = state.hovered == (box.node, f"repair{number}")
            first = number == 0
            ground = "acc-fill" if first else "bg3" if is_hovered else "bg2"
            self._ink.outlined(painter, button, ground, "acc" if is_hovered else "line2")
            ink = "on-fill" if first else "text-1"
            self._ink.text(painter, button, words, "control", ink, centred=True)

    def _adder(self, painter: QPainter, box: Box, name: str, word: str, state: CanvasState) -> None:
        area = box.parts[name]
        is_hovered = state.hovered == (box.node, name)
        if is_hovered:
            self._ink.filled(painter, area, "bg3")
        self._ink.icon(painter, area.left() + 7, area.top() + 6, "plus", "text-2", 12)
        if area.width() > 30:
            words = area.adjusted(23, 0, 0, 0)
            self._ink.text(painter, words, word, "control", "text-2")

    def _icon_part(
        self, painter: QPainter, box: Box, part: str, icon: str, state: CanvasState
    ) -> None:
        area = box.parts[part]
        if state.hovered == (box.node, part):
            self._ink.filled(painter, area, "bg3")
        x = area.left() + (area.width() - 14) // 2
        y = area.top() + (area.height() - 14) // 2
        self._ink.icon(painter, x, y, icon, "text-3", 14)


def live_area(box: Box) -> QRect:
    """Return the part of a box that its live figures are painted in."""
    if isinstance(box.look, GroupLook):
        return QRect(box.area.left(), box.area.top(), box.area.width(), HEAD)
    left = box.parts["value"].left()
    return QRect(left, box.area.top(), box.area.right() - left + 1, ROW)


def chips_area(box: Box) -> QRect:
    """Return the part of a row's box that its figures are not painted in."""
    area = QRect(box.area)
    if isinstance(box.look, RowLook) and box.look.note is None:
        area.setRight(box.parts["value"].left() - 1)
    return area


def side_at(part: str) -> str:
    """Return the side a part is, empty for the others."""
    return part if part in SIDES else ""
