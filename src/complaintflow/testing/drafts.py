"""Cases on their way through the standard workflow, outside any store: what a desk would hand to ``append``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple

from complaintflow.desk._plan import plan
from complaintflow.model import actions as act
from complaintflow.model.complaint import Complaint
from complaintflow.model.parties import Actor, Complainant, Role
from complaintflow.storage.evidence import Sealed
from complaintflow.workflow.standard import standard_workflow

START = datetime(2026, 3, 2, 9, 0, 0, 1, tzinfo=UTC)
"""A Monday morning, and a microsecond: one that is cut off shows."""

AGENT = Actor(id="agent-1", roles={Role.AGENT})
HANDLER = Actor(id="handler-1", roles={Role.HANDLER}, department="sales")
CUSTOMER = Actor(id="customer-1", roles={Role.COMPLAINANT})
MANAGER = Actor(id="manager-1", roles={Role.MANAGER})
WORDS = "Le café ☕ 茶壶碎了 🫖 e\u0301 \u2028 «\\n» 'x' % _ ; --"
"""Words that are hard to keep: beyond ASCII and the basic plane, not normalised, with other people's syntax."""

EXACT = {"value": "12345678901234567.10", "limit": "0.1", "unit": "g"}
"""A measurement that floating point cannot hold."""


class Filing(NamedTuple):
    """The arguments of one ``append``: ``store.append(*filing)``."""

    tenant: str
    complaint: Complaint
    record: Sealed


class Draft:
    """One case of one tenant. Each step gives a ``Filing`` and leads on from there, whether it is written or not."""

    def __init__(self, id: str = "case-1", tenant: str = "a", *, at: datetime = START) -> None:
        self.id, self.tenant, self.now = id, tenant, at
        self.complaint: Complaint | None = None
        self._salts = count()

    def record(self, *, key: str | None = None, who: str = "customer-1", **facts: Any) -> Filing:
        """The first entry: the customer ``who`` complains; ``facts`` replace those of the ``Record``."""
        said: dict[str, Any] = {
            "complainant": Complainant(id=who, name=WORDS, contact="chen@example.org"),
            "category": "service",
            "sub_type": "attitude",
            "narrative": WORDS,
            "demand": "An apology",
        }
        return self.then(act.Record(**said | facts), key=key)

    def note(self, text: str = WORDS, *, key: str | None = None, after: timedelta = timedelta()) -> Filing:
        """A further entry that every stage takes."""
        return self.then(act.AddNote(text=text), key=key, after=after)

    def then(
        self, action: act.Action, actor: Actor = AGENT, *, key: str | None = None, after: timedelta = timedelta()
    ) -> Filing:
        """The next entry, ``after`` the one before. Raises ``Refused`` if the workflow does not allow it."""
        self.now += after
        made = plan(
            _WORKFLOW,
            self.tenant,
            self.complaint,
            action,
            actor,
            self.now,
            complaint_id=self.id,
            key=key,
            salt=self._salt,
        )
        self.complaint = made.complaint
        return Filing(self.tenant, made.complaint, made.record)

    def notes(self, number: int) -> list[Filing]:
        """So many notes, a microsecond apart."""
        return [self.note(f"{n} {WORDS}", after=timedelta(microseconds=1)) for n in range(number)]

    def _salt(self) -> str:
        """Not secret: the same case must be the same in each run."""
        seed = f"{self.tenant} {self.id} {self.now} {next(self._salts)}"
        return sha256(seed.encode()).hexdigest()[:32]


_WORKFLOW = standard_workflow()


def population(tenant: str = "a") -> list[Filing]:
    """Cases that differ in everything one can search by, with times that meet and ids that only just differ."""
    moments = (START, START, START, START + timedelta(microseconds=1), START + timedelta(days=3))
    cases = [Draft(name, tenant, at=at) for name, at in zip(("b", "B", "b2", "é", "茶"), moments, strict=True)]
    one, two, three, four, five = cases
    made = [
        one.record(subject={"order": "order-1"}, measurement=EXACT),
        two.record(who="Customer-1", subject={"order": "ORDER-1"}),
        three.record(category="shipping", sub_type="loss", representative={"id": "speaker-1", "authority": "Mandate"}),
        four.record(category="shipping", sub_type="damage"),
        five.record(who="customer-2"),
    ]
    made += [
        two.then(act.Uphold(reason="So it was"), after=timedelta(hours=1)),
        two.then(act.Assign(person=HANDLER.id, department="sales")),
        three.then(act.Reclassify(category="shipping", sub_type="damage", reason="It came, broken")),
        four.then(act.Uphold(reason="So it was")),
        four.then(act.Assign(person=HANDLER.id, department="sales")),
        four.then(act.Accept(), HANDLER),
        four.then(act.EstablishCause(cause="poor_packing", description="No padding", department="sales"), HANDLER),
        five.then(act.Withdraw(reason="Solved"), Actor(id="customer-2", roles={Role.COMPLAINANT})),
    ]
    return made
