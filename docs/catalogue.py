"""Make the catalogue: the codes of the standard policy, and every refusal, gathered from the source of the rules."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

import complaintflow
from complaintflow import Category, Policy, Role, standard_policy
from complaintflow.model import Label, RemedyKind
from complaintflow.rules.policy import Retention

SOURCE = Path(complaintflow.__file__).parent
RULES = (
    *sorted((SOURCE / "rules").glob("*.py")),
    SOURCE / "workflow" / "machine.py",
    SOURCE / "workflow" / "decide.py",
    SOURCE / "desk" / "_plan.py",
)

NEEDS = {
    "discrepancy": "`discrepancy`: promised, delivered",
    "measurement": "`measurement`: value, limit, unit",
    "staff": "`subject.staff`: whom it is about",
}
MONEY = {"required": "an amount is needed", "optional": "with or without an amount", "none": "no amount"}
MEANT = {
    "return": "The goods come back, and the amount is paid back.",
    "exchange": "Other goods for those delivered.",
    "discount": "The customer keeps the goods and pays less by the amount.",
    "compensation": "Money for the harm, or back; the goods stay where they are.",
    "resend": "The same once more, after a loss or for what was missing.",
}


def catalogue() -> str:
    """The page."""
    policy = standard_policy()
    return "\n".join((*_codes(policy), *_people(policy), *_refusals()))


def _table(*head: str, rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _named(labels: Mapping[str, Label]) -> Iterator[str]:
    return _table("code", "English", "Chinese", rows=([f"`{code}`", *label] for code, label in labels.items()))


def _codes(policy: Policy) -> Iterator[str]:
    yield from (
        "# The catalogue",
        "",
        "Every code that an action may carry under the standard policy, and every refusal. A host replaces the codes",
        "with its own, see [your own policy](../how-to/embed-in-a-backend.md#your-own-policy). This page is generated",
        "from `standard_policy()` and from the source of the rules. Marks such as (P07) name a",
        "[requirement](../coverage.md), (law 6) one of the [laws](laws.md).",
        "",
        "## Categories and sub-types",
        "",
        "For [`Record`](actions.md#record) and [`Reclassify`](actions.md#reclassify). The department is the one that",
        "[`Assign`](actions.md#assign) takes if it names none (P06, P08, P09).",
        "",
    )
    for category in policy.categories:
        yield from _category(category, policy.routes[category.code])
    yield from (
        "## Remedies",
        "",
        "For the lines of [`ProposePlan`](actions.md#proposeplan) and",
        "[`SettleOnTheSpot`](actions.md#settleonthespot) (P14, M04). Who wants the money back gets a `return`, or a",
        "`compensation` if the goods stay.",
        "",
    )
    rows = (_remedy(kind) for kind in policy.remedies)
    yield from _table("code", "English", "Chinese", "money", "meant for", rows=rows)
    yield from ("## Causes", "", "For [`EstablishCause`](actions.md#establishcause) (P11, S07).", "")
    yield from _named(policy.causes)
    yield from ("## Departments", "", *_named(policy.departments))


def _category(category: Category, department: str) -> Iterator[str]:
    label = category.label
    yield from (f"### `{category.code}` · {label.en} · {label.zh}", "", f"Goes to `{department}`.", "")
    rows = ([f"`{t.code}`", *t.label, "; ".join(NEEDS[n] for n in sorted(t.needs))] for t in category.sub_types)
    yield from _table("sub-type", "English", "Chinese", "facts that the record needs", rows=rows)


def _remedy(kind: RemedyKind) -> list[str]:
    return [f"`{kind.code}`", *kind.label, MONEY[kind.money], MEANT.get(kind.code, "")]


def _people(policy: Policy) -> Iterator[str]:
    def limit(role: str) -> str:
        amounts = policy.limits.get(role, ())
        return "without limit" if amounts is None else ", ".join(map(str, amounts)) or "nothing"

    notes = _notes(SOURCE / "model" / "parties.py")
    yield from (
        "## Roles",
        "",
        "An actor has any number of them; the highest limit counts. Who may do which action stands in",
        "[the workflow](workflow.md). A host may use further names of its own, for limits.",
        "",
        *_table(
            "role", "who that is", "may spend alone", rows=([f"`{r}`", notes.get(r.name, ""), limit(r)] for r in Role)
        ),
        "## Channels, tags, cost bearers",
        "",
        "These are free: any code in lower snake case will do as a `channel` (`web`, `email`, `phone`, `shop`) or as a",
        "`cost_bearer` (`shop`, `carrier`, `supplier`), and any words as `tags`. No rule reads them.",
        "",
        "## Times",
        "",
        "How long each duty may take stands in [the workflow](workflow.md). An ended case can be reopened for",
        f"{policy.reopen_within.days} days. Personal words are kept after the end of the case for:",
        "",
        *_table("class", "which cases", "days", rows=map(_retention, policy.retention)),
    )


def _retention(r: Retention) -> list[str]:
    kind = {None: "", True: "upheld ", False: "declined "}[r.upheld]
    which = f"{kind}cases of {', '.join(sorted(r.categories))}" if r.categories else f"all other {kind}cases"
    return [f"`{r.code}`", which, str(r.keep.days)]


def _notes(module: Path) -> dict[str, str]:
    """The sentence below each name of a module or its classes."""
    found = {}
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        body = getattr(node, "body", None)
        for name, note in pairwise(body) if isinstance(body, list) else ():
            if isinstance(name, ast.Assign) and isinstance(note, ast.Expr) and isinstance(note.value, ast.Constant):
                found[ast.unparse(name.targets[0])] = str(note.value.value)
    return found


class Told(NamedTuple):
    """A refusal as the source writes it; ``…`` stands for what is known only when it happens."""

    code: str
    message: str
    remedy: str
    field: str


def _refusals() -> Iterator[str]:
    yield from (
        "## Refusals",
        "",
        "What `Refused.refusals` and `options` hold. Each has four fields: `code`, stable, for programs; `message`,",
        "the sentence that says why; `field`, which part of the payload it is about, with dots (`lines.0.amount`), or",
        "`None`; and `remedy`, what would make it possible, or `None`. `str(refusal)` is all of it in one line. The",
        "wording is no interface. `…` stands for what the case at hand says.",
        "",
    )
    rows = (
        [f"`{told.code}`", told.message, told.remedy, f"`{told.field}`" if told.field else ""]
        for told in sorted({told for module in RULES for told in told_in(module.read_text(encoding="utf-8"))})
    )
    yield from _table("code", "message", "what would make it possible", "field", rows=rows)


def told_in(source: str) -> Iterator[Told]:
    """Every refusal that a module can give."""
    module = ast.parse(source)
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    dicts = {name: value for name, value in _assigned(module) if isinstance(value, ast.Dict)}
    for function in functions:
        local = dict(_assigned(function))
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "Refusal":
                said = {k.arg or "": k.value for k in call.keywords}
                for known in _bindings(function, said, calls, dicts):
                    yield from _told(said, local | known)


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
            yield inner.targets[0].id, inner.value


def _bindings(
    function: ast.FunctionDef, said: Mapping[str, ast.expr], calls: Iterable[ast.Call], dicts: Mapping[str, ast.Dict]
) -> Iterator[dict[str, ast.expr]]:
    """What the names in a refusal may stand for: arguments of a helper, or the keys of a table of remedies."""
    names = [a.arg for a in function.args.args]
    code, remedy = said["code"], said.get("remedy")
    if isinstance(code, ast.Name) and code.id in names:
        for call in calls:
            if ast.unparse(call.func) == function.name:
                yield dict(zip(names, call.args, strict=False))
    elif isinstance(remedy, ast.Subscript) and (table := dicts.get(ast.unparse(remedy.value))) is not None:
        for key, value in zip(table.keys, table.values, strict=True):
            yield {ast.unparse(remedy.slice): key or value, ast.unparse(remedy): value}
    else:
        yield {}


def _told(said: Mapping[str, ast.expr], known: Mapping[str, ast.expr]) -> Iterator[Told]:
    code, *rest = (_texts(said.get(name), known) for name in ("code", "message", "remedy", "field"))
    for one in code:
        message, remedy, field = (" / ".join(dict.fromkeys(texts)) for texts in rest)
        yield Told(one, message, remedy, "" if field == "…" else field)


def _texts(value: ast.expr | None, known: Mapping[str, ast.expr]) -> list[str]:
    """What an expression of the source may say: one text for each way through it."""
    match value:
        case None | ast.Constant(value=None):
            return [""]
        case ast.Constant(value=said):
            return [str(said)]
        case ast.IfExp(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=right)])) if (
            key := known.get(ast.unparse(left))
        ) and isinstance(key, ast.Constant):
            return _texts(value.body if key.value == right else value.orelse, known)
        case ast.IfExp():
            return _texts(value.body, known) + _texts(value.orelse, known)
        case ast.JoinedStr(values=parts):
            return ["".join(way) for way in product(*(_texts(part, known) for part in parts))]
        case ast.FormattedValue(value=inner):
            return _texts(inner, known)
        case _ if (name := ast.unparse(value)) in known and known[name] is not value:
            return _texts(known[name], {k: v for k, v in known.items() if k != name})
    return ["…"]
