"""The proof that a paper run and its replay decide the same: the score, and every difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSplitter, QVBoxLayout

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.account_words import moment
from upbit_auto_trading.presentation.widgets.data_table import Cell, Column, DataTable, Row
from upbit_auto_trading.presentation.widgets.pane import Pane
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.application.parity import Difference, Parity
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.account import Proof

_HEIGHT: Final = 150


class ParityPane(Pane):
    """Shows a proof; a chosen difference with both of its records."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme, "scale", _("Agreement"), _("the recording judged again, decision by decision")
        )
        self._parity: Parity | None = None
        self.score = Text(theme, "metric", "good")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setRange(0, 10_000)
        self.bar.setAccessibleName(_("Share of decisions that agree"))
        self.words = Text(theme, "control", "text-2")
        self.words.setWordWrap(True)
        self.close_button = QPushButton(_("Close"))
        self.close_button.clicked.connect(self.hide)
        self.differences = DataTable(
            theme,
            _("Differences"),
            [
                Column(_("Time"), 120),
                Column(_("Rule")),
                Column(_("Recorded"), 120),
                Column(_("Judged again"), 120),
            ],
        )
        self.differences.setMaximumHeight(_HEIGHT)
        self.records = [
            DataTable(theme, name, [Column(name), Column("", 150, is_number=True)])
            for name in (_("Recorded"), _("Judged again"))
        ]
        self._sides = QSplitter(Qt.Orientation.Horizontal)
        for table in self.records:
            table.setMaximumHeight(_HEIGHT)
            self._sides.addWidget(table)
        self.differences.row_chosen.connect(self._chosen)
        self._assemble()

    def show_working(self) -> None:
        """Say that the recording is being judged."""
        self._parity = None
        self.score.show_text("…", "text-2")
        self.words.show_text(_("Judging the recording again in a process of its own…"))
        self._show_lists(has_differences=False)
        self.show()

    def show_proof(self, proof: Proof) -> None:
        """Show how far a run agrees with its replay."""
        parity = self._parity = proof.parity
        agreeing = parity.compared - parity.different
        self.score.show_text(
            f"{formatting.number(agreeing, 0)} / {formatting.number(parity.compared, 0)}",
            "good" if parity.holds else "warn",
        )
        self.bar.setValue(round(parity.agreement_percent * 100))
        self.words.show_text(" ".join(filter(None, (_agreement(parity), _prices(proof)))))
        self.differences.show_rows(
            [_difference(place, one) for place, one in enumerate(parity.differences)]
        )
        self._show_lists(has_differences=bool(parity.differences))
        self.show()

    def _show_lists(self, *, has_differences: bool) -> None:
        self.differences.setVisible(has_differences)
        self._sides.setVisible(False)

    def _chosen(self, place: int) -> None:
        if self._parity is None:
            return
        one = self._parity.differences[place]
        for table, data in zip(self.records, (one.recorded, one.replayed), strict=True):
            table.show_rows(_record_rows(data or {}))
        self._sides.setVisible(True)

    def _assemble(self) -> None:
        self.add_control(self.close_button)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.score)
        top.addWidget(self.words, 1)
        column = QVBoxLayout()
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.differences)
        column.addWidget(self._sides)
        self.body.addLayout(column)


def _agreement(parity: Parity) -> str:
    if not parity.compared:
        text = _("Nothing was decided yet, so there is nothing to compare.")
    elif parity.holds:
        text = _("Every decision comes out the same, with the same values behind it.")
    else:
        text = _("{n} decisions differ; choose one to see both records.").format(
            n=formatting.number(parity.different, 0)
        )
    if parity.unproven:
        text += " " + _(
            "{n} older parts can't be judged: their ticks aren't kept any more."
        ).format(n=parity.unproven)
    return text


def _prices(proof: Proof) -> str:
    differences = proof.price_differences
    if not differences:
        return ""
    return _(
        "Prices, counted apart: {n} orders filled {mean} on average against the tick a backtest "
        "fills at, {worst} at worst (plus is worse)."
    ).format(
        n=len(differences),
        mean=_percent(sum(differences) / len(differences)),
        worst=_percent(max(differences)),
    )


def _percent(value: float) -> str:
    return f"{'+' if value > 0 else ''}{formatting.number(value, 3)} %"


def _difference(place: int, one: Difference) -> Row:
    told: Mapping[str, Any] = one.recorded or one.replayed or {}
    nothing = _("nothing")
    return Row(
        place,
        (
            Cell(moment(int(told["t"])) if "t" in told else "", "text-2"),
            Cell(str(told.get("rule", ""))),
            Cell(str((one.recorded or {}).get("outcome", nothing)), "warn"),
            Cell(str((one.replayed or {}).get("outcome", nothing)), "warn"),
        ),
    )


def _record_rows(data: Mapping[str, Any], path: str = "") -> list[Row]:
    rows: list[Row] = []
    for name, value in data.items():
        at = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            rows += _record_rows(value, at)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                inner = item if isinstance(item, dict) else {"": item}
                rows += _record_rows(inner, f"{at}[{number}]")
        else:
            rows.append(Row(at, (Cell(at, "text-2"), Cell(str(value)))))
    return rows
