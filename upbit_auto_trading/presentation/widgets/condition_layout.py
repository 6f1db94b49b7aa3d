"""Where everything on the canvas of conditions lies, and what lies under a point."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtGui import QFontMetrics

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.condition_looks import GroupLook, RowLook

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.widgets.condition_looks import ChipLook, NoteLook

HEAD: Final = 32
ROW: Final = 46
NOTE: Final = 38
EMPTY: Final = 44
GAP: Final = 6
BAR: Final = 4
INSET: Final = 10
CHIP: Final = 26
_CHIP_PADDING: Final = 9
_CHEVRON: Final = 16
_VALUE: Final = 150
_DISTANCE: Final = 108
_TRUTH: Final = 72
_COUNTED: Final = 132
_ROOMY: Final = 760
_MENU: Final = 26
_LEAST_CHIP: Final = 64
SIDES: Final = ("left", "right", "upper")


@dataclass(frozen=True, slots=True)
class Box:
    """One group or condition: its area, what it shows, and where its parts lie.

    `parent` and `place` say where it stands in the tree. Parts: `grip`, `letter`, the sides and
    `comparator`, `extras`, `value`, `bar`, `truth`, `menu`, `add`, `wrap`, `note`, `repair0` ….
    """

    node: str
    area: QRect
    look: RowLook | GroupLook
    parent: str
    place: int
    parts: dict[str, QRect] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DropPlace:
    """Where something dropped would go: into a group before a place, with the line that says so."""

    group: str
    place: int
    line: QRect


@dataclass(frozen=True, slots=True)
class Layout:
    """Every box, parents before children, and the height of all."""

    boxes: tuple[Box, ...] = ()
    height: int = 0

    def box(self, node: str) -> Box | None:
        """Return the box of a node."""
        return next((box for box in self.boxes if box.node == node), None)

    def at(self, point: QPoint) -> tuple[Box, str] | None:
        """Return the innermost box at a point and the part of it there, if any."""
        found = [box for box in self.boxes if box.area.contains(point)]
        if not found:
            return None
        box = found[-1]
        # What was laid out last lies on top: a repair on its note.
        parts = reversed(box.parts.items())
        part = next((name for name, area in parts if area.contains(point)), "")
        return box, part

    def drop_at(self, point: QPoint) -> DropPlace | None:
        """Return where something dropped at a point would go."""
        groups = [box for box in self.boxes if isinstance(box.look, GroupLook)]
        if not groups:
            return None
        inside = [box for box in groups if box.area.contains(point)]
        group = inside[-1] if inside else groups[0]
        children = [box for box in self.boxes if box.parent == group.node]
        place = sum(point.y() > box.area.center().y() for box in children)
        if place < len(children):
            y = children[place].area.top() - GAP // 2
        elif children:
            y = children[-1].area.bottom() + GAP // 2
        else:
            y = group.area.top() + HEAD + 4
        left, right = group.area.left() + BAR + INSET, group.area.right() - INSET
        return DropPlace(group.node, place, QRect(left, y - 1, right - left, 3))


def laid_out(root: GroupLook, width: int) -> Layout:
    """Return where everything lies on a canvas of that width."""
    boxes: list[Box] = []
    height = _group(root, QRect(0, 0, width, 0), "", 0, boxes)
    return Layout(tuple(boxes), height)


@lru_cache(maxsize=4096)
def text_width(text: str, font_name: str) -> int:
    """Return the width of a text in a font of the type table."""
    return _metrics(font_name).horizontalAdvance(text)


@lru_cache(maxsize=16)
def _metrics(font_name: str) -> QFontMetrics:
    return QFontMetrics(font(font_name))


def _group(look: GroupLook, area: QRect, parent: str, place: int, boxes: list[Box]) -> int:
    at = len(boxes)
    parts = _head_parts(look, area)
    y = area.top() + HEAD
    if look.note is not None and look.children:
        parts |= _note_parts(look.note, QRect(area.left() + BAR, y, area.width() - BAR, NOTE))
        y += NOTE
    left, width = area.left() + BAR + INSET, area.width() - BAR - 2 * INSET
    for number, child in enumerate(look.children):
        inner = QRect(left, y, width, 0)
        if isinstance(child, GroupLook):
            height = _group(child, inner, look.node, number, boxes)
        else:
            height = _row(child, inner, look.node, number, boxes)
        y += height + GAP
    if not look.children:
        parts["empty"] = QRect(left, y, width, EMPTY)
        y += EMPTY + GAP
    bottom = y - GAP + INSET - area.top()
    whole = QRect(area.left(), area.top(), area.width(), bottom)
    boxes.insert(at, Box(look.node, whole, look, parent, place, parts))
    return bottom


def _head_parts(look: GroupLook, area: QRect) -> dict[str, QRect]:
    top, right = area.top(), area.right() - 6
    x = area.left() + BAR + INSET
    word = text_width(look.word, "control-strong") + 2
    sign = text_width(look.sign, "micro") + 12
    parts = {
        "word": QRect(x, top, word, HEAD),
        "sign": QRect(x + word + 8, top + 7, sign, 18),
        "menu": QRect(right - _MENU, top + 4, _MENU, 24),
    }
    x = parts["sign"].right() + 10
    right -= _MENU
    parts["truth"] = QRect(right - _TRUTH, top, _TRUTH, HEAD)
    right -= _TRUTH + 8
    roomy = area.width() > 460
    for name, words in (("wrap", _("Group")), ("add", _("Condition"))):
        width = text_width(words, "control") + 32 if roomy else 26
        parts[name] = QRect(right - width, top + 4, width, 24)
        right -= width + 4
    parts["summary"] = QRect(x, top, max(0, right - x - 6), HEAD)
    return parts


def _row(look: RowLook, area: QRect, parent: str, place: int, boxes: list[Box]) -> int:
    height = ROW + (NOTE if look.note is not None else 0)
    whole = QRect(area.left(), area.top(), area.width(), height)
    parts = _row_parts(look, QRect(area.left(), area.top(), area.width(), ROW))
    if look.note is not None:
        note = QRect(area.left(), area.top() + ROW, area.width(), NOTE)
        parts |= _note_parts(look.note, note)
    boxes.append(Box(look.node, whole, look, parent, place, parts))
    return height


def _row_parts(look: RowLook, area: QRect) -> dict[str, QRect]:
    top, right = area.top(), area.right() - 4
    parts = {
        "grip": QRect(area.left() + 4, top + 11, 18, 24),
        "letter": QRect(area.left() + 26, top + 14, 20, 18),
        "menu": QRect(right - _MENU, top + 11, _MENU, 24),
    }
    right -= _MENU + 2
    start = area.left() + 54
    wanted = _chip_widths(look)
    extras = sum(text_width(text, "small") + 14 for text in look.extras)
    need = sum(wanted.values()) + 6 * len(wanted) + extras
    # What gives way first is the count's second half, in all rows alike so that truths stand below
    # one another; then the bar, the value's age and the value, then the chips' ends.
    truth = _COUNTED if area.width() >= _ROOMY else _TRUTH
    parts["truth"] = QRect(right - truth, top, truth, ROW)
    right -= truth + 8
    if right - start - need >= _VALUE + _DISTANCE + 8:
        parts["bar"] = QRect(right - _DISTANCE, top, _DISTANCE, ROW)
        right -= _DISTANCE + 8
    room = right - start - need
    value = min(max(room - 8, 96), 190)
    parts["value"] = QRect(right - value, top, value, ROW)
    widths = _fitted(wanted, right - value - 8 - start - extras - 6 * len(wanted))
    x = start
    for name in ("left", "comparator", "right", "upper"):
        if name in widths:
            parts[name] = QRect(x, top + (ROW - CHIP) // 2, widths[name], CHIP)
            x += widths[name] + 6
    if look.extras:
        parts["extras"] = QRect(x, top, max(0, min(extras, parts["value"].left() - x)), ROW)
    return parts


def _chip_widths(look: RowLook) -> dict[str, int]:
    sides = {"left": look.left, "right": look.right, "upper": look.upper}
    widths = {name: chip_width(chip) for name, chip in sides.items() if chip is not None}
    widths["comparator"] = text_width(look.comparator, "control-strong") + 2 * _CHIP_PADDING
    return widths


def chip_width(chip: ChipLook) -> int:
    """Return how wide a chip wants to be."""
    detail = text_width(chip.detail, "small") + 6 if chip.detail else 0
    return text_width(chip.text, "control-strong") + detail + 2 * _CHIP_PADDING + _CHEVRON


def _fitted(wanted: dict[str, int], room: int) -> dict[str, int]:
    """Return widths that fit the room: the widest sides are cut first."""
    widths = dict(wanted)
    over = sum(widths.values()) - room
    while over > 0:
        widest = max((name for name in widths if name in SIDES), key=lambda name: widths[name])
        if widths[widest] <= _LEAST_CHIP:
            break
        cut = min(over, max(8, widths[widest] // 4), widths[widest] - _LEAST_CHIP)
        widths[widest] -= cut
        over -= cut
    return widths


def _note_parts(note: NoteLook, area: QRect) -> dict[str, QRect]:
    parts = {"note": area}
    right = area.right() - 10
    for number in range(len(note.repairs) - 1, -1, -1):
        width = text_width(note.repairs[number], "control") + 20
        if right - width < area.left() + area.width() // 3:
            continue
        parts[f"repair{number}"] = QRect(right - width, area.top() + 6, width, 26)
        right -= width + 6
    chip = text_width(note.chip, "small-strong") + 32 if note.chip else 0
    if chip:
        parts["chip"] = QRect(area.left() + 10, area.top() + 10, chip, 18)
    left = area.left() + 10 + (chip + 8 if chip else 22)
    parts["note-text"] = QRect(left, area.top(), max(0, right - left), NOTE)
    return parts
