"""The badges of a market: warnings and cautions of the exchange, end of its trading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect, Qt

from upbit_auto_trading.presentation import wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from PyQt6.QtGui import QFontMetrics, QPainter

    from upbit_auto_trading.presentation.market_row import MarketRow
    from upbit_auto_trading.presentation.theme import Theme


def badges_of(row: MarketRow) -> list[tuple[str, str]]:
    """Each badge's words and colour token, the most serious first."""
    badges = [(_("Warning"), "bad")] if row.warning else []
    if row.last_day is not None:
        day = f"{row.last_day.month}/{row.last_day.day}"
        badges.insert(0, (_("Ends {day}").format(day=day), "bad"))
    return badges + [(wording.caution(code), "warn") for code in sorted(row.cautions)]


def paint_badge(
    painter: QPainter,
    theme: Theme,
    metrics: QFontMetrics,
    area: QRect,
    badge: tuple[str, str],
) -> int:
    """Draw a badge at the left of `area`, unless it doesn't fit; return what is left of."""
    text, ink = badge
    frame = QRect(area.left(), area.top(), metrics.horizontalAdvance(text) + 8, 15)
    if frame.right() > area.right():
        return area.left()
    painter.setRenderHint(painter.RenderHint.Antialiasing)
    painter.setPen(theme.pen(f"{ink}-line"))
    painter.setBrush(theme.colour(f"{ink}-bg"))
    painter.drawRoundedRect(frame, 3, 3)
    painter.setRenderHint(painter.RenderHint.Antialiasing, on=False)
    painter.setPen(theme.colour(ink))
    painter.setFont(font("micro"))
    painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, text)
    return frame.right() + 5


def explanations_of(row: MarketRow) -> list[str]:
    """What the badges mean, a sentence each."""
    lines = [_("Upbit has put this market under warning")] if row.warning else []
    if row.last_day is not None:
        words = _("Upbit ends the trading of this market on {day}")
        lines.append(words.format(day=row.last_day.isoformat()))
    return lines + [wording.caution_sentence(code) for code in sorted(row.cautions)]
