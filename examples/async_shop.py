"""The awaitable desk: many customers complain at once. Run: python examples/async_shop.py"""

from __future__ import annotations

import asyncio

from complaintflow import Actor, AsyncComplaintDesk, AsyncMemoryStore, Complainant, Query, Role, actions


async def complain(desk: AsyncComplaintDesk, customer: str) -> str:
    """A customer records a complaint of their own; the case's number is what they get."""
    report = actions.Record(
        complainant=Complainant(id=customer),
        category="shipping",
        sub_type="loss",
        narrative="The parcel never came.",
        demand="The goods, or the money.",
    )
    outcome = await desk.record(report, Actor(id=customer, roles={Role.COMPLAINANT}), key=f"form-{customer}")
    return outcome.complaint.number


async def main(customers: int = 5) -> None:
    """Record them together, uphold each, and count what waits to be assigned."""
    desk = AsyncComplaintDesk(AsyncMemoryStore())
    numbers = await asyncio.gather(*(complain(desk, f"customer-{n}") for n in range(customers)))
    print(f"{len(set(numbers))} cases, such as {numbers[0]}")

    mei = Actor(id="mei", roles={Role.AGENT})
    arrived = await desk.find(Query(stage="awaiting_assessment"))
    upheld = actions.Uphold(reason="The carrier confirms the loss.")
    await asyncio.gather(*(desk.act(case.id, upheld, mei) for case in arrived.complaints))
    waiting = await desk.find(Query(stage="awaiting_assignment"))
    print(f"{len(waiting.complaints)} upheld and waiting for a person")


if __name__ == "__main__":
    asyncio.run(main())
