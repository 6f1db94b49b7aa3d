"""What the list of saved triggers says, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.document import DocumentProblem, InvalidDocumentError
from upbit_auto_trading.domain.expression import operands
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.presentation.formatting import KST
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.trigger_words import role_look, role_word
from upbit_auto_trading.presentation.viewmodels.market_search import initials_of
from upbit_auto_trading.presentation.widgets.trigger_list import TriggerRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.domain.trigger import (
        Trigger,
        TriggerListing,
        TriggerUse,
        TriggerVersion,
    )
    from upbit_auto_trading.presentation.screens.trigger_menus import Entry
    from upbit_auto_trading.presentation.screens.trigger_words import TriggerWords


def rows(
    listing: TriggerListing,
    drafts: Mapping[str, Trigger],
    uses: Mapping[str, Sequence[TriggerUse]],
    current: Trigger,
    words: TriggerWords,
) -> list[TriggerRow]:
    """The rows: drafts that were never saved first, then what is saved, by name."""
    known = {one.id for one in listing.triggers}
    unsaved = {identity: one for identity, one in drafts.items() if identity not in known}
    if current.id and current.id not in known:
        unsaved[current.id] = current
    shown = [*unsaved.values(), *listing.triggers]
    found = [_row(one, drafts, uses.get(one.id, ()), current, words) for one in shown]
    for broken in listing.unreadable:
        text = _("can't be read: {path}").format(path=broken.path)
        name = broken.name or broken.id
        found.append(
            TriggerRow(broken.id, name, text, "", "", name.casefold(), text, is_broken=True)
        )
    return found


def row_entries() -> list[Entry | None]:
    """What can be done with a row."""
    return [
        ("open", _("Open"), "pencil", "Enter"),
        ("rename", _("Rename"), "tag", "F2"),
        ("duplicate", _("Make a copy"), "copy", ""),
        ("copy", _("Copy as JSON"), "copy", "Ctrl+C"),
        None,
        ("delete", _("Delete"), "trash-2", "Del"),
    ]


def version_entries(versions: Sequence[TriggerVersion]) -> list[Entry | None]:
    """The saved versions, newest first."""
    return [
        (
            str(one.revision),
            f"v{one.revision}  {from_epoch_ms(one.saved_ms).astimezone(KST):%m/%d %H:%M}",
            "history",
            "",
        )
        for one in reversed(versions[-30:])
    ] or [("0", _("not saved"), "", "")]


def saved(trigger: Trigger, uses: Sequence[TriggerUse]) -> str:
    """What saving did, and which strategies go on with the version they have."""
    name = trigger.name
    text = _("‘{name}’ is saved as version {revision}.").format(
        name=name, revision=trigger.revision
    )
    older = sorted({use.strategy_name for use in uses if use.revision != trigger.revision})
    if older:
        names = ", ".join(older)
        text += " " + _("Strategies go on with the version they have: {names}.").format(names=names)
    return text


def failure(error: Exception) -> str:
    """Why a trigger couldn't be read or kept, and what that means."""
    if isinstance(error, LedgerError):
        reason = {
            "full": _("the disk is full"),
            "locked": _("another program holds the file"),
            "read_only": _("a newer version of the program wrote the file, or it is read-only"),
        }.get(error.code, _("the file can't be used"))
        return _(
            "It isn't saved: {reason}. What you see stays in the window; try again. (E-TRIGGERS)"
        ).format(reason=reason)
    return _("It isn't there any more. (E-TRIGGERS)")


def no_folder() -> str:
    """Why nothing can be saved now, and what becomes of what is on screen."""
    return _(
        "Saved triggers can't be reached now. What you see stays in the window; "
        "save it once the exchange is connected and the data folder can be written. (E-LIBRARY)"
    )


def document_problem(error: InvalidDocumentError) -> str:
    """Why a text can't be taken in."""
    return {
        DocumentProblem.NOT_JSON: _("it isn't JSON"),
        DocumentProblem.TOO_LARGE: _("it is too large; 1 MB are allowed"),
        DocumentProblem.TOO_DEEP: _("it is nested too deeply"),
        DocumentProblem.TOO_MANY: _("it has too many parts"),
        DocumentProblem.TOO_LONG: _("a text in it is too long"),
        DocumentProblem.UNKNOWN_VERSION: _("another version wrote it"),
        DocumentProblem.UNKNOWN_NAME: _("it names something unknown"),
        DocumentProblem.OUT_OF_RANGE: _("a value is out of its range"),
        DocumentProblem.MISSING: _("something is missing"),
    }.get(error.problem, _("a field is wrong"))


def refused_document(error: InvalidDocumentError) -> str:
    """Why a text is no trigger; the trigger being edited is as it was."""
    return _("This is no trigger: {reason} (at {path}). Nothing has changed.").format(
        reason=document_problem(error), path=error.path[:60]
    )


def file_problem(name: str, error: OSError) -> str:
    """Why a file couldn't be read or written."""
    return _("{name}: {reason}").format(name=name, reason=error.strerror or str(error))


def free_name(name: str, taken: Sequence[str]) -> str:
    """Return the name, numbered where another trigger has it: `RSI (2)`."""
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


def _row(
    trigger: Trigger,
    drafts: Mapping[str, Trigger],
    uses: Sequence[TriggerUse],
    current: Trigger,
    words: TriggerWords,
) -> TriggerRow:
    icon, token = role_look(trigger.role)
    draft = drafts.get(trigger.id)
    name = (current if trigger.id == current.id else draft or trigger).name
    version = f"v{trigger.revision}" if trigger.revision else _("not saved")
    strategies = sorted({use.strategy_name for use in uses})
    count = _("in one strategy") if len(strategies) == 1 else _("in {n} strategies")
    used = [count.format(n=len(strategies))] if strategies else []
    detail = " · ".join([role_word(trigger.role), version, *used, *trigger.tags])
    variables = {operand.variable for operand in operands(trigger.expression)}
    names = [words.name_of(one) for one in variables if one in words.registry]
    texts = [name, initials_of(name), detail, *variables, *names]
    tip = words.sentences.text(trigger.expression) if not draft else ""
    notes = [tip, trigger.note, *(f"{use.strategy_name} · v{use.revision}" for use in uses)]
    return TriggerRow(
        trigger.id,
        name or _("Nameless"),
        detail,
        icon,
        token,
        "\n".join(texts).casefold().replace(" ", ""),
        "\n".join(note for note in notes if note),
        is_open=trigger.id == current.id,
        has_draft=draft is not None,
    )
