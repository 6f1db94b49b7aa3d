"""What the trigger screen says: palette, canvas, head, sentence, list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.expression import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    SPANS,
    TOLERANCES,
    Comparator,
    Constant,
    Group,
    GroupKind,
    comparisons,
    depth,
)
from upbit_auto_trading.domain.formula import formula_text, letters
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.trigger import as_kept
from upbit_auto_trading.domain.variable import Category, Unit
from upbit_auto_trading.presentation.condition_notes import ConditionNotes
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.sentence import Sentences
from upbit_auto_trading.presentation.sentence_words import number
from upbit_auto_trading.presentation.viewmodels.market_search import initials_of
from upbit_auto_trading.presentation.widgets.condition_looks import (
    ChipLook,
    GroupLook,
    NoteLook,
    RowLook,
)
from upbit_auto_trading.presentation.widgets.trigger_header import HeaderLook
from upbit_auto_trading.presentation.widgets.trigger_lines import SentencePiece
from upbit_auto_trading.presentation.widgets.variable_palette import PaletteItem, PaletteSection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.domain.expression import Comparison, Expression, Operand
    from upbit_auto_trading.domain.trigger import Trigger
    from upbit_auto_trading.domain.variable import VariableRegistry
    from upbit_auto_trading.presentation.screens.trigger_findings import Finding
    from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor

SIGNS: Final = {
    Comparator.LESS_EQUAL: "\u2264",
    Comparator.GREATER_EQUAL: "\u2265",
    Comparator.NOT_EQUAL: "\u2260",
    Comparator.LESS: "<",
    Comparator.GREATER: ">",
    Comparator.EQUAL: "=",
}
ICONS: Final = {
    Category.PRICE: "banknote",
    Category.TREND: "trending-up",
    Category.MOMENTUM: "gauge",
    Category.VOLATILITY: "activity",
    Category.VOLUME: "chart-column",
    Category.ORDERBOOK: "table",
    Category.POSITION: "target",
    Category.ACCOUNT: "wallet",
    Category.TIME: "clock",
}
ROLE_TOKENS: Final = {
    Role.ENTRY: "entry",
    Role.SCALE_IN: "scale-in",
    Role.EXIT: "exit",
    Role.RISK: "risk",
    Role.MANAGEMENT: "management",
}
ROLE_ICONS: Final = {
    Role.ENTRY: "log-in",
    Role.SCALE_IN: "layers-2",
    Role.EXIT: "target",
    Role.RISK: "siren",
    Role.MANAGEMENT: "rocket",
}
_GROUP_TOKENS: Final = {
    GroupKind.ALL: ("group-and", "AND"),
    GroupKind.ANY: ("group-or", "OR"),
    GroupKind.NOT: ("group-not", "NOT"),
    GroupKind.AT_LEAST: ("group-count", ""),
}
PARTS: Final = "parts"
_KEPT_ROWS: Final = 500


def role_word(role: Role | None) -> str:
    """A role in one word; None is a condition kept for reuse."""
    if role is None:
        return _("Condition to reuse")
    return {
        Role.ENTRY: _("Entry"),
        Role.SCALE_IN: _("Add"),
        Role.EXIT: _("Exit"),
        Role.RISK: _("Risk"),
        Role.MANAGEMENT: _("Management"),
    }[role]


def role_look(role: Role | None) -> tuple[str, str]:
    """A role's icon and colour token."""
    return ("bookmark", "text-2") if role is None else (ROLE_ICONS[role], ROLE_TOKENS[role])


def role_choices() -> list[tuple[str, str, str, str]]:
    """Every role: code, word, icon, colour token."""
    return [(role.value, role_word(role), ROLE_ICONS[role], ROLE_TOKENS[role]) for role in Role]


class TriggerWords:
    """Says triggers in the language of now; prices are told in `quote`."""

    def __init__(
        self, registry: VariableRegistry, rules: Mapping[str, str], quote: str = "KRW"
    ) -> None:
        self.registry = registry
        self.rules = rules
        self.quote = quote
        self._rows: dict[object, RowLook] = {}
        self.sentences = Sentences(language(), registry, quote=quote, rules=rules)
        self.operands = self.sentences.operands
        self.words = self.sentences.words
        self.notes = ConditionNotes(self.operands)

    def palette(self, parts: Sequence[Trigger]) -> list[PaletteSection]:
        """The palette's sections; `parts` are the conditions kept for reuse."""
        sections = []
        for category in Category:
            items = tuple(
                PaletteItem(
                    variable.id,
                    self.words.of(variable.words),
                    self.words.unit(variable, self.quote),
                    self.words.of(variable.help),
                    self._search_text(variable.id),
                )
                for variable in self.registry
                if variable.category is category
            )
            name = self.words.category(category)
            sections.append(PaletteSection(category.value, name, ICONS[category], items))
        kept = tuple(
            PaletteItem(
                part.id,
                part.name,
                str(len(comparisons(part.expression))),
                self.sentences.text(part.expression),
                _searchable(part.name, *part.tags, "내조건", "my conditions"),
                is_part=True,
            )
            for part in parts
        )
        sections.append(PaletteSection(PARTS, _("My conditions"), "bookmark", kept))
        return sections

    def tree(self, root: Expression, findings: Mapping[str, Sequence[Finding]]) -> GroupLook:
        """The canvas's look of a tree whose root is a group."""
        assert isinstance(root, Group)  # noqa: S101 -- the editor keeps it one
        return self._group(root, findings, letters(root))

    def head(self, editor: TriggerEditor, blocked: int) -> HeaderLook:
        """The head's look; `blocked` counts what keeps the trigger from being saved."""
        trigger = editor.trigger
        icon, token = role_look(trigger.role)
        count, levels = len(comparisons(editor.root)), depth(editor.root)
        trouble, short = "", ""
        if blocked and count:
            trouble = _("{n} to fix: saving keeps a draft").format(n=blocked)
            short = _("{n} to fix").format(n=blocked)
        elif not trigger.name.strip() and count:
            trouble = _("It needs a name: saving keeps a draft")
            short = _("Needs a name")
        counters = _("Conditions {n}/{most} · depth {levels}/{deepest}").format(
            n=count, most=MAX_CONDITIONS, levels=levels, deepest=MAX_DEPTH
        )
        return HeaderLook(
            trigger.name,
            "" if trigger.role is None else trigger.role.value,
            role_word(trigger.role),
            icon,
            token,
            version_words(trigger.revision, is_changed=editor.is_changed),
            counters,
            trouble,
            short,
            editor.can_undo,
            editor.can_redo,
            editor.is_changed and bool(count),
            count >= MAX_CONDITIONS or levels >= MAX_DEPTH,
        )

    def pieces(
        self, root: Expression, findings: Mapping[str, Sequence[Finding]]
    ) -> list[SentencePiece]:
        """The sentence of the whole trigger; nothing where there are no conditions."""
        if not comparisons(root):
            return [SentencePiece(_("No conditions yet."))]
        bad = {node for node, found in findings.items() if any(one.blocks for one in found)}
        nodes = {one.id for one in comparisons(root)}
        return [
            SentencePiece(
                span.text,
                span.node if span.node in nodes else "",
                strong=span.strong,
                is_bad=span.node in bad and span.node in nodes,
            )
            for span in self.sentences.when(root)
        ]

    def formula(self, root: Expression) -> str:
        """The formula of letters, empty where there are no conditions."""
        return formula_text(as_kept(root)) if comparisons(root) else ""

    def chip(self, operand: Operand, unit: Unit | None) -> ChipLook:
        """One side of a condition on its card."""
        label = self.operands.label(operand, unit)
        if isinstance(operand, Constant):
            return ChipLook(label.name, _("fixed"), is_fixed=True)
        return ChipLook(label.name, " · ".join(label.details))

    def sign(self, comparator: Comparator) -> str:
        """A comparator's sign, or its short name."""
        return SIGNS.get(comparator) or self.words.comparator(comparator)

    def comparator_name(self, comparator: Comparator) -> str:
        """A comparator for lists: `≤ 이하`."""
        name = self.words.comparator(comparator)
        sign = SIGNS.get(comparator)
        return f"{sign} {name}" if sign else name

    def group_word(self, group: Group) -> str:
        """How a group joins its children, written out."""
        return self.words.word("group", group.kind.value).format(count=group.needed)

    def suffix(self, unit: Unit) -> str:
        """What follows a number of that unit: `원`, `%`, `회`; nothing where it stands alone."""
        if unit is Unit.WEEKDAY:
            return ""
        pattern = self.words.word("number", unit.value)
        return pattern.format(number="", money=self.words.money(self.quote)).strip()

    def unit_of(self, name: str) -> str:
        """What a variable counts."""
        return self.words.unit(self.registry[name], self.quote)

    def name_of(self, name: str) -> str:
        """A variable's short name."""
        return self.words.of(self.registry[name].short)

    def _group(
        self, group: Group, findings: Mapping[str, Sequence[Finding]], names: Mapping[str, str]
    ) -> GroupLook:
        token, sign = _GROUP_TOKENS[group.kind]
        if group.kind is GroupKind.AT_LEAST:
            sign = f"{group.needed}/{len(group.children)}"
        children = tuple(
            self._group(child, findings, names)
            if isinstance(child, Group)
            else self._row(child, findings.get(child.id, ()), names[child.id])
            for child in group.children
        )
        word = self.group_word(group)
        spoken = _("{word}, {n} inside").format(word=word, n=len(group.children))
        note = _note(findings.get(group.id, ()))
        return GroupLook(group.id, token, word, sign, children, note, spoken)

    def _row(self, comparison: Comparison, found: Sequence[Finding], name: str) -> RowLook:
        """A row's look; what was worded once is kept, for an edit changes one row of many."""
        key = (comparison.id, comparison, tuple(found), name)
        look = self._rows.get(key)
        if look is None:
            if len(self._rows) >= _KEPT_ROWS:
                self._rows.clear()
            look = self._rows[key] = self._row_look(comparison, found, name)
        return look

    def _row_look(self, comparison: Comparison, found: Sequence[Finding], name: str) -> RowLook:
        left = self.registry[comparison.left.variable]
        percent = comparison.comparator in SPANS and left.is_proportional
        unit = Unit.PERCENT if percent else left.unit
        right, upper = comparison.right, comparison.upper
        row = RowLook(
            comparison.id,
            name,
            self.chip(comparison.left, None),
            self.sign(comparison.comparator),
            None if right is None else self.chip(right, unit),
            None if upper is None else self.chip(upper, unit),
            tuple(self._extras(comparison, left.unit)),
            _note(found),
        )
        spoken = "".join(span.text for span in self.sentences.fact(comparison))
        return replace(row, spoken=f"{name}. {spoken}")

    def _extras(self, comparison: Comparison, unit: Unit) -> list[str]:
        extras = []
        bars = self.words.word("length", "bars")
        if comparison.comparator in SPANS:
            extras.append(bars.format(count=number(comparison.span)))
        if comparison.comparator in TOLERANCES:
            in_percent = comparison.comparator is Comparator.WITHIN_PERCENT
            counted = Unit.PERCENT if in_percent else unit
            extras.append(f"\u00b1{self.operands.constant(comparison.tolerance, counted)}")
        if comparison.for_bars > 1:
            extras.append(_("{n} candles in a row").format(n=comparison.for_bars))
        return extras

    def _search_text(self, name: str) -> str:
        variable = self.registry[name]
        texts = [variable.id, *variable.aliases]
        for words in (variable.words, variable.short):
            texts += [words.korean, words.english]
        texts += [initials_of(variable.words.korean)]
        return _searchable(*texts)


def version_words(revision: int, *, is_changed: bool) -> str:
    """The version chip: `v3`, `v3 · 편집 중`, `저장 전`."""
    if not revision:
        return _("not saved")
    return _("v{n} · editing").format(n=revision) if is_changed else f"v{revision}"


def _note(found: Sequence[Finding]) -> NoteLook | None:
    first = next((one for one in found if not one.quiet), None)
    if first is None:
        return None
    tone = "bad" if first.blocks else "warn"
    fixes = tuple(fix.words for fix in first.fixes)
    return NoteLook(first.text, tone, first.chip, fixes, first.bad_part)


def _searchable(*texts: str) -> str:
    return "\n".join(text.casefold().replace(" ", "") for text in texts)
