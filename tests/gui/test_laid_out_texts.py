"""Texts laid out once: as many as are needed again, and no more the longer the window runs."""

from PyQt6.QtCore import QRect
from PyQt6.QtGui import QPainter, QPixmap

from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.figure_painter import FigureFont
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter, laid_out


def test_painters_of_ever_new_prices_keep_one_store_of_a_fixed_size(theme: Theme) -> None:
    laid_out.cache_clear()
    canvas = QPixmap(200, 30)
    painter = QPainter(canvas)
    for label in [LabelPainter(theme) for _number in range(4)]:
        for price in range(600):
            label.draw(painter, QRect(0, 0, 100, 20), f"{price:,}.{id(label)}", "small", "text-1")
    painter.end()
    kept = laid_out.cache_info()
    assert kept.maxsize is not None
    assert kept.currsize == kept.maxsize < 1000


def test_a_text_another_painter_drew_is_not_laid_out_again(theme: Theme) -> None:
    laid_out.cache_clear()
    canvas = QPixmap(200, 30)
    painter = QPainter(canvas)
    for label in (LabelPainter(theme), LabelPainter(theme)):
        label.draw(painter, QRect(0, 0, 100, 20), "142,009,000", "small", "text-1")
    painter.end()
    assert laid_out.cache_info().misses == 1


def test_a_column_of_ever_new_figures_keeps_few_of_them(theme: Theme) -> None:
    del theme
    figures = FigureFont("value", 20, italic=False)
    canvas = QPixmap(200, 30)
    painter = QPainter(canvas)
    painter.setFont(figures.font)
    for price in range(1_000):
        figures.draw_kept(painter, 150.0, 0.0, f"{price:,}")
    painter.end()
    assert figures.kept_count <= 256
