"""Driving one row through the workflow, from the record to what the file says became of it.

The file has two dates: when the bureau received the complaint, and when it sent it to the company. Entries bear the
date of sending, the earliest that they can have; only a late response bears the moment after its 15 days, and the
silence of a consumer who did not dispute bears the moment after the time for it. Every action has its own key, so a
run that was broken off goes on where it stopped, and a newer file goes on where the older one ended.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from complaintflow.cli.cfpb.file import IN_PROGRESS, Damaged, Row
from complaintflow.cli.cfpb.policy import (
    BUREAU,
    CAUSE_NOT_TOLD,
    COMPANY,
    FINAL_WITHIN,
    REPLY_WITHIN,
    code,
)
from complaintflow.cli.cfpb.responses import RESPONSES, Response
from complaintflow.desk.outcome import Outcome
from complaintflow.desk.sync import ComplaintDesk
from complaintflow.model import actions as act
from complaintflow.model.judgement import Review
from complaintflow.model.obligation import Kind
from complaintflow.model.parties import Actor, Complainant, Role
from complaintflow.model.remedy import Remedy
from complaintflow.rules.policy import Policy
from complaintflow.storage.port import Store
from complaintflow.workflow.standard import standard_workflow

_PAST_DUE = timedelta(seconds=1)
_BUREAU = Actor(id=BUREAU, name="The bureau", roles=frozenset({Role.AGENT, Role.MANAGER}), department=BUREAU)
_REVIEWER = Actor(id="bureau.review", name="The bureau", roles=frozenset({Role.REVIEWER}), department=BUREAU)
# A sweep of the desk would look at all cases at one moment; here every row has its own clock.
_SWEEP = Actor(id="sweep", roles=frozenset({Role.SYSTEM}))


def case_id(row_id: str) -> str:
    """The id of the case of a complaint of the file."""
    return f"cfpb-{row_id}"


class Driver:
    """Drives rows into one store. ``new_entries`` and ``new_cases`` count what was not there before."""

    def __init__(self, store: Store, policy: Policy) -> None:
        self.desk = ComplaintDesk(store, workflow=standard_workflow(policy), new_id=lambda: self._id)
        self.new_cases = 0
        self.new_entries = 0
        self._id = ""
        self._at = datetime.min.replace(tzinfo=UTC)

    def drive(self, row: Row) -> None:
        """Bring one row to its outcome. Raises ``Damaged`` if the row contradicts itself."""
        response = RESPONSES.get(row.response)
        if response is None and row.response != IN_PROGRESS:
            raise Damaged(row.line, f"company_response_to_consumer: {row.response!r} is not a known response")
        if response is None and row.disputed:
            raise Damaged(row.line, "disputed, but there is no response yet")
        self._id = case_id(row.id)
        self._at = datetime.combine(max(row.sent, row.received), time(), UTC)
        consumer = Actor(id=f"consumer-{row.id}", roles=frozenset({Role.COMPLAINANT}))
        self._take_in(row, consumer)
        if response is not None:
            company = Company(row.company)
            self._respond(response, company)
            self._hear(row, response, consumer)
            self._close(response)

    def _take_in(self, row: Row, consumer: Actor) -> None:
        recorded = self.desk.record(_record(row, consumer.id), _BUREAU, at=self._at, key=f"{self._id}:record")
        self._count(recorded)
        if row.sent < row.received:
            words = f"The file says that it was sent on {row.sent}, before it was received on {row.received}."
            self._do("sent", act.AddNote(text=words), _BUREAU)
        heard = act.Acknowledge(
            text="We have passed your complaint to the company and asked it to respond within 15 days.",
            reply_by=self._at + REPLY_WITHIN,
            channel="web",
        )
        promised = self._do("acknowledge", heard, _BUREAU).entry.opened[0]
        if not row.timely:
            self._at += REPLY_WITHIN + _PAST_DUE
            self._do("missed", act.RecordMissed(obligation=promised.id), _SWEEP)

    def _respond(self, response: Response, company: Company) -> None:
        if response.remedy is None:
            decline = act.Decline(reason=response.reason, grounds_sufficient=False, demand_reasonable=True)
            self._do("judge", decline, company.agent)
        else:
            self._do("judge", act.Uphold(reason=response.reason), company.agent)
            self._relieve(response, response.remedy, company)
        self._do("answer", act.Answer(text=response.answer, channel="web"), company.agent)

    def _relieve(self, response: Response, kind: str, company: Company) -> None:
        self._do("assign", act.Assign(person=company.agent.id), company.agent)
        self._do("accept", act.Accept(), company.agent)
        found = act.EstablishCause(
            cause=CAUSE_NOT_TOLD, description="The public file tells no cause.", department=COMPANY
        )
        self._do("cause", found, company.agent)
        line = Remedy(kind=kind, description=response.reason)
        plan = act.ProposePlan(lines=(line,), against_demand="The file does not tell what the consumer demanded.")
        proposed = self._do("plan", plan, company.agent).complaint.lines[-1]
        self._do("approve", act.Approve(), company.manager)
        self._do("relief", act.CompleteRemedy(line=proposed.id), company.agent)

    def _hear(self, row: Row, response: Response, consumer: Actor) -> None:
        if not row.disputed:
            self._at += FINAL_WITHIN + _PAST_DUE
            self._do("silence", act.LapseFeedback(), _SWEEP)
            return
        words = "The consumer disputed the company's response."
        objection = act.Dispute(reason=words) if response.remedy else act.Appeal(reason=words)
        opened = self._do("objection", objection, consumer).entry.opened
        referral = next(o.id for o in opened if o.kind == Kind.REFERRAL)
        how = "The complaint came through the bureau, which is the outside body."
        self._do("referral", act.FulfilObligation(obligation=referral, how=how), _BUREAU)

    def _close(self, response: Response) -> None:
        review = Review(summary=f"As the public file tells it: {response.name}.")
        opened = self._do("close", act.Close(review=review), _REVIEWER).entry.opened
        call_back = next(o.id for o in opened if o.kind == Kind.CALL_BACK)
        reason = "The public file tells of no call-back."
        self._do("call_back", act.WaiveObligation(obligation=call_back, reason=reason), _BUREAU)

    def _do(self, step: str, action: act.Action, actor: Actor) -> Outcome:
        outcome = self.desk.act(self._id, action, actor, at=self._at, key=f"{self._id}:{step}")
        self._count(outcome)
        return outcome

    def _count(self, outcome: Outcome) -> None:
        self.new_entries += not outcome.repeated
        self.new_cases += not outcome.repeated and outcome.entry.seq == 1


class Company:
    """The people who act for a company; the file names no persons."""

    def __init__(self, name: str) -> None:
        slug = code(name)
        self.agent = Actor(id=slug, name=name, roles=frozenset({Role.AGENT, Role.HANDLER}), department=COMPANY)
        self.manager = Actor(id=f"{slug}.manager", name=name, roles=frozenset({Role.MANAGER}), department=COMPANY)


def _record(row: Row, consumer: str) -> act.Record:
    return act.Record(
        complainant=Complainant(id=consumer, tags=tuple(sorted(row.tags))),
        category=code(row.product),
        sub_type=code(row.issue),
        narrative=row.narrative,
        points=row.points,
        demand="Not told in the public file.",
        channel=code(row.channel),
        received_at=datetime.combine(row.received, time(), UTC),
    )
