"""Evolve: fold one entry into the complaint. Pure and total; never asks the policy or the workflow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from complaintflow.model import actions as act
from complaintflow.model.casenumber import case_number
from complaintflow.model.complaint import Complaint, Waiting
from complaintflow.model.entry import Entry
from complaintflow.model.judgement import Answer, Assessment, Feedback, Finding, Validity
from complaintflow.model.obligation import STAGE_DUTIES, Obligation, Status
from complaintflow.model.remedy import LineStatus, Remedy, RemedyLine

Changes = dict[str, Any]


def evolve(complaint: Complaint | None, entry: Entry) -> Complaint:
    """The complaint after ``entry``. Raises ``ValueError`` if the entry is not the next one of this case."""
    if complaint is None:
        return _recorded(entry)
    if entry.seq != complaint.version + 1 or entry.complaint_id != complaint.id:
        raise ValueError(f"entry {entry.seq} of {entry.complaint_id} does not follow {complaint.version}")
    changes: Changes = {
        "version": entry.seq,
        "stage": entry.stage_to,
        "owner": entry.owner,
        "updated_at": entry.at,
        "head": entry.hash,
    }
    if entry.settled or entry.opened:
        changes["obligations"] = _obligations(complaint, entry)
    change = _CHANGES.get(type(entry.action))
    if change is not None:
        changes.update(change(complaint, entry.action, entry))
    return complaint.model_copy(update=changes)


def fold(entries: Iterable[Entry]) -> Complaint:
    """The complaint that a whole file makes. Raises ``ValueError`` for an empty or broken file."""
    complaint: Complaint | None = None
    for entry in entries:
        complaint = evolve(complaint, entry)
    if complaint is None:
        raise ValueError("a file has at least one entry")
    return complaint


_TAKEN_OVER = tuple(name for name in act.Record.model_fields if name not in ("type", "received_at"))


def _recorded(entry: Entry) -> Complaint:
    action = entry.action
    if not isinstance(action, act.Record) or entry.seq != 1:
        raise ValueError(f"a file begins with record, not with {action.type} as entry {entry.seq}")
    return Complaint(
        id=entry.complaint_id,
        number=case_number(entry.complaint_id, entry.at),
        version=1,
        head=entry.hash,
        workflow=entry.workflow,
        stage=entry.stage_to,
        owner=entry.owner,
        recorded_at=entry.at,
        received_at=action.received_at or entry.at,
        updated_at=entry.at,
        obligations=entry.opened,
        **{name: getattr(action, name) for name in _TAKEN_OVER},
    )


def _obligations(complaint: Complaint, entry: Entry) -> tuple[Obligation, ...]:
    """What is open or was missed; what was kept or waived is in the file."""
    ended = {s.obligation: s.status for s in entry.settled}
    left = [
        o if o.id not in ended else _ended(o, Status.MISSED, entry)
        for o in complaint.obligations
        if ended.get(o.id, Status.MISSED) is Status.MISSED
    ]
    return (*left, *entry.opened)


def _ended(o: Obligation, status: Status, entry: Entry) -> Obligation:
    return o.model_copy(update={"status": status, "settled_at": entry.at})


def obligations(entries: Iterable[Entry]) -> tuple[Obligation, ...]:
    """Every obligation that a file ever opened, as it ended or stands, in the order of opening."""
    found: dict[str, Obligation] = {}
    for entry in entries:
        for s in entry.settled:
            found[s.obligation] = _ended(found[s.obligation], s.status, entry)
        found.update((o.id, o) for o in entry.opened)
    return tuple(found.values())


def _with_status(c: Complaint, to: LineStatus, *of: LineStatus) -> tuple[RemedyLine, ...]:
    return tuple(line.model_copy(update={"status": to}) if line.status in of else line for line in c.lines)


def _numbered(c: Complaint, lines: Iterable[Remedy], status: LineStatus) -> tuple[RemedyLine, ...]:
    plan = c.plans + 1
    new = (
        RemedyLine(
            **{name: getattr(line, name) for name in Remedy.model_fields},
            id=f"{plan}.{position}",
            status=status,
            paid=line.amount if status is LineStatus.DONE else None,
        )
        for position, line in enumerate(lines, 1)
    )
    return (*c.lines, *new)


_UNFINISHED = (LineStatus.PROPOSED, LineStatus.APPROVED, LineStatus.FAILED)


def _assessed(e: Entry, validity: Validity, *, grounds: bool, demand: bool, reason: str) -> Assessment:
    return Assessment(
        validity=validity, grounds_sufficient=grounds, demand_reasonable=demand, reason=reason, by=e.actor.id, at=e.at
    )


def _acknowledge(_: Complaint, __: act.Acknowledge, e: Entry) -> Changes:
    return {"acknowledged_at": e.at}


def _reclassify(c: Complaint, a: act.Reclassify, _: Entry) -> Changes:
    return {
        "category": a.category,
        "sub_type": a.sub_type,
        "discrepancy": a.discrepancy or c.discrepancy,
        "measurement": a.measurement or c.measurement,
    }


def _uphold(c: Complaint, a: act.Uphold, e: Entry) -> Changes:
    judged = _assessed(e, "upheld", grounds=True, demand=a.demand_reasonable, reason=a.reason)
    return {"assessment": judged, "judges": (*c.judges, e.actor.id)}


def _decline(c: Complaint, a: act.Decline, e: Entry) -> Changes:
    judged = _assessed(e, "declined", grounds=a.grounds_sufficient, demand=a.demand_reasonable, reason=a.reason)
    return {"assessment": judged, "judges": (*c.judges, e.actor.id)}


def _settle(c: Complaint, a: act.SettleOnTheSpot, e: Entry) -> Changes:
    return {
        "assessment": _assessed(e, "settled", grounds=True, demand=True, reason=a.reason),
        "judges": (*c.judges, e.actor.id),
        "plans": c.plans + 1,
        "lines": _numbered(c, a.lines, LineStatus.DONE),
        "answer": Answer(text=a.text, channel=a.channel, at=e.at, proof=a.proof),
        "feedback": None,
    }


def _merge(c: Complaint, a: act.Merge, e: Entry) -> Changes:
    return {"merged_into": a.into, **_end(c, a, e)}


def _end(c: Complaint, _: act.Action, e: Entry) -> Changes:
    return {"ended_at": e.at, "waiting": None, "lines": _with_status(c, LineStatus.DROPPED, *_UNFINISHED)}


def _hand_back(c: Complaint, _: act.HandBack, __: Entry) -> Changes:
    return {"hand_backs": c.hand_backs + 1}


def _establish_cause(_: Complaint, a: act.EstablishCause, __: Entry) -> Changes:
    found = Finding(cause=a.cause, description=a.description, department=a.department, person=a.person)
    return {"finding": found}


def _propose(c: Complaint, a: act.ProposePlan, e: Entry) -> Changes:
    lines = _numbered(c, a.lines, LineStatus.PROPOSED)
    return {"plans": c.plans + 1, "lines": lines, "proposed_by": e.actor.id, "approved_by": None}


def _approve(c: Complaint, _: act.Approve, e: Entry) -> Changes:
    return {"approved_by": e.actor.id, "lines": _with_status(c, LineStatus.APPROVED, LineStatus.PROPOSED)}


def _return(c: Complaint, _: act.ReturnForRevision, __: Entry) -> Changes:
    return {"lines": _with_status(c, LineStatus.DROPPED, LineStatus.PROPOSED)}


def _complete(c: Complaint, a: act.CompleteRemedy, _: Entry) -> Changes:
    def done(line: RemedyLine) -> RemedyLine:
        facts = {"status": LineStatus.DONE, "paid": a.amount or line.amount}
        return line.model_copy(update={**facts, "reference": a.reference, "shipment": a.shipment})

    return {"lines": tuple(done(line) if line.id == a.line else line for line in c.lines)}


def _fail(c: Complaint, a: act.FailRemedy, _: Entry) -> Changes:
    failed = {"status": LineStatus.FAILED}
    return {"lines": tuple(x.model_copy(update=failed) if x.id == a.line else x for x in c.lines)}


def _replan(c: Complaint, _: act.Replan, __: Entry) -> Changes:
    return {"lines": _with_status(c, LineStatus.DROPPED, LineStatus.FAILED)}


def _answer(_: Complaint, a: act.Answer, e: Entry) -> Changes:
    return {"answer": Answer(text=a.text, channel=a.channel, at=e.at, proof=a.proof), "feedback": None}


def _satisfied(_: Complaint, a: act.ConfirmSatisfaction, e: Entry) -> Changes:
    return {"feedback": Feedback(kind="satisfied", at=e.at, stars=a.stars, words=a.words)}


def _dispute(c: Complaint, a: act.Dispute, e: Entry) -> Changes:
    said = Feedback(kind="disputed", at=e.at, stars=a.stars, words=a.reason)
    return {"feedback": said, "disputes": c.disputes + 1}


def _appeal(c: Complaint, a: act.Appeal, e: Entry) -> Changes:
    return {"feedback": Feedback(kind="appealed", at=e.at, words=a.reason), "appeals": c.appeals + 1}


def _lapse(_: Complaint, __: act.LapseFeedback, e: Entry) -> Changes:
    return {"feedback": Feedback(kind="lapsed", at=e.at)}


def _close(_: Complaint, a: act.Close, e: Entry) -> Changes:
    return {"review": a.review, "ended_at": e.at}


def _reopen(c: Complaint, _: act.Reopen, __: Entry) -> Changes:
    again = {"review": None, "feedback": None, "merged_into": None, "ended_at": None}
    return {**again, "reopenings": c.reopenings + 1}


def _follow_up(c: Complaint, a: act.FollowUp, _: Entry) -> Changes:
    return {"follow_up_stars": a.stars or c.follow_up_stars}


def _attach(c: Complaint, a: act.AttachEvidence, _: Entry) -> Changes:
    return {"evidence": (*c.evidence, a.evidence)}


def _wait_for_customer(c: Complaint, _: act.WaitForCustomer, e: Entry) -> Changes:
    """What is left of the stage's time is kept, unless it was over already."""
    waived = {s.obligation for s in e.settled if s.status is Status.WAIVED}
    stopped = (o for o in c.obligations if o.id in waived and o.kind in STAGE_DUTIES)
    left: timedelta | None = next((o.due_at - e.at for o in stopped), None)
    return {"waiting": Waiting(stage=e.stage_from, remaining=left)}


def _wait_for_third_party(_: Complaint, __: act.WaitForThirdParty, e: Entry) -> Changes:
    return {"waiting": Waiting(stage=e.stage_from)}


def _resume(_: Complaint, __: act.Resume, ___: Entry) -> Changes:
    return {"waiting": None}


def _extend(c: Complaint, _: act.Extend, __: Entry) -> Changes:
    return {"extensions": c.extensions + 1}


def _escalate(c: Complaint, _: act.Escalate, __: Entry) -> Changes:
    return {"escalations": c.escalations + 1}


def _refer(_: Complaint, a: act.ReferOutside, __: Entry) -> Changes:
    return {"referred_to": a.body}


def _hold(_: Complaint, a: act.PlaceHold | act.LiftHold, __: Entry) -> Changes:
    return {"held": isinstance(a, act.PlaceHold)}


def _erase(_: Complaint, __: act.RecordErasure, e: Entry) -> Changes:
    return {"erased_at": e.at}


_CHANGES: dict[type[act.Action], Callable[[Complaint, Any, Entry], Changes]] = {
    act.Acknowledge: _acknowledge,
    act.Reclassify: _reclassify,
    act.Uphold: _uphold,
    act.Decline: _decline,
    act.SettleOnTheSpot: _settle,
    act.Merge: _merge,
    act.HandBack: _hand_back,
    act.EstablishCause: _establish_cause,
    act.ProposePlan: _propose,
    act.Approve: _approve,
    act.ReturnForRevision: _return,
    act.CompleteRemedy: _complete,
    act.FailRemedy: _fail,
    act.Replan: _replan,
    act.Answer: _answer,
    act.ConfirmSatisfaction: _satisfied,
    act.Dispute: _dispute,
    act.Appeal: _appeal,
    act.LapseFeedback: _lapse,
    act.Close: _close,
    act.Reopen: _reopen,
    act.FollowUp: _follow_up,
    act.AttachEvidence: _attach,
    act.WaitForCustomer: _wait_for_customer,
    act.WaitForThirdParty: _wait_for_third_party,
    act.Resume: _resume,
    act.Withdraw: _end,
    act.Extend: _extend,
    act.Escalate: _escalate,
    act.ReferOutside: _refer,
    act.PlaceHold: _hold,
    act.LiftHold: _hold,
    act.RecordErasure: _erase,
}
"""What each action changes beside stage, owner and obligations; an action that is not here changes nothing else."""
