"""A shop backend with complaints inside: its own users, limits and database. Run: python examples/shop_backend.py"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from complaintflow import (
    Actor,
    ComplaintDesk,
    Money,
    Refused,
    Role,
    actions,
    read_action,
    standard_policy,
    standard_workflow,
)
from complaintflow.storage.sqlalchemy import SQLAlchemyStore

GROUPS = {"support": Role.AGENT, "warehouse": Role.HANDLER, "lead": Role.MANAGER, "quality": Role.REVIEWER}


class Shop:
    """What a web framework would call: plain data in, plain data out."""

    def __init__(self, url: str) -> None:
        support_may_spend = (Money(amount=Decimal(20), currency="EUR"),)
        policy = replace(standard_policy(), limits={Role.AGENT: support_may_spend, Role.MANAGER: None})
        self.store = SQLAlchemyStore.from_url(url, create_tables=True)
        self.desk = ComplaintDesk(self.store, workflow=standard_workflow(policy))

    def complain(self, form: dict[str, Any], user: str, request_id: str) -> dict[str, Any]:
        """A customer sends the complaint form; sending it twice makes one case."""
        report = actions.Record.model_validate({**form, "complainant": {"id": user}})
        case = self.desk.record(report, _actor(user, "customer"), key=request_id).complaint
        return {"id": case.id, "number": case.number}

    def act(self, case: str, action: str, form: dict[str, Any], user: str, group: str) -> dict[str, Any]:
        """Somebody does something to a case: the new stage, or every reason why not."""
        try:
            done = self.desk.act(case, read_action(action, form), _actor(user, group))
        except Refused as refused:
            return {"refused": [refusal.model_dump(exclude_none=True) for refusal in refused.refusals]}
        return {"stage": done.complaint.stage}

    def page(self, case: str, language: str) -> dict[str, Any]:
        """What the customer sees."""
        return self.desk.customer_view(case, language=language).model_dump(mode="json")


def _actor(user: str, group: str) -> Actor:
    return Actor(id=user, roles={GROUPS.get(group, Role.COMPLAINANT)})


def main(url: str = "sqlite:///shop.db") -> None:
    """One complaint, settled on the spot inside the limit of the person who took it."""
    shop = Shop(url)
    form = {"category": "service", "sub_type": "attitude", "narrative": "Nobody called back.", "demand": "An apology."}
    case = shop.complain(form, user="ada", request_id="request-1")["id"]
    gift = {"kind": "goodwill", "description": "A voucher.", "amount": {"amount": "25", "currency": "EUR"}}
    sorry = {"text": "We are sorry. Please take this voucher.", "reason": "We did not call.", "lines": [gift]}
    print(shop.act(case, "settle_on_the_spot", sorry, user="mei", group="support"))  # refused: over the limit
    gift["amount"] = {"amount": "20", "currency": "EUR"}
    print(shop.act(case, "settle_on_the_spot", sorry, user="mei", group="support"))
    print(shop.act(case, "confirm_satisfaction", {"stars": 4}, user="ada", group="customer"))
    print(shop.page(case, language="zh")["stage"])
    shop.store.close()


if __name__ == "__main__":
    main()
