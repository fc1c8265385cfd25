"""The standard workflow: the whole rule book of the handling in one table.

How to read it. A complaint is in one stage at a time, named by what is owed next, and entering a stage opens
its duty: somebody owes the next step by a time. A row says who may do an action in a stage, under which
conditions, and where the case goes; a row without a target leaves it where it is. An action that a stage does
not list cannot be done there. All conditions of a row are asked, and every unmet one is told.

The steps are those of the rule book: record (1), judge (2), assign a department and a person (3), find the
cause (4), propose (5), have the manager decide (6), carry out and answer (7), review (8). Two steps come from
ISO 10002: the acknowledgement, and the outside body when the house and the complainant cannot agree.

Which rule wins. Where one action has several rows in a stage, the first whose ``when`` holds is the one:
- a dispute goes back to whoever handled the case; without one (settled on the spot) it is judged from the start;
  and once the house has tried often enough, the complainant is told of the outside body;
- an appeal is judged by somebody else; a second one is not, and the outside body is named instead;
- work resumes in the stage where the wait began.

Clocks. Waiting for the customer stops the clock of the stage; waiting for a third party does not, because the
complainant did not choose the carrier. Whatever is settled after its time is recorded as missed, whoever settles
it and however. A missed duty stays owed, by the manager now.

Ends. Closed, withdrawn and merged cases can be reopened inside a window; only the archive is final.
"""

from __future__ import annotations

from functools import cache

from complaintflow.model.complaint import Complaint
from complaintflow.model.obligation import Kind
from complaintflow.model.parties import Role
from complaintflow.rules import content as fit
from complaintflow.rules import keeping as keep
from complaintflow.rules import people as who
from complaintflow.rules import progress as when_
from complaintflow.rules.policy import Policy
from complaintflow.workflow.definition import Workflow
from complaintflow.workflow.rows import UNRECORDED, Row, When, rows
from complaintflow.workflow.stages import STANDARD_STAGES, S
from complaintflow.workflow.standard_policy import standard_policy

_CUSTOMER = (Role.COMPLAINANT, Role.AGENT, Role.MANAGER)
_DESK = (Role.AGENT, Role.MANAGER)
_STAFF = (Role.AGENT, Role.HANDLER, Role.MANAGER, Role.REVIEWER)
_ANYBODY = (*_STAFF, Role.COMPLAINANT, Role.SYSTEM)

_HANDLING = (
    S.AWAITING_ASSESSMENT, S.DECLINED, S.AWAITING_ASSIGNMENT, S.AWAITING_ACCEPTANCE, S.UNDER_INVESTIGATION,
    S.AWAITING_PLAN, S.AWAITING_APPROVAL, S.IN_EXECUTION, S.AWAITING_REVIEW,
)  # fmt: skip
_WAITING = (S.AWAITING_CUSTOMER, S.AWAITING_THIRD_PARTY)
_OPEN = (*_HANDLING, S.AWAITING_FEEDBACK, *_WAITING)
_ENDED = (S.CLOSED, S.WITHDRAWN, S.MERGED)


def _disputed_too_often(p: Policy, c: Complaint) -> bool:
    """The house has tried as often as the policy allows."""
    return c.disputes >= p.max_disputes


def _appealed_too_often(p: Policy, c: Complaint) -> bool:
    """It has been judged anew as often as the policy allows."""
    return c.appeals >= p.max_appeals


def _has_a_handler(_: Policy, c: Complaint) -> bool:
    """Somebody handled the case."""
    return c.owner.person is not None


def _wait_began_in(stage: str) -> When:
    def began_here(_: Policy, c: Complaint) -> bool:
        """The wait began in that stage."""
        return c.waiting is not None and c.waiting.stage == stage

    return began_here


def _resume_rows() -> list[Row]:
    return [r for to in _HANDLING for r in rows("resume", _WAITING, to, _STAFF, when=_wait_began_in(to))]


# fmt: off
STANDARD_TABLE: tuple[Row, ...] = (
    # 1 record -------------------------------------------------------------------------------------------------
    *rows("record", UNRECORDED, S.AWAITING_ASSESSMENT, _ANYBODY, who.records_own_complaint, fit.is_classified,
          fit.has_the_facts, fit.was_received_before, opens=(Kind.ACKNOWLEDGEMENT, Kind.PROGRESS_UPDATE)),
    *rows("acknowledge", _OPEN, None, _DESK, who.is_not_involved, fit.gives_a_time_ahead,
          fit.is_fit_for_the_customer, settles=(Kind.ACKNOWLEDGEMENT,)),
    *rows("reclassify", (S.AWAITING_ASSESSMENT, S.AWAITING_ASSIGNMENT), None, _DESK, who.is_not_involved,
          fit.is_reclassified),

    # 2 judge --------------------------------------------------------------------------------------------------
    *rows("uphold", S.AWAITING_ASSESSMENT, S.AWAITING_ASSIGNMENT, _DESK, who.is_not_involved,
          who.did_not_judge_before),
    *rows("decline", S.AWAITING_ASSESSMENT, S.DECLINED, _DESK, who.is_not_involved, who.did_not_judge_before,
          fit.has_ground_to_decline),
    *rows("settle_on_the_spot", S.AWAITING_ASSESSMENT, S.AWAITING_FEEDBACK, _DESK, who.is_not_involved,
          who.did_not_judge_before, fit.settles_with_known_remedies, who.may_spend_this,
          fit.is_fit_for_the_customer, settles=(Kind.ACKNOWLEDGEMENT, Kind.PROMISED_REPLY, Kind.PROGRESS_UPDATE)),
    *rows("merge", S.AWAITING_ASSESSMENT, S.MERGED, _DESK, who.is_not_involved, fit.is_another_case),

    # 3 responsible department and person ----------------------------------------------------------------------
    *rows("assign", S.AWAITING_ASSIGNMENT, S.AWAITING_ACCEPTANCE, _DESK, who.is_not_involved,
          fit.goes_to_a_department, fit.goes_to_somebody_uninvolved),
    *rows("accept", S.AWAITING_ACCEPTANCE, S.UNDER_INVESTIGATION, (Role.HANDLER,), who.is_responsible,
          who.is_not_involved),
    *rows("hand_back", S.AWAITING_ACCEPTANCE, S.AWAITING_ASSIGNMENT, (Role.HANDLER,), who.is_responsible,
          when_.may_be_handed_back),

    # 4 cause, 5 plan, 6 decision ------------------------------------------------------------------------------
    *rows("establish_cause", S.UNDER_INVESTIGATION, S.AWAITING_PLAN, (Role.HANDLER,), who.is_responsible,
          who.is_not_involved, fit.names_a_known_cause),
    *rows("propose_plan", S.AWAITING_PLAN, S.AWAITING_APPROVAL, (Role.HANDLER,), who.is_responsible,
          who.is_not_involved, fit.offers_known_remedies, fit.is_fit_for_the_customer),
    *rows("approve", S.AWAITING_APPROVAL, S.IN_EXECUTION, (Role.MANAGER,), who.is_not_involved,
          who.did_not_propose, who.may_approve_this),
    *rows("return_for_revision", S.AWAITING_APPROVAL, S.AWAITING_PLAN, (Role.MANAGER,), who.is_not_involved),

    # 7 carry out, answer, ask for feedback --------------------------------------------------------------------
    *rows("complete_remedy", S.IN_EXECUTION, None, (Role.HANDLER, Role.AGENT), who.is_not_involved,
          when_.pays_what_was_approved, when_.is_confirmed_with_customer),
    *rows("fail_remedy", S.IN_EXECUTION, None, (Role.HANDLER, Role.AGENT), who.is_not_involved,
          when_.fails_an_approved_line),
    *rows("replan", S.IN_EXECUTION, S.AWAITING_PLAN, (Role.HANDLER,), who.is_responsible,
          who.is_not_involved, when_.a_line_has_failed),
    *rows("answer", S.IN_EXECUTION, S.AWAITING_FEEDBACK, (Role.HANDLER, Role.AGENT), who.is_not_involved,
          when_.every_line_is_settled, fit.is_fit_for_the_customer,
          settles=(Kind.ACKNOWLEDGEMENT, Kind.PROMISED_REPLY, Kind.PROGRESS_UPDATE)),
    *rows("answer", S.DECLINED, S.AWAITING_FEEDBACK, _DESK, who.is_not_involved, fit.is_fit_for_the_customer,
          settles=(Kind.ACKNOWLEDGEMENT, Kind.PROMISED_REPLY, Kind.PROGRESS_UPDATE)),
    *rows("confirm_satisfaction", S.AWAITING_FEEDBACK, S.AWAITING_REVIEW, _CUSTOMER, who.speaks_for_complainant),
    *rows("dispute", S.AWAITING_FEEDBACK, S.AWAITING_REVIEW, _CUSTOMER, who.speaks_for_complainant,
          who.is_not_a_declined_case, when=_disputed_too_often, opens=(Kind.REFERRAL,)),
    *rows("dispute", S.AWAITING_FEEDBACK, S.AWAITING_PLAN, _CUSTOMER, who.speaks_for_complainant,
          who.is_not_a_declined_case, when=_has_a_handler, opens=(Kind.PROGRESS_UPDATE,)),
    *rows("dispute", S.AWAITING_FEEDBACK, S.AWAITING_ASSESSMENT, _CUSTOMER, who.speaks_for_complainant,
          who.is_not_a_declined_case, opens=(Kind.PROGRESS_UPDATE,)),
    *rows("appeal", S.AWAITING_FEEDBACK, S.AWAITING_REVIEW, _CUSTOMER, who.speaks_for_complainant,
          who.is_a_declined_case, when=_appealed_too_often, opens=(Kind.REFERRAL,)),
    *rows("appeal", S.AWAITING_FEEDBACK, S.AWAITING_ASSESSMENT, _CUSTOMER, who.speaks_for_complainant,
          who.is_a_declined_case, opens=(Kind.PROGRESS_UPDATE,)),
    *rows("lapse_feedback", S.AWAITING_FEEDBACK, S.AWAITING_REVIEW, (*_STAFF, Role.SYSTEM),
          when_.feedback_time_is_over),

    # 8 review, and what comes after ---------------------------------------------------------------------------
    *rows("close", S.AWAITING_REVIEW, S.CLOSED, (Role.REVIEWER,), who.is_not_involved, who.did_not_handle,
          when_.nothing_promised_is_open, fit.measures_are_assigned, opens=(Kind.CALL_BACK,)),
    *rows("follow_up", S.CLOSED, None, _DESK, who.is_not_involved, keep.is_not_erased, settles=(Kind.CALL_BACK,)),
    *rows("reopen", _ENDED, S.AWAITING_ASSESSMENT, _CUSTOMER, who.speaks_for_complainant,
          when_.can_still_be_reopened, when_.may_be_reopened_again, keep.is_not_erased, opens=(Kind.PROGRESS_UPDATE,)),
    *rows("archive", _ENDED, S.ARCHIVED, (Role.REVIEWER, Role.MANAGER, Role.SYSTEM),
          when_.can_no_longer_be_reopened, when_.nothing_is_open),

    # at any open stage ----------------------------------------------------------------------------------------
    *rows("add_note", (*_OPEN, *_ENDED), None, _STAFF, keep.is_not_erased),
    *rows("attach_evidence", (*_OPEN, *_ENDED), None, (*_STAFF, Role.COMPLAINANT), who.speaks_or_works_here,
          keep.is_not_erased, fit.is_fit_for_the_customer),
    *rows("promise", _OPEN, None, _STAFF, who.is_not_involved, fit.gives_a_time_ahead, fit.is_fit_for_the_customer),
    *rows("update_customer", _OPEN, None, _STAFF, who.is_not_involved, fit.is_fit_for_the_customer,
          settles=(Kind.PROGRESS_UPDATE,), opens=(Kind.PROGRESS_UPDATE,)),
    *rows("wait_for_customer", _HANDLING, S.AWAITING_CUSTOMER, _STAFF, who.is_not_involved, fit.gives_a_time_ahead,
          fit.is_fit_for_the_customer),
    *rows("wait_for_third_party", _HANDLING, S.AWAITING_THIRD_PARTY, _STAFF, who.is_not_involved,
          fit.gives_a_time_ahead),
    *_resume_rows(),
    *rows("extend", (*_HANDLING, S.AWAITING_FEEDBACK), None, _STAFF, who.is_not_involved, when_.may_be_extended,
          when_.extends_in_time, fit.is_fit_for_the_customer),
    *rows("reassign", _OPEN, None, (Role.MANAGER,), who.is_not_involved, fit.moves_to_a_department,
          fit.moves_to_somebody_uninvolved),
    *rows("escalate", _OPEN, None, _STAFF, opens=(Kind.ESCALATION,)),
    *rows("refer_outside", _OPEN, None, _DESK, who.is_not_involved, fit.is_fit_for_the_customer,
          settles=(Kind.REFERRAL,)),
    *rows("withdraw", _OPEN, S.WITHDRAWN, _CUSTOMER, who.speaks_for_complainant),
    *rows("fulfil_obligation", (*_OPEN, *_ENDED), None, _STAFF, who.is_not_involved, when_.fulfils_what_is_open),
    *rows("waive_obligation", (*_OPEN, *_ENDED), None, (Role.MANAGER,), who.is_not_involved,
          when_.waives_what_is_open),
    *rows("record_missed", (*_OPEN, *_ENDED), None, (Role.SYSTEM,), when_.is_overdue),

    # keeping the file -----------------------------------------------------------------------------------------
    *rows("place_hold", (*_OPEN, *_ENDED, S.ARCHIVED), None, (Role.MANAGER,), keep.is_not_held),
    *rows("lift_hold", (*_OPEN, *_ENDED, S.ARCHIVED), None, (Role.MANAGER,), keep.is_held),
    *rows("record_erasure", (*_ENDED, S.ARCHIVED), None, (Role.MANAGER, Role.SYSTEM), keep.is_not_held),
)
# fmt: on


def standard_workflow(policy: Policy | None = None, *, name: str = "standard@1") -> Workflow:
    """The standard workflow with the standard policy, or with the host's own under a name of its own.

    The name is written into every entry: give a changed policy a new one, so that a file tells what it was under.

    Raises ``DefinitionError`` if the policy is inconsistent.
    """
    if policy is None and name == "standard@1":
        return _standard()
    return Workflow(name, STANDARD_STAGES, STANDARD_TABLE, policy or standard_policy())


@cache
def _standard() -> Workflow:
    return Workflow("standard@1", STANDARD_STAGES, STANDARD_TABLE, standard_policy())
