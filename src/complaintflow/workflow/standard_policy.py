"""The standard policy: due times, limits, routes and catalogues in one place."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from complaintflow.model.base import Label
from complaintflow.model.money import Money
from complaintflow.model.obligation import Kind
from complaintflow.model.parties import Role
from complaintflow.model.remedy import standard_remedies
from complaintflow.model.taxonomy import standard_categories
from complaintflow.rules.policy import Duty, Policy, Retention


def _days(days: float) -> timedelta:
    return timedelta(days=days)


_AGENT, _HANDLER, _MANAGER = Role.AGENT, Role.HANDLER, Role.MANAGER
_TO_CUSTOMER, _TO_COMPANY = Role.COMPLAINANT, "company"

# fmt: off
DUTIES: dict[str, Duty] = {
    # kind                    what it is called                              owed by        owed to       within   where
    Kind.ASSESSMENT:        Duty(Label("Judge the complaint", "判定投诉"),       _AGENT,        _TO_CUSTOMER, _days(3), "front_desk"),
    Kind.REPLY:             Duty(Label("Give the reasons", "说明理由"),          _AGENT,        _TO_CUSTOMER, _days(2), "front_desk"),
    Kind.ASSIGNMENT:        Duty(Label("Assign the case", "指派"),               _AGENT,        _TO_CUSTOMER, _days(1), "front_desk"),
    Kind.ACCEPTANCE:        Duty(Label("Accept the case", "接受指派"),           _HANDLER,      _AGENT,       _days(1), "person"),
    Kind.INVESTIGATION:     Duty(Label("Find the cause", "查明原因"),            _HANDLER,      _TO_CUSTOMER, _days(5), "person"),
    Kind.PLAN:              Duty(Label("Propose a plan", "提出方案"),            _HANDLER,      _TO_CUSTOMER, _days(3), "person"),
    Kind.DECISION:          Duty(Label("Decide on the plan", "批示方案"),        _MANAGER,      _HANDLER,     _days(2), "department"),
    Kind.EXECUTION:         Duty(Label("Carry out and answer", "实施并答复"),    _HANDLER,      _TO_CUSTOMER, _days(10), "person"),
    Kind.FEEDBACK:          Duty(Label("Feedback", "反馈"),                      _TO_CUSTOMER,  _TO_COMPANY,  _days(14), "outside"),
    Kind.REVIEW:            Duty(Label("Review the case", "总结评价"),           Role.REVIEWER, _TO_COMPANY,  _days(7), "reviewers"),
    Kind.CUSTOMER_REPLY:    Duty(Label("Reply to our question", "回复问题"),     _TO_CUSTOMER,  _TO_COMPANY,  _days(7), "outside"),
    Kind.THIRD_PARTY_REPLY: Duty(Label("Reply of a third party", "第三方回复"),  Role.THIRD_PARTY, _TO_COMPANY, _days(5), "outside"),
    Kind.ACKNOWLEDGEMENT:   Duty(Label("Acknowledge", "确认受理"),               _AGENT,        _TO_CUSTOMER, _days(2), "front_desk"),
    Kind.PROMISED_REPLY:    Duty(Label("Reply as promised", "按承诺答复"),       _AGENT,        _TO_CUSTOMER, _days(10), "front_desk"),
    Kind.PROGRESS_UPDATE:   Duty(Label("Tell how it stands", "通报进展"),        _AGENT,        _TO_CUSTOMER, _days(7), "front_desk"),
    Kind.PROMISE:           Duty(Label("Promise", "承诺"),                       _HANDLER,      _TO_CUSTOMER, _days(7), "person"),
    Kind.REMEDY:            Duty(Label("Carry out a remedy", "落实补救"),        _HANDLER,      _TO_CUSTOMER, _days(7), "person"),
    Kind.ESCALATION:        Duty(Label("Look into it as manager", "主管处理"),   _MANAGER,      _TO_COMPANY,  _days(1), "department"),
    Kind.REFERRAL:          Duty(Label("Name the outside body", "告知外部途径"), _AGENT,        _TO_CUSTOMER, _days(5), "front_desk"),
    Kind.CALL_BACK:         Duty(Label("Call back", "回访"),                     _AGENT,        _TO_CUSTOMER, _days(45), "front_desk"),
    Kind.MEASURE:           Duty(Label("Improvement measure", "改进措施"),       _MANAGER,      _TO_COMPANY,  _days(30), "department"),
}

CAUSES = {  # S07 and R06-R17: where the harm began
    "design_fault":       Label("Fault of design", "设计缺陷"),
    "production_fault":   Label("Fault of production", "生产缺陷"),
    "wrong_description":  Label("Wrong description or picture", "描述或图片错误"),
    "wrong_item_picked":  Label("Wrong item picked", "拣货错误"),
    "poor_packing":       Label("Poor packing", "包装不当"),
    "carrier_damage":     Label("Damage by the carrier", "承运人损坏"),
    "carrier_loss":       Label("Loss by the carrier", "承运人丢失"),
    "late_dispatch":      Label("Late dispatch", "发货延误"),
    "contract_misread":   Label("Contract misread", "合同理解错误"),
    "billing_error":      Label("Billing error", "结算错误"),
    "rude_conduct":       Label("Rude conduct", "态度粗鲁"),
    "poor_service":       Label("Poor service", "服务低劣"),
    "untrained_staff":    Label("Untrained staff", "员工未经培训"),
    "system_failure":     Label("System failure", "系统故障"),
    "misunderstanding":   Label("Misunderstanding", "误会"),
    "unknown":            Label("Not to be found", "无法查明"),
}

DEPARTMENTS = {
    "customer_service":      Label("Customer service", "客户服务部"),
    "storage_and_transport": Label("Storage and transport", "储运部"),
    "quality_management":    Label("Quality management", "质量管理部"),
    "sales":                 Label("Sales", "销售部"),
}
# fmt: on


def standard_policy() -> Policy:
    """The rule book's defaults; ``dataclasses.replace`` makes the host's own from it."""
    spot = (("CNY", 200), ("EUR", 30), ("GBP", 25), ("USD", 30))
    return Policy(
        categories=standard_categories(),
        remedies=standard_remedies(),
        causes=CAUSES,
        departments=DEPARTMENTS,
        routes={
            "quality": "quality_management",
            "contract": "sales",
            "shipping": "storage_and_transport",
            "service": "customer_service",
        },
        front_desk="customer_service",
        reviewers="quality_management",
        duties=DUTIES,
        retention=(  # commercial letters: six years; else the time in which claims lapse in most places
            Retention(code="contract", keep=_days(6 * 365 + 2), categories=frozenset({"contract"})),
            Retention(code="standard", keep=_days(3 * 365 + 1)),
        ),
        limits={
            Role.AGENT: tuple(Money(amount=Decimal(amount), currency=currency) for currency, amount in spot),
            Role.MANAGER: None,
        },
    )
