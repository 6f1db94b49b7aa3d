"""Tables as CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A cell beginning with one of these is a formula to a spreadsheet.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK: Final = "\ufeff"


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the table with its head; numbers stay numbers, texts never become formulas.

    Begins with a byte order mark: without it spreadsheets misread Korean.
    """
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    writer.writerow([_safe(cell) for cell in head])
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
    return out.getvalue()


def _safe(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    text = cell.lstrip()
    return f"'{cell}" if text.startswith(_FORMULA) or cell.startswith(_FORMULA) else cell
