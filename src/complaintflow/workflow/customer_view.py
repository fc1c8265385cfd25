"""The case as its complainant may see it: a choice of what is shown, never a filter of what is hidden (law 10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from complaintflow.model import actions as act
from complaintflow.model.base import Frozen, Label, UtcDatetime
from complaintflow.model.entry import Entry
from complaintflow.model.obligation import Kind, Status
from complaintflow.model.remedy import LineStatus, RemedyLine
from complaintflow.model.subject import Shipment
from complaintflow.workflow.definition import Workflow
from complaintflow.workflow.evolve import fold, obligations


class Step(Frozen):
    """Something that happened, in words; ``text`` is what was written to or by the complainant."""

    at: UtcDatetime
    words: str
    text: str | None = None


class PromiseMade(Frozen):
    """Something the house owes the complainant, and how it went."""

    words: str
    due_at: UtcDatetime
    status: str


class RemedyGiven(Frozen):
    """A remedy that was decided, how far it is, and the shipment of a replacement (T18)."""

    words: str
    description: str
    amount: str | None
    status: str
    shipment: Shipment | None = None


class CustomerView(Frozen):
    """What the complainant sees of the case, in one language: Chinese or, for any other, English. Times are UTC.

    ``stage`` says it in words, ``stage_code`` is for the program that shows it.
    """

    number: str
    language: str
    category: str
    received_at: UtcDatetime
    narrative: str
    demand: str
    stage: str
    stage_code: str
    next_step: str
    reply_by: UtcDatetime | None = None
    """Until when the house waits for the complainant, if it does."""
    promises: tuple[PromiseMade, ...] = ()
    remedies: tuple[RemedyGiven, ...] = ()
    answer: str | None = None
    steps: tuple[Step, ...] = ()


_HAPPENED: dict[type[act.Action], Label] = {
    act.Record: Label("We received your complaint.", "我们收到了您的投诉。"),
    act.Acknowledge: Label("We confirmed it to you.", "我们已向您确认受理。"),
    act.Uphold: Label("We found that your complaint stands.", "我们判定您的投诉成立。"),
    act.Assign: Label("A responsible person was named.", "已指定负责人员。"),
    act.EstablishCause: Label("We found out what went wrong.", "原因已查明。"),
    act.Approve: Label("Our proposal for you was approved.", "解决方案已获批准。"),
    act.CompleteRemedy: Label("A part of it was carried out.", "一项补救措施已完成。"),
    act.SettleOnTheSpot: Label("We settled it at once.", "我们当场为您解决。"),
    act.Answer: Label("We answered you.", "我们已答复您。"),
    act.UpdateCustomer: Label("We told you how it stands.", "我们向您通报了进展。"),
    act.Promise: Label("We made you a promise.", "我们向您作出承诺。"),
    act.WaitForCustomer: Label("We asked you something.", "我们向您提出了问题。"),
    act.Extend: Label("We need more time.", "我们需要更多时间。"),
    act.ReferOutside: Label("We named an outside body to you.", "我们告知您可向外部机构求助。"),
    act.ConfirmSatisfaction: Label("You told us that you are satisfied.", "您表示满意。"),
    act.Dispute: Label("You told us that you do not accept the outcome.", "您对结果提出异议。"),
    act.Appeal: Label("You appealed.", "您提出了申诉。"),
    act.Withdraw: Label("Your complaint was withdrawn.", "投诉已撤回。"),
    act.Close: Label("Your complaint was closed.", "投诉已结案。"),
    act.Reopen: Label("Your complaint was opened again.", "投诉已重新开启。"),
}
"""The steps that are shown. Notes, judgements in progress, people and penalties are not among them."""

_STATUS = {
    Status.OPEN: Label("open", "进行中"),
    Status.KEPT: Label("kept", "已兑现"),
    Status.MISSED: Label("late", "已逾期"),
    Status.WAIVED: Label("no longer due", "不再适用"),
    LineStatus.APPROVED: Label("being carried out", "办理中"),
    LineStatus.FAILED: Label("did not work, we look for another way", "未能完成,正在另寻办法"),
    LineStatus.DONE: Label("done", "已完成"),
}
_PROMISES = (Kind.PROMISED_REPLY, Kind.PROMISE)
_WAITS_FOR_CUSTOMER = (Kind.FEEDBACK, Kind.CUSTOMER_REPLY)


def customer_view(workflow: Workflow, file: Sequence[Entry], language: str | None = None) -> CustomerView:
    """The view of a whole file. Raises ``ValueError`` for an empty one."""
    c = fold(file)
    words = _Words(workflow, language or c.language)
    stage = workflow.stages[c.stage]
    category = workflow.policy.category(c.category)
    return CustomerView(
        number=c.number,
        language=words.language,
        category=words(category.label) if category else c.category,
        received_at=c.received_at,
        narrative=c.narrative,
        demand=c.demand,
        stage=words(stage.says),
        stage_code=c.stage,
        next_step=words(stage.next),
        reply_by=next((o.due_at for o in c.open_obligations if o.kind in _WAITS_FOR_CUSTOMER and not o.level), None),
        promises=tuple(words.promises(file)),
        remedies=tuple(words.remedy(line) for line in c.lines if line.status in _STATUS),
        answer=c.answer.text if c.answer else None,
        steps=tuple(words.steps(file)),
    )


class _Words:
    """The house's words in one language: Chinese for any ``zh`` tag, else English."""

    def __init__(self, workflow: Workflow, language: str) -> None:
        self.workflow = workflow
        self.language = "zh" if language.lower().startswith("zh") else "en"

    def __call__(self, label: Label) -> str:
        return label.in_language(self.language)

    def promises(self, file: Sequence[Entry]) -> Iterator[PromiseMade]:
        for o in obligations(file):
            if o.kind in _PROMISES and not o.level:
                said = (
                    o.words if o.kind == Kind.PROMISE and o.words else self(self.workflow.policy.duties[o.kind].label)
                )
                yield PromiseMade(words=said, due_at=o.due_at, status=self(_STATUS[o.status]))

    def remedy(self, line: RemedyLine) -> RemedyGiven:
        kind = self.workflow.policy.remedy(line.kind)
        return RemedyGiven(
            words=self(kind.label) if kind else line.kind,
            description=line.description,
            amount=str(line.paid or line.amount) if line.amount else None,
            status=self(_STATUS[line.status]),
            shipment=line.shipment,
        )

    def steps(self, file: Sequence[Entry]) -> Iterator[Step]:
        for entry in file:
            label = _HAPPENED.get(type(entry.action))
            if label is not None:
                text = entry.action.text if isinstance(entry.action, act.ToCustomer) else None
                yield Step(at=entry.at, words=self(label), text=text)
