"""A workflow drawn and described: a Mermaid diagram and a Markdown page, both read from the definition.

Nothing is written by hand here, so the page cannot say anything else than what ``decide`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from complaintflow.model.actions import ACTIONS
from complaintflow.rules.policy import Policy
from complaintflow.workflow.definition import Workflow
from complaintflow.workflow.rows import UNRECORDED, Row

MANY = 4
"""Where more stages than this share a step, they are drawn as one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What several rows say together: the same action under the same conditions, from and to these stages."""

    row: Row
    sources: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def moves(self) -> bool:
        return self.row.target is not None


def rules(workflow: Workflow) -> list[Rule]:
    """The table with rows that differ only in their stages put together, in the order of the table."""
    to_one: dict[tuple[object, ...], list[Row]] = {}
    for row in workflow.table:
        to_one.setdefault((_terms(row), row.target), []).append(row)
    together: dict[tuple[object, ...], list[Row]] = {}
    for (terms, _), same in to_one.items():
        together.setdefault((terms, tuple(row.source for row in same)), []).append(same[0])
    return [
        Rule(same[0], sources, tuple(row.target for row in same if row.target is not None))
        for (_, sources), same in together.items()
        if isinstance(sources, tuple)
    ]


def _terms(row: Row) -> tuple[object, ...]:
    when = sentence(row.when) if row.when and row.when.__doc__ else row.when
    return row.action, row.by, row.guards, when, row.opens, row.settles


def sentence(rule: Callable[..., object]) -> str:
    """What a guard or a choice between rows says of itself: the first line of its docstring, else its name."""
    said = (rule.__doc__ or "").strip().partition("\n")[0]
    return said or f"{rule.__name__.strip('_').replace('_', ' ').capitalize()}."


def place(workflow: Workflow, stages: Iterable[str], quote: str = "`") -> str:
    """A set of stages in words: ``any open stage but ...`` where that is shorter than the list."""
    wanted = set(stages)
    if wanted == {UNRECORDED}:
        return "a new case"
    ended = {name for name, stage in workflow.stages.items() if not stage.is_open and not stage.final}
    opened = {name for name in workflow.stages if workflow.is_open(name)}
    parts = [
        _share(workflow, wanted & opened, opened, "any open stage", quote),
        _share(workflow, wanted & ended, ended, "any ended case", quote),
        _listed(workflow, wanted - opened - ended, quote),
    ]
    return ", ".join(part for part in parts if part)


def _share(workflow: Workflow, some: set[str], every: set[str], name: str, quote: str) -> str:
    if some == every:
        return name
    if len(some) > max(MANY, len(every) / 2):
        return f"{name} but {_listed(workflow, every - some, quote)}"
    return _listed(workflow, some, quote)


def _listed(workflow: Workflow, some: set[str], quote: str) -> str:
    return ", ".join(f"{quote}{name}{quote}" for name in workflow.stages if name in some)


def mermaid(workflow: Workflow) -> str:
    """The stages and the steps between them as a Mermaid state diagram; what keeps the stage is left out."""
    steps: dict[tuple[str, str], list[str]] = {}
    shared: dict[frozenset[str], str] = {}

    def nodes(stages: tuple[str, ...]) -> tuple[str, ...]:
        if len(stages) <= MANY:
            return tuple("[*]" if name == UNRECORDED else name for name in stages)
        return (shared.setdefault(frozenset(stages), f"shared_{len(shared) + 1}"),)

    for rule in filter(lambda rule: rule.moves, rules(workflow)):
        for source in nodes(rule.sources):
            for target in nodes(rule.targets):
                steps.setdefault((source, target), []).append(ACTIONS[rule.row.action].label.en)
    return "\n".join([
        "stateDiagram-v2",
        *(f'    state "{stage.label.en}" as {stage.name}' for stage in workflow.stages.values()),
        *(f'    state "{place(workflow, stages, "")}" as {node}' for stages, node in shared.items()),
        *(f"    {a} --> {b} : {', '.join(dict.fromkeys(names))}" for (a, b), names in steps.items()),
        *(f"    {stage.name} --> [*]" for stage in workflow.stages.values() if stage.final),
    ])  # fmt: skip


def reference(workflow: Workflow) -> str:
    """The whole definition as a Markdown page."""
    return "\n".join(line for section in _SECTIONS for line in (*section(workflow), ""))


def _picture(workflow: Workflow) -> Iterator[str]:
    yield f"# The workflow `{workflow.name}`"
    yield ""
    yield f"{len(workflow.stages)} stages and {len(workflow.table)} rows. This page is generated from the definition."
    yield "What leaves a case in its stage is not drawn; it stands in the table of rules."
    yield ""
    yield from ("```mermaid", mermaid(workflow), "```")


def _stages(workflow: Workflow) -> Iterator[str]:
    yield "## Stages"
    yield ""
    yield "Entering a stage opens its duty; leaving it settles the duty. A stage without a duty is not open."
    yield ""
    yield from _header("stage", "名称", "duty", "what the customer reads", "客户看到的说明")
    for stage in workflow.stages.values():
        name = f"{stage.label.en}<br>`{stage.name}`"
        said = [f"{stage.says[i]} {stage.next[i]}" for i in range(len(stage.says))]
        yield _line(name, stage.label.zh, f"`{stage.duty}`" if stage.duty else "", *said)


def _rules(workflow: Workflow) -> Iterator[str]:
    yield "## Rules"
    yield ""
    yield "Who may do an action in a stage, under which conditions, and where the case goes. All conditions are asked,"
    yield "and every unmet one is told. Of several rows for one action, the first whose choice (*if*) holds is the one."
    yield "Beside what is named here, an action opens and settles what its payload is about, such as a promise, a line"
    yield "of the plan or an improvement measure."
    yield ""
    yield from _header("action", "from", "to", "by", "conditions", "opens", "settles")
    for rule in rules(workflow):
        row = rule.row
        said = [sentence(guard) for guard in row.guards]
        if row.when is not None:
            said.insert(0, f"*If:* {sentence(row.when)}")
        yield _line(
            f"{ACTIONS[row.action].label.en}<br>`{row.action}`",
            place(workflow, rule.sources),
            place(workflow, rule.targets) if rule.moves else "(stays)",
            ", ".join(sorted(row.by)),
            "<br>".join(said),
            *(", ".join(f"`{kind}`" for kind in kinds) for kinds in (row.opens, row.settles)),
        )


def _duties(workflow: Workflow) -> Iterator[str]:
    yield "## Duties"
    yield ""
    yield "What can be owed, by whom, to whom, and within which time. Times are elapsed time, not working time."
    yield ""
    yield from _header("duty", "", "名称", "owed by", "whose", "owed to", "within")
    for kind, duty in workflow.policy.duties.items():
        whose = duty.place.replace("_", " ")
        yield _line(f"`{kind}`", duty.label.en, duty.label.zh, duty.role, whose, duty.to, span(duty.within))


def _limits(workflow: Workflow) -> Iterator[str]:
    policy = workflow.policy
    yield "## Limits"
    yield ""
    yield from _header("what", "limit")
    yield from (_line(f"{role} spends on own authority", _spends(policy, role)) for role in policy.limits)
    for what, count in (
        ("hand back", policy.max_hand_backs),
        ("dispute", policy.max_disputes),
        ("appeal", policy.max_appeals),
        ("extend", policy.max_extensions),
    ):
        yield _line(what, "once" if count == 1 else f"{count} times")
    yield _line("reopen", f"within {span(policy.reopen_within)}")
    for rule in policy.retention:
        yield _line(f"personal words, retention class {rule.code}", f"{span(rule.keep)} after the end")


def _spends(policy: Policy, role: str) -> str:
    limit = policy.limits[role]
    return "without limit" if limit is None else "up to " + " or ".join(map(str, limit))


_SECTIONS = (_picture, _stages, _rules, _duties, _limits)


def span(time: timedelta) -> str:
    """A duration as people say it: ``3 days``, ``1 day 12 hours``."""
    minutes = int(time.total_seconds()) // 60
    parts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    return " ".join(f"{count} {unit}{'s' * (count != 1)}" for count, unit in parts if count) or "less than a minute"


def _header(*names: str) -> tuple[str, str]:
    return _line(*names), _line(*("---" for _ in names))


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
