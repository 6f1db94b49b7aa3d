"""The firings of a preview as columns: thousands cross to the window as a few arrays.

What is behind a firing is explained where it is looked at, from the numbers that were written
when it was judged and by the same arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, overload

import numpy as np

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.evaluation import Input, Inputs, compile_expression
from upbit_auto_trading.domain.evaluation_record import Record, explain, not_supplied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from upbit_auto_trading.domain.decision import Decision, Evaluation
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.truth import Unknown


@dataclass(frozen=True, slots=True)
class PreviewFiring:
    """One firing: which of all it is (from 1), when and at which price, and every number behind it.

    `suppressed` is the code of what kept it from acting, empty where nothing did.
    """

    number: int
    ms: int
    price: float
    suppressed: str
    record: Record


@dataclass(frozen=True, slots=True, eq=False)
class Firings(Sequence[PreviewFiring]):
    """Firings of `trigger` in time's order, numbered from `first` on, each made when asked for.

    `reason` is each one's place in `reasons`, the codes of what keeps a firing from acting, the
    first of them empty. `values` has a row of numbers a firing, in the order in which the
    compiled trigger asks for them; `unknown` is the place in `unknowns` of why one is NaN, −1
    where none was given.
    """

    trigger: Expression
    first: int
    ms: NDArray[np.int64]
    price: NDArray[np.float64]
    reason: NDArray[np.int8]
    reasons: tuple[str, ...]
    values: NDArray[np.float64]
    unknown: NDArray[np.int32]
    unknowns: tuple[Unknown, ...]

    @classmethod
    def of(
        cls, trigger: Expression, told: Sequence[tuple[Decision, Evaluation, str]], first: int
    ) -> Self:
        """Return the columns of decisions, each with its evaluation and what held it back."""
        inputs = Inputs()
        compile_expression(trigger, shipped_variables(), inputs)
        wanted = inputs.wanted
        shape = len(told), len(inputs)
        values = np.full(shape, np.nan)
        unknown = np.full(shape, -1, dtype=np.int32)
        if told:
            laid_out = told[0][1].inputs  # one run, so one for all
            rows = np.array([evaluation.values for _, evaluation, _ in told])
            values[:] = rows[:, [laid_out.slot(inputs.at(slot)) for slot in range(len(inputs))]]
        unknowns: dict[Unknown, int] = {}
        for row, (_, evaluation, _) in enumerate(told):
            for missing, why in evaluation.unknown.items():
                unknown[row, wanted[missing]] = unknowns.setdefault(why, len(unknowns))
        reasons = {"": 0}
        reason = [reasons.setdefault(code, len(reasons)) for _, _, code in told]
        return cls(
            trigger,
            first,
            np.array([decision.ms for decision, _, _ in told], dtype=np.int64),
            np.array([decision.price for decision, _, _ in told], dtype=np.float64),
            np.array(reason, dtype=np.int8),
            tuple(reasons),
            values,
            unknown,
            tuple(unknowns),
        )

    def __len__(self) -> int:
        return len(self.ms)

    @overload
    def __getitem__(self, place: int) -> PreviewFiring: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[PreviewFiring]: ...
    def __getitem__(self, place: int | slice) -> PreviewFiring | Sequence[PreviewFiring]:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        return PreviewFiring(
            self.first + range(len(self))[place],
            int(self.ms[place]),
            float(self.price[place]),
            self.reasons[self.reason[place]],
            self._record(place),
        )

    def __iter__(self) -> Iterator[PreviewFiring]:
        return (self[place] for place in range(len(self)))

    def numbered(self, number: int) -> PreviewFiring | None:
        """Return the firing with that number, None where there is none."""
        place = number - self.first
        return self[place] if 0 <= place < len(self) else None

    def _record(self, place: int) -> Record:
        inputs = Inputs()
        plan = compile_expression(self.trigger, shipped_variables(), inputs)
        slots: Mapping[Input, int] = inputs.wanted

        def why(wanted: Input) -> Unknown:
            known = int(self.unknown[place, slots[wanted]])
            return not_supplied(wanted) if known < 0 else self.unknowns[known]

        return explain(plan, inputs, self.values[place].tolist(), why)
