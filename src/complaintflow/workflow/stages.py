"""The stages of the standard workflow, each with the words its complainant reads (T05, T06, law 10)."""

from __future__ import annotations

from enum import StrEnum

from complaintflow.model.base import Label
from complaintflow.model.obligation import Kind
from complaintflow.model.parties import Role
from complaintflow.workflow.rows import Stage


class S(StrEnum):
    """Names of the standard stages."""

    AWAITING_ASSESSMENT = "awaiting_assessment"
    DECLINED = "declined"
    AWAITING_ASSIGNMENT = "awaiting_assignment"
    AWAITING_ACCEPTANCE = "awaiting_acceptance"
    UNDER_INVESTIGATION = "under_investigation"
    AWAITING_PLAN = "awaiting_plan"
    AWAITING_APPROVAL = "awaiting_approval"
    IN_EXECUTION = "in_execution"
    AWAITING_FEEDBACK = "awaiting_feedback"
    AWAITING_REVIEW = "awaiting_review"
    AWAITING_CUSTOMER = "awaiting_customer"
    AWAITING_THIRD_PARTY = "awaiting_third_party"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    ARCHIVED = "archived"


_ANSWER_SOON = Label(
    "We will tell you our decision; you need do nothing now.",
    "我们会将处理结果告知您,目前您无需任何操作。",
)
_NOTHING = Label("Nothing more is to be done.", "无需进一步操作。")
_COME_BACK = Label(
    "If it was not put right, tell us and we open it again.", "如问题仍未解决,请告知我们,我们将重新处理。"
)

STANDARD_STAGES = (
    Stage(
        S.AWAITING_ASSESSMENT,
        Label("Awaiting assessment", "待判定"),
        says=Label("We have your complaint and are reading it closely.", "我们已收到您的投诉,正在认真核实。"),
        next=Label("We decide whether we can follow it, and tell you.", "我们将判定投诉是否成立,并告知您。"),
        ask=Role.AGENT,
        duty=Kind.ASSESSMENT,
        at_front_desk=True,
    ),
    Stage(
        S.DECLINED,
        Label("Declined, reply owed", "不成立,待答复"),
        says=Label("We have looked into your complaint.", "我们已核实您的投诉。"),
        next=Label("We write to you with our reasons.", "我们将向您说明理由。"),
        ask=Role.AGENT,
        duty=Kind.REPLY,
    ),
    Stage(
        S.AWAITING_ASSIGNMENT,
        Label("Awaiting assignment", "待指派"),
        says=Label("Your complaint stands. We are choosing who will handle it.", "您的投诉成立,我们正在安排负责人员。"),
        next=_ANSWER_SOON,
        ask=Role.AGENT,
        duty=Kind.ASSIGNMENT,
        at_front_desk=True,
    ),
    Stage(
        S.AWAITING_ACCEPTANCE,
        Label("Awaiting acceptance", "待接受"),
        says=Label("Your complaint stands and is with the responsible department.", "您的投诉成立,已转交责任部门。"),
        next=_ANSWER_SOON,
        ask=Role.HANDLER,
        duty=Kind.ACCEPTANCE,
    ),
    Stage(
        S.UNDER_INVESTIGATION,
        Label("Under investigation", "调查中"),
        says=Label("We are finding out what went wrong.", "我们正在查明原因。"),
        next=_ANSWER_SOON,
        ask=Role.HANDLER,
        duty=Kind.INVESTIGATION,
    ),
    Stage(
        S.AWAITING_PLAN,
        Label("Awaiting a plan", "待提出方案"),
        says=Label("We know the cause and are preparing what we can offer you.", "原因已查明,我们正在拟定解决方案。"),
        next=_ANSWER_SOON,
        ask=Role.HANDLER,
        duty=Kind.PLAN,
    ),
    Stage(
        S.AWAITING_APPROVAL,
        Label("Awaiting approval", "待批示"),
        says=Label("Our proposal for you is being decided.", "针对您的解决方案正在审批。"),
        next=_ANSWER_SOON,
        ask=Role.MANAGER,
        duty=Kind.DECISION,
    ),
    Stage(
        S.IN_EXECUTION,
        Label("In execution", "执行中"),
        says=Label("We are carrying out what was decided for you.", "我们正在落实解决方案。"),
        next=Label("We tell you when it is done.", "完成后我们会通知您。"),
        ask=Role.HANDLER,
        duty=Kind.EXECUTION,
    ),
    Stage(
        S.AWAITING_FEEDBACK,
        Label("Awaiting feedback", "待客户反馈"),
        says=Label("You have our answer.", "我们已答复您。"),
        next=Label(
            "Please tell us whether it settles the matter. If not, say so and we look again.",
            "请告知我们您是否满意。如不满意,请说明,我们将重新处理。",
        ),
        ask=Role.AGENT,
        duty=Kind.FEEDBACK,
    ),
    Stage(
        S.AWAITING_REVIEW,
        Label("Awaiting review", "待总结评价"),
        says=Label("Your complaint has been handled.", "您的投诉已处理完毕。"),
        next=Label("We look at what we can learn from it.", "我们正在总结经验,改进工作。"),
        ask=Role.REVIEWER,
        duty=Kind.REVIEW,
    ),
    Stage(
        S.AWAITING_CUSTOMER,
        Label("Waiting for the customer", "等待客户"),
        says=Label("We need something from you to go on.", "我们需要您提供信息才能继续处理。"),
        next=Label("Please reply to our question.", "请回复我们的问题。"),
        ask=Role.AGENT,
        duty=Kind.CUSTOMER_REPLY,
        waits=True,
    ),
    Stage(
        S.AWAITING_THIRD_PARTY,
        Label("Waiting for a third party", "等待第三方"),
        says=Label("We have asked a partner of ours and wait for the reply.", "我们正在等待合作方回复。"),
        next=_ANSWER_SOON,
        ask=Role.HANDLER,
        duty=Kind.THIRD_PARTY_REPLY,
        waits=True,
    ),
    Stage(
        S.CLOSED,
        Label("Closed", "已结案"),
        says=Label("Your complaint is closed.", "您的投诉已结案。"),
        next=_COME_BACK,
        ask=Role.AGENT,
    ),
    Stage(
        S.WITHDRAWN,
        Label("Withdrawn", "已撤回"),
        says=Label("You took your complaint back.", "您已撤回投诉。"),
        next=_COME_BACK,
        ask=Role.AGENT,
    ),
    Stage(
        S.MERGED,
        Label("Merged", "已合并"),
        says=Label("Your complaint is handled together with another one.", "您的投诉已合并处理。"),
        next=Label("We answer both together.", "我们将一并答复。"),
        ask=Role.AGENT,
    ),
    Stage(
        S.ARCHIVED,
        Label("Archived", "已归档"),
        says=Label("Your complaint has ended and is on file.", "您的投诉已归档。"),
        next=_NOTHING,
        ask=Role.AGENT,
        final=True,
    ),
)
