"""The complaints of the demo: a shop for household goods in March 2026, told as who did what when.

Every category occurs, and every turn that a case can take: handed back, returned by the manager, declined and
appealed, disputed, reopened, settled on the spot, withdrawn, late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from complaintflow.model import actions as act
from complaintflow.model.judgement import Measure, Review
from complaintflow.model.money import Money
from complaintflow.model.parties import Actor, Complainant, Role
from complaintflow.model.remedy import Remedy
from complaintflow.model.subject import Discrepancy, Evidence, Shipment, Subject

_START = datetime(2026, 3, 4, 9, tzinfo=UTC)


def at(day: float) -> datetime:
    """A moment of the demo: ``5.3`` is the third hour of the sixth day; people work from nine to seven."""
    return _START + timedelta(days=int(day), minutes=round(600 * (day % 1)))


def _staff(id: str, name: str, department: str, *roles: str) -> Actor:
    return Actor(id=id, name=name, department=department, roles=frozenset(roles))


LI = _staff("li", "Li Na", "customer_service", Role.AGENT)
ZHAO = _staff("zhao", "Zhao Min", "customer_service", Role.AGENT)
HAN = _staff("han", "Han Lei", "storage_and_transport", Role.HANDLER)
SUN = _staff("sun", "Sun Yi", "quality_management", Role.HANDLER, Role.AGENT)
QIAN = _staff("qian", "Qian Yu", "sales", Role.HANDLER)
MO = _staff("mo", "Mo Fan", "sales", Role.MANAGER)
REN = _staff("ren", "Ren Jie", "quality_management", Role.REVIEWER)

Step = tuple[float, Actor, act.Action]


@dataclass(frozen=True)
class Story:
    """One case from its record on. ``swept_on`` is when the desk looks for what was missed meanwhile."""

    key: str
    title: str
    day: float
    record: act.Record
    steps: tuple[Step, ...]
    swept_on: float | None = None


def cny(amount: str) -> Money:
    """An amount in yuan."""
    return Money(amount=Decimal(amount), currency="CNY")


def customer(story: str, name: str) -> tuple[Complainant, Actor]:
    """The same person as a complainant and as an actor."""
    who = f"customer-{story}"
    return Complainant(id=who, name=name), Actor(id=who, name=name, roles=frozenset({Role.COMPLAINANT}))


def _hear(day: float, agent: Actor, reply_on: float) -> Step:
    text = "Thank you for telling us. We look into it at once and write to you in the week."
    return day, agent, act.Acknowledge(text=text, reply_by=at(reply_on))


def _take_up(day: float, reason: str, handler: Actor, agent: Actor = LI) -> tuple[Step, ...]:
    return (
        (day, agent, act.Uphold(reason=reason)),
        (day + 0.1, agent, act.Assign(person=handler.id)),
        (day + 0.3, handler, act.Accept()),
    )


def _found(day: float, handler: Actor, cause: str, description: str) -> Step:
    department = handler.department or "customer_service"
    return day, handler, act.EstablishCause(cause=cause, description=description, department=department)


def _plan(day: float, handler: Actor, against: str, *lines: Remedy) -> Step:
    return day, handler, act.ProposePlan(lines=lines, against_demand=against)


def _end(day: float, who: Actor, stars: int, lesson: str) -> tuple[Step, ...]:
    return (
        (day, who, act.ConfirmSatisfaction(stars=stars)),
        (day + 1, REN, act.Close(review=Review(summary=lesson))),
    )


def _late() -> Story:
    complainant, who = customer("late", "Emma Brandt")
    return Story(
        "late",
        "Bookshelf a week late; the judgement came too late as well, and the sweep found it",
        0,
        act.Record(
            complainant=complainant, category="contract", sub_type="delivery_time", subject=Subject(order="A-1007"),
            narrative="The bookshelf was promised for 20 February and came on the 27th.",
            demand="Something off the price.",
            discrepancy=Discrepancy(promised="20 February", delivered="27 February"),
        ),
        (
            _hear(0.2, LI, 6),
            *_take_up(3.5, "The carrier's note shows the 27th.", QIAN),
            _found(4, QIAN, "late_dispatch", "For want of a label it missed the weekly truck."),
            _plan(4.1, QIAN, "What was asked for.",
                  Remedy(kind="discount", description="10 % off the bookshelf", amount=cny("89")),
                  Remedy(kind="apology", description="A letter from the head of sales")),
            (4.3, MO, act.Approve()),
            (4.5, QIAN, act.CompleteRemedy(line="1.1", confirmed=True, reference="REFUND-3301")),
            (4.6, QIAN, act.CompleteRemedy(line="1.2")),
            (4.7, QIAN, act.Answer(text="We are sorry for the week you waited. 89 CNY are on their way back to you.")),
            *_end(6, who, 4, "Orders without a label are now seen the same day."),
        ),
        swept_on=3.4,
    )  # fmt: skip


def _teapot() -> Story:
    complainant, who = customer("teapot", "Amelia Wood")
    shipped = Shipment(carrier="SF Express", tracking="SF1402678813", expected_days=2)
    measure = Measure(description="Double-walled boxes for ceramics", department="storage_and_transport", due_at=at(35))
    return Story(
        "teapot",
        "Teapot broken on arrival: handed back once, the plan returned once, then two remedies",
        5,
        act.Record(
            complainant=complainant, category="shipping", sub_type="damage",
            subject=Subject(order="A-1042", product="teapot-blue"),
            narrative="The blue teapot came in pieces. It was to be a birthday present.",
            demand="A new teapot before Saturday.", expectation="That somebody packs it as if it were theirs.",
            evidence=(Evidence(ref="photo-1042-1", description="Photo of the open parcel", shown=True),),
        ),
        (
            _hear(5.1, LI, 10),
            (5.2, LI, act.Uphold(reason="The photo shows a thin box and no padding.")),
            (5.3, LI, act.Assign(person="sun", department="quality_management")),
            (5.5, SUN, act.HandBack(reason="The pot was sound when it left us; this is about packing.",
                                    suggested_department="storage_and_transport")),
            (5.6, LI, act.Assign(person="han")),
            (6.0, HAN, act.Accept()),
            _found(6.2, HAN, "poor_packing", "One layer of paper in a box meant for textiles."),
            _plan(6.3, HAN, "Less: a birthday present is asked for.",
                  Remedy(kind="compensation", description="The price of the teapot", amount=cny("168"))),
            (6.5, MO, act.ReturnForRevision(reason="She wants a teapot, not money. Send one, and something.")),
            _plan(6.6, HAN, "What was asked for, and a little more.",
                  Remedy(kind="resend", description="A new blue teapot by express"),
                  Remedy(kind="compensation", description="For the trouble", amount=cny("30"))),
            (6.7, MO, act.Approve(comment="Good.")),
            (7.1, HAN, act.CompleteRemedy(line="2.1", confirmed=True, shipment=shipped)),
            (7.2, LI, act.CompleteRemedy(line="2.2", confirmed=True, reference="REFUND-3318")),
            (7.3, HAN, act.Answer(text="Your new teapot is on its way by express, and 30 CNY for the trouble.",
                                  proof="mail-5521")),
            (12.2, who, act.ConfirmSatisfaction(stars=5, words="It came on Friday, well packed. Thank you!")),
            (13, REN, act.Close(review=Review(summary="Ceramics left in boxes for textiles.",
                                              lessons=("The packing list did not know the goods.",),
                                              measures=(measure,), loss=cny("198")))),
        ),
    )  # fmt: skip


def _chairs() -> Story:
    complainant, who = customer("chairs", "Restaurant Jardin")
    return Story(
        "chairs",
        "Ten chairs instead of twelve: the first outcome disputed, then the chairs were sent",
        6,
        act.Record(
            complainant=complainant, category="contract", sub_type="quantity", subject=Subject(order="A-1050"),
            narrative="We ordered twelve chairs for the opening and got ten.", demand="The two missing chairs.",
            channel="phone", discrepancy=Discrepancy(promised="12 chairs", delivered="10 chairs"),
        ),
        (
            _hear(6.1, ZHAO, 12),
            *_take_up(6.3, "The delivery note says ten.", QIAN, ZHAO),
            _found(7, QIAN, "wrong_item_picked", "The pallet of ten was taken for the one of twelve."),
            _plan(7.2, QIAN, "Less: money instead of chairs.",
                  Remedy(kind="compensation", description="The price of two chairs", amount=cny("560"))),
            (7.5, MO, act.Approve()),
            (8, QIAN, act.CompleteRemedy(line="1.1", confirmed=True, amount=cny("560"))),
            (8.1, QIAN, act.Answer(text="We have paid back the price of two chairs.")),
            (9, who, act.Dispute(reason="We open on the 20th and need chairs to sit on.", stars=2)),
            _plan(9.3, QIAN, "What was asked for.",
                  Remedy(kind="resend", description="Two chairs by our own van, to be paid on delivery")),
            (9.5, MO, act.Approve()),
            (11, QIAN, act.CompleteRemedy(line="2.1", confirmed=True,
                                          shipment=Shipment(carrier="Own van", tracking="VAN-77", expected_days=1))),
            (11.1, QIAN, act.Answer(text="The two chairs come with our own van tomorrow.")),
            *_end(13, who, 4, "Ask what the goods are for before money is offered."),
        ),
    )  # fmt: skip


def _kettle() -> Story:
    complainant, who = customer("kettle", "Tom Keller")
    return Story(
        "kettle",
        "Kettle that switches off: declined, appealed, and upheld by a second judge",
        7,
        act.Record(
            complainant=complainant, category="quality", sub_type="malfunction", subject=Subject(product="kettle-k2"),
            narrative="The kettle switches itself off before the water boils.", demand="Repair it.",
        ),
        (
            _hear(7.1, LI, 13),
            (7.5, LI, act.Decline(reason="Two years of hard water: not a fault of the kettle.",
                                  grounds_sufficient=False, demand_reasonable=True)),
            (8, LI, act.Answer(text="We understand the annoyance. From your photo it is lime; the manual shows how to"
                                    " remove it.")),
            (9, who, act.Appeal(reason="There is no lime in it. A repair shop measured 88 degrees at switch-off.")),
            (9.1, who, act.AttachEvidence(evidence=Evidence(ref="report-k2", description="Report of the repair shop"))),
            *_take_up(9.5, "The report shows a thermostat that is set too low.", SUN, ZHAO),
            _found(10.5, SUN, "production_fault", "Thermostats of lot 2511 switch at 88 degrees."),
            _plan(10.6, SUN, "What was asked for.",
                  Remedy(kind="repair", description="A new thermostat, and the way both ways paid")),
            (11, MO, act.Approve()),
            (14, SUN, act.CompleteRemedy(line="1.1")),
            (14.1, SUN, act.Answer(text="You were right. The thermostat is replaced and the kettle is on its way.")),
            *_end(16, who, 4, "Check the lot before lime is blamed."),
        ),
    )  # fmt: skip


def _rude() -> Story:
    complainant, who = customer("rude", "Wang Fang")
    return Story(
        "rude",
        "Hung up on at the hotline: settled on the spot",
        8,
        act.Record(
            complainant=complainant, category="service", sub_type="attitude", channel="phone",
            narrative="Your colleague hung up while I was still speaking.", demand="An apology.",
        ),
        (
            (8.05, LI, act.SettleOnTheSpot(
                text="I am sorry, that must not happen. Please take this as our apology.",
                reason="The recording leaves no doubt.",
                lines=(Remedy(kind="apology", description="Said at once, on the telephone"),
                       Remedy(kind="goodwill", description="A voucher", amount=cny("20"))))),
            *_end(8.06, who, 5, "Hotline: calls are ended by the customer."),
        ),
    )  # fmt: skip


def _parcel() -> Story:
    complainant, who = customer("parcel", "Ben Okafor")
    sent = Shipment(carrier="YTO", tracking="YT7741120056", expected_days=4)
    return Story(
        "parcel",
        "Parcel lost: sent again and closed; reopened when that one was lost as well",
        5.5,
        act.Record(
            complainant=complainant, category="shipping", sub_type="loss", subject=Subject(order="A-1044"),
            narrative="The tracking has said 'on its way' for two weeks.", demand="Send it again.",
        ),
        (
            _hear(5.8, ZHAO, 11),
            *_take_up(6.2, "The carrier cannot find it.", HAN, ZHAO),
            _found(7, HAN, "carrier_loss", "Last seen in the sorting centre on 22 February."),
            _plan(7.1, HAN, "What was asked for.", Remedy(kind="resend", description="The same order again")),
            (7.4, MO, act.Approve()),
            (8, HAN, act.CompleteRemedy(line="1.1", confirmed=True, shipment=sent)),
            (8.1, HAN, act.Answer(text="Your order is on its way again with YTO, YT7741120056.")),
            *_end(9, who, 4, "One loss in the sorting centre; seen once this month."),
            (17, who, act.Reopen(reason="This one has not come either.")),
            *_take_up(17.3, "The same sorting centre, the same silence.", HAN, ZHAO),
            (17.8, HAN, act.Promise(text="We tell you tomorrow whether it is found.", due_at=at(19))),
            (18.5, HAN, act.FulfilObligation(obligation="17.1", how="Told by telephone: not found, we go on.")),
        ),
    )  # fmt: skip


def _invoice() -> Story:
    complainant, who = customer("invoice", "Marta Silva")
    return Story(
        "invoice",
        "Nobody could explain the invoice: withdrawn, it was explained after all",
        9,
        act.Record(
            complainant=complainant, category="service", sub_type="skill", channel="chat",
            narrative="Three people in your chat could not tell me what the third line of my invoice is.",
            demand="An explanation.",
        ),
        (
            _hear(9.1, ZHAO, 12),
            (9.4, ZHAO, act.UpdateCustomer(text="The third line is the return of the old machine, as you ordered it.")),
            (9.6, who, act.Withdraw(reason="Thank you, now I understand it.")),
        ),
    )  # fmt: skip


def _glasses() -> Story:
    complainant, who = customer("glasses", "Yuki Tanaka")
    return Story(
        "glasses",
        "Two of six wine glasses broken: exchanged",
        10,
        act.Record(
            complainant=complainant, category="shipping", sub_type="packing", subject=Subject(order="A-1061"),
            narrative="Two of the six glasses were broken; nothing lay between them.", demand="Two new glasses.",
        ),
        (
            _hear(10.1, LI, 15),
            *_take_up(10.4, "The photo shows glasses without a divider.", HAN),
            _found(11, HAN, "poor_packing", "The dividers had run out, and the line went on without."),
            _plan(11.1, HAN, "What was asked for.", Remedy(kind="exchange", description="Two new glasses")),
            (11.5, MO, act.Approve()),
            (12, HAN, act.CompleteRemedy(line="1.1")),
            (12.1, HAN, act.Answer(text="Two new glasses are on their way, with dividers this time.")),
            *_end(15, who, 5, "Stop the line when dividers run out."),
        ),
    )  # fmt: skip


def _lamp() -> Story:
    complainant, _ = customer("lamp", "Chen Hao")
    return Story(
        "lamp",
        "Lamp smaller than its picture: a plan awaits the manager",
        18,
        act.Record(
            complainant=complainant, category="quality", sub_type="not_as_described",
            subject=Subject(product="lamp-arc"),
            narrative="In the picture the lamp reaches over the table. It reaches to my knee.", demand="My money back.",
            language="zh-CN",
        ),
        (
            _hear(18.2, LI, 24),
            *_take_up(18.5, "The picture shows the larger model.", SUN),
            _found(19, SUN, "wrong_description", "The page of the small model shows the large one."),
            _plan(19.2, SUN, "What was asked for.",
                  Remedy(kind="return", description="Take it back and pay it back", amount=cny("480"))),
        ),
    )  # fmt: skip


def stories() -> tuple[Story, ...]:
    """In the order in which they are told. The late one comes first, so that the sweep finds it alone."""
    return (
        _late(), _teapot(), _parcel(), _chairs(), _kettle(), _rude(), _invoice(), _glasses(), _lamp(),
    )  # fmt: skip
