"""Arrays handed to QPainter paint the same pixels as shapes drawn one by one."""

from collections.abc import Callable

import numpy as np
import pytest
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter

from upbit_auto_trading.presentation.widgets.primitives import draw_columns, draw_rects

X = np.arange(0, 290.0, 3)
TOP = np.round(80 + 50 * np.sin(X / 20))
HEIGHT = np.round(1 + 30 * np.abs(np.cos(X / 9)))
COLOUR = QColor("red")


def painted(paint: Callable[[QPainter], None], ratio: float) -> QImage:
    image = QImage(round(300 * ratio), round(200 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("black"))
    painter = QPainter(image)
    paint(painter)
    painter.end()
    return image


def one_by_one(painter: QPainter) -> None:
    for x, top, height in zip(X.tolist(), TOP.tolist(), HEIGHT.tolist(), strict=True):
        painter.fillRect(QRectF(x, top, 1, height), COLOUR)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_columns_drawn_as_lines_are_the_rectangles_they_stand_for(
    qapp: object, ratio: float
) -> None:
    def as_lines(painter: QPainter) -> None:
        draw_columns(painter, COLOUR, X, TOP, HEIGHT)

    assert painted(as_lines, ratio) == painted(one_by_one, ratio)
    assert painted(as_lines, ratio) != painted(lambda _: None, ratio)


def test_rectangles_fill_exactly_their_pixels(qapp: object) -> None:
    def as_array(painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(COLOUR)
        draw_rects(painter, X, TOP, 1.0, HEIGHT)

    def nothing(painter: QPainter) -> None:
        draw_rects(painter, X[:0], TOP[:0], 1.0, HEIGHT[:0])

    assert painted(nothing, 1.0) == painted(lambda _: None, 1.0)
    assert painted(as_array, 1.0) == painted(one_by_one, 1.0)
