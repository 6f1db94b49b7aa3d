"""What the builder says about conditions: faults, mismatches, repairs, trouble with typed text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.compatibility import Mismatch, MismatchCode, Repair, RepairCode
from upbit_auto_trading.domain.expression import VariableOperand
from upbit_auto_trading.domain.expression_check import Check, CheckCode
from upbit_auto_trading.domain.formula_tokens import FormulaError, FormulaProblem
from upbit_auto_trading.presentation.korean_particles import has_particle, particle
from upbit_auto_trading.presentation.sentence_words import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.expression import Comparison
    from upbit_auto_trading.presentation.sentence_operand import OperandWords

_SLOT: Final = re.compile(r"\{([^{}]*)\}")
_SUGGESTING: Final = frozenset(
    {FormulaProblem.UNKNOWN_NAME, FormulaProblem.UNKNOWN_LETTER, FormulaProblem.NO_TIMEFRAME}
)


class ConditionNotes:
    """Words notes in the language of `operands`."""

    def __init__(self, operands: OperandWords) -> None:
        self._operands = operands
        self._words = operands.words

    def check(self, check: Check) -> str:
        """Return what is wrong with a node."""
        if check.code is CheckCode.MISMATCH and check.mismatch is not None:
            return self.mismatch(check.mismatch)
        return self._said("check", check.code.value, self._facts(dict(check.facts)))

    def mismatch(self, found: Mismatch) -> str:
        """Return why a comparison can't be made."""
        if found.code is MismatchCode.NO_HISTORY:
            name = self._name(str(found.fact("variable")))
            return self._said("mismatch", found.code.value, {"name": name})
        facts = {}
        for side in ("left", "right"):
            variable = self._operands.registry[str(found.fact(side))]
            facts[side] = self._words.of(variable.short)
            facts[f"{side}_unit"] = self._words.unit(variable, self._operands.quote)
        return self._said("mismatch", found.code.value, facts)

    def repair(self, repair: Repair, before: Comparison) -> str:
        """Return what a repair button says; `before` is the comparison it mends."""
        after = repair.comparison
        facts = {}
        if repair.code in (RepairCode.CONSTANT, RepairCode.AVERAGE) and after.right is not None:
            unit = self._operands.registry[after.left.variable].unit
            facts["right"] = self._operands.label(after.right, unit).name
        if repair.code is RepairCode.AS_CHANGE:
            # Where both sides turned into one change, it is the right side's.
            kept = after.left == before.left
            lost = after.right != before.right
            changed = before.right if kept or lost else before.left
            if isinstance(changed, VariableOperand):
                facts["changed"] = self._name(changed.variable)
        return self._said("repair", repair.code.value, facts)

    def problem(self, error: FormulaError) -> str:
        """Return what is wrong with a typed text, with what was probably meant."""
        text = self._said("problem", error.problem.value, self._facts(error.facts))
        if error.problem not in _SUGGESTING or not error.suggestions:
            return text
        words = ", ".join(error.suggestions[:4])
        return self._words.word("hint", "suggestions").format(text=text, words=words)

    def _name(self, variable: str) -> str:
        return self._words.of(self._operands.registry[variable].short)

    def _facts(self, facts: Mapping[str, float | str]) -> dict[str, str]:
        texts = {}
        for name, value in facts.items():
            known = isinstance(value, str) and name == "name" and value in self._operands.registry
            if known:
                texts[name] = self._name(str(value))
            else:
                texts[name] = value if isinstance(value, str) else number(value)
        return texts

    def _said(self, table: str, key: str, facts: Mapping[str, str]) -> str:
        text = ""
        place = 0
        pattern = self._words.word(table, key)
        for found in _SLOT.finditer(pattern):
            text += pattern[place : found.start()]
            name = found[1]
            text += particle(text, name) if has_particle(name) else facts[name]
            place = found.end()
        return text + pattern[place:]
