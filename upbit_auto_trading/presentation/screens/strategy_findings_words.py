"""What a strategy's check found, in words, each with its repair where there is one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.strategy_check import Finding, FindingCode
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.strategy_sentences import rule_names
from upbit_auto_trading.presentation.screens.strategy_words import TONES, money, of
from upbit_auto_trading.presentation.sentence_words import number as spelled
from upbit_auto_trading.presentation.widgets.strategy_findings import FindingLook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.domain.strategy import Strategy


def finding_looks(strategy: Strategy, findings: Sequence[Finding], quote: str) -> list[FindingLook]:
    """What was found, worst first, then what is in order."""
    looks = [_finding_look(strategy, finding, quote) for finding in findings]
    found = {finding.code for finding in findings}
    if any(rule.enabled for rule in strategy.rules):
        for codes, words in _checked():
            if not codes & found:
                looks.append(FindingLook("good", words))
    return looks


def _checked() -> list[tuple[frozenset[FindingCode], str]]:
    """Every check that can pass, with what that means."""
    return [
        (frozenset({FindingCode.CAPITAL_EXCEEDED}), _("It never needs more than its allocation")),
        (
            frozenset({FindingCode.AMOUNT_BELOW_MINIMUM}),
            _("Every order reaches the exchange's minimum"),
        ),
        (
            frozenset({FindingCode.NO_ENTRY, FindingCode.NO_EXIT}),
            _("There is a way in and a way out"),
        ),
        (
            frozenset({FindingCode.CONTRADICTION, FindingCode.NEVER_TRUE, FindingCode.NEVER_KNOWN}),
            _("Every condition can come true"),
        ),
        (
            frozenset({FindingCode.STOP_ABOVE_AVERAGING}),
            _("No stop sells before averaging down buys"),
        ),
        (
            frozenset({FindingCode.TRAILING_BELOW_ENTRY}),
            _("A trailing stop never sells below the entry"),
        ),
        (frozenset({FindingCode.RISK_NOT_FIRST}), _("Risk rules come before all others")),
    ]


def _finding_look(strategy: Strategy, finding: Finding, quote: str) -> FindingLook:
    facts = dict(finding.facts)
    names = rule_names(strategy)
    title, detail = _found_words(finding, facts, names, quote)
    repair, words = "", ""
    if finding.code is FindingCode.CAPITAL_EXCEEDED:
        repair = f"allocate:{facts['needed']}"
        words = _("Allocate {amount}").format(amount=money(Decimal(str(facts["needed"])), quote))
    elif finding.code is FindingCode.AMOUNT_BELOW_MINIMUM:
        repair = f"amount:{finding.rule}:{facts['minimum']}"
        words = _("Raise to {amount}").format(amount=money(Decimal(str(facts["minimum"])), quote))
    elif finding.code is FindingCode.RISK_NOT_FIRST:
        repair, words = f"first:{finding.rule}", _("Move it to the top")
    elif finding.code is FindingCode.UNLIMITED_ADDS:
        repair, words = f"limit:{finding.rule}", _("Limit it to 3 times")
    return FindingLook(
        TONES[finding.severity] or "note", title, detail, finding.rule, repair, words
    )


def _found_words(
    finding: Finding, facts: dict[str, float | str], names: dict[str, str], quote: str
) -> tuple[str, str]:
    rule = names.get(finding.rule, "")
    other = names.get(str(facts.get("other", "")), "")
    told = {
        FindingCode.NO_ENTRY: (
            _("No rule ever buys"),
            _("Add a rule with the role Entry, or switch one on."),
        ),
        FindingCode.NO_EXIT: (
            _("No rule ever sells"),
            _("A position would stay open until you close it by hand."),
        ),
        FindingCode.AMOUNT_BELOW_MINIMUM: (
            _("{rule} buys for less than the exchange takes"),
            _("{amount}, but the least is {minimum}"),
        ),
        FindingCode.CAPITAL_EXCEEDED: (
            _("It may need more than its allocation"),
            _("{needed} at worst, {allocated} allocated"),
        ),
        FindingCode.UNLIMITED_ADDS: (
            _("{rule} may buy without end"),
            _("Without a limit a long fall uses all of the cash."),
        ),
        FindingCode.MISMATCH: (
            _("{rule} compares what can't be compared"),
            _("Open the trigger to mend it."),
        ),
        FindingCode.NEVER_TRUE: (
            _("A condition of {rule} can never hold"),
            _("Its threshold lies outside of what the value can be."),
        ),
        FindingCode.CONTRADICTION: (
            _("Two conditions of {rule} rule each other out"),
            _("They can never hold at the same time."),
        ),
        FindingCode.NEVER_KNOWN: (
            _("{rule} reads {variable}, which it can never know"),
            _("Such a condition stays unknown and never fires."),
        ),
        FindingCode.STOP_ABOVE_AVERAGING: (
            _("{rule} sells before {other} buys"),
            _("It sells at {stop} %, the other would buy at {level} % only."),
        ),
        FindingCode.TRAILING_BELOW_ENTRY: (
            _("{rule} can sell at a loss"),
            _("Armed and fallen at once it sells at {worst} %."),
        ),
        FindingCode.ARMS_WITHOUT_ARMING: (
            _("{rule} arms a rule that needs no arming"),
            _("That part does nothing."),
        ),
        FindingCode.LEVEL_IGNORED: (
            _("{rule} fires on the edge"),
            _("Only sells are tried again while their condition holds."),
        ),
        FindingCode.RISK_NOT_FIRST: (
            _("{rule} comes after {other}"),
            _("In one tick only the first order is placed: risk rules belong on top."),
        ),
        FindingCode.NEVER_ACTS: (_("{rule} never acts"), _("Its limit is 0.")),
        FindingCode.CAN_REPAINT: (
            _("{rule} reads a candle that is still forming"),
            _("What it says can change until the candle closes."),
        ),
    }[finding.code]
    words: dict[str, str] = {"rule": f"‘{rule}’", "other": f"‘{other}’", "variable": ""}
    if "variable" in facts:
        words["variable"] = of(shipped_variables()[str(facts["variable"])].short)
    for name, value in facts.items():
        if name in ("amount", "minimum", "needed", "allocated"):
            words[name] = money(Decimal(str(value)), quote)
        elif name in ("stop", "level", "worst"):
            words[name] = spelled(round(float(value), 2))
    return told[0].format(**words), told[1].format(**words)
