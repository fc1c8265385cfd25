"""The outbox: an event for every entry, delivered at least once and in order, whatever fails or dies on the way."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from complaintflow import ComplaintDesk, ConcurrencyConflict, StorageError, actions
from complaintflow.storage.envelope import event_id, read_event_id
from complaintflow.storage.sqlalchemy import SQLAlchemyStore
from complaintflow.storage.sqlalchemy.outbox import Outbox, State
from complaintflow.storage.sqlalchemy.relay import Report
from contention import fresh_processes
from relaying import (
    DAMAGE,
    HOUR,
    SOURCE,
    Post,
    Relays,
    Shift,
    await_relays_for_ever,
    failing,
    in_order_without_gap,
    relay_for_ever,
    relay_that_dies,
)
from servers import fresh_database
from story import LI


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ExitStack() as places:
        if request.param == "sqlite":
            yield f"sqlite:///{tmp_path_factory.mktemp('outbox')}/c.db"
        else:
            yield places.enter_context(fresh_database(request.param))


@pytest.fixture
def post(url: str) -> Iterator[Post]:
    post = Post(url)
    yield post
    post.store.tables.metadata.drop_all(post.store.engine)
    post.close()


def test_every_entry_is_told_once_in_the_order_of_its_case(post: Post) -> None:
    post.shop.closed()
    first = post.shop.id
    post.shop.closed()
    assert post.relay().run_once() == Report(delivered=2 * 11)
    in_order_without_gap(post.got)
    assert len(set(post.got)) == len(post.got)
    assert {read_event_id(told_id)[1] for told_id in post.got} == {first, post.shop.id}
    assert post.relay().run_once() == Report()


def test_an_action_that_bears_a_later_time_is_told_at_once(post: Post) -> None:
    """A machine whose clock is ahead, or a host that gives the time itself, holds up no event."""
    now = post.shop.now
    store = SQLAlchemyStore(post.store.engine, tables=post.store.tables, outbox=Outbox(SOURCE, clock=lambda: now))
    ComplaintDesk(store).record(DAMAGE, LI, at=now + HOUR)
    assert post.relay().run_once() == Report(delivered=1)


def test_a_store_without_outbox_tells_nothing(post: Post) -> None:
    post.shop.desk = ComplaintDesk(SQLAlchemyStore(post.store.engine, tables=post.store.tables))
    post.shop.upheld()
    assert post.relay().backlog() == ()


def test_what_was_not_written_is_not_told_and_what_cannot_be_told_is_not_written(post: Post) -> None:
    """Law 3: a lost race, a key that is taken, and an event that the outbox refuses."""
    case = post.shop.desk.record(DAMAGE, LI, key="k").complaint
    first = post.store.history("main", case.id)[0]
    with pytest.raises(ConcurrencyConflict):
        post.store.append("main", case, first)
    with pytest.raises(ConcurrencyConflict):
        post.store.append("main", case.model_copy(update={"version": 2}), first._replace(seq=2, key="k"))
    outbox = post.store.tables.outbox
    with post.store.engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(outbox)) == 1
        connection.execute(outbox.update().values(seq=2))
    with pytest.raises((ConcurrencyConflict, StorageError)):
        post.shop.desk.act(case.id, actions.Uphold(reason="-"), LI)
    assert (post.shop.desk.get(case.id), len(post.shop.desk.history(case.id))) == (case, 1)


def test_nothing_is_told_of_what_the_host_rolled_back_and_nothing_before_it_commits(post: Post) -> None:
    """Law 3, in the host's session: rolled back as a whole, or to a savepoint."""
    relay = post.relay()
    with Session(post.store.engine) as session:
        store = SQLAlchemyStore.within(session, tables=post.store.tables, outbox=Outbox(SOURCE))
        desk = ComplaintDesk(store, clock=lambda: post.shop.now)
        desk.record(DAMAGE, LI)
        session.rollback()
        kept = desk.record(DAMAGE, LI).complaint.id
        savepoint = session.begin_nested()
        desk.act(kept, actions.Uphold(reason="-"), LI)
        desk.record(DAMAGE, LI)
        savepoint.rollback()
        if post.store.engine.dialect.name != "sqlite":  # there the relay waits for the host
            assert relay.run_once() == Report()
        session.commit()
    assert relay.run_once() == Report(delivered=1)
    assert post.got == [event_id("main", kept, 1)]


def test_a_batch_tells_each_of_its_entries(post: Post) -> None:
    made = [post.shop.record().complaint.id for _ in range(3)]
    post.shop.desk.act_many([(case, actions.Uphold(reason="-"), LI) for case in made])
    assert post.relay().run_once() == Report(delivered=6)
    in_order_without_gap(post.got)


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_an_event_that_fails_is_tried_again_later_and_holds_back_its_own_case_only(post: Post, batch: int) -> None:
    told = post.cases(3)
    relay = post.relay(failing(1, post.take), batch=batch)
    runs = []
    while (report := relay.run_once()) != Report():
        runs.append(report)
    assert sum(r.failed for r in runs) == 1
    assert sorted(post.got) == sorted(told[2:]), "the first one failed, and its case waits for it"
    post.shop.now += timedelta(seconds=9)
    assert relay.run_once() == Report()
    post.shop.now += timedelta(seconds=1)
    post.drain(batch=batch)
    assert post.got[-2:] == told[:2]
    in_order_without_gap(post.got)


def test_waits_double_up_to_an_hour_and_then_it_is_parked_with_the_reason(post: Post) -> None:
    one, two = post.cases(1)
    relay = post.relay(failing(99, post.take), max_attempts=12)
    o, waits = post.store.tables.outbox.c, []
    for _ in range(11):
        assert relay.run_once() == Report(failed=1)
        with post.store.engine.connect() as connection:
            again = connection.scalar(select(o.state_at).where(o.seq == 1))
        assert again is not None
        waits.append((again - post.shop.now).total_seconds())
        post.shop.now = again
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert relay.run_once() == Report(parked=1)
    (parked,) = relay.parked()
    assert parked == (one, post.shop.now, 12, "ConnectionError: the line is down")
    post.shop.now += 100 * HOUR
    assert relay.run_once() == Report(), "what is parked is not tried, and its case waits"
    assert {b.state: b.events for b in relay.backlog()} == {State.PARKED: 1, State.WAITING: 1}
    assert two not in post.got


def test_a_parked_event_is_retried_or_skipped_and_its_case_goes_on(post: Post) -> None:
    told = post.cases(2)
    relay = post.relay(failing(3, post.take), max_attempts=1)
    assert relay.run_once() == Report(parked=2)
    relay.retry(told[0])
    assert relay.run_once() == Report(parked=1), "as often as a new one"
    relay.retry(told[0])
    relay.skip(told[2], "The warehouse knows already")
    for told_id in (told[0], told[2], told[3], "main/nobody/1"):
        with pytest.raises(LookupError, match="is parked"):
            relay.retry(told_id)
        with pytest.raises(LookupError, match="is parked"):
            relay.skip(told_id, "-")
    with pytest.raises(ValueError, match="not the id of an event"):
        relay.retry("1")
    post.drain()
    assert sorted(post.got) == sorted([told[0], told[1], told[3]])
    in_order_without_gap([x for x in post.got if x != told[3]])


def test_an_envelope_that_cannot_be_read_is_parked_like_any_other(post: Post) -> None:
    post.cases(1)
    o = post.store.tables.outbox
    with post.store.engine.begin() as connection:
        connection.execute(o.update().where(o.c.seq == 1).values(envelope="{"))
    assert post.relay(max_attempts=1).run_once() == Report(parked=1)
    assert "JSONDecodeError" in post.relay().parked()[0].reason


def test_a_relay_that_stops_midway_loses_nothing_and_its_events_come_again_after_the_lease(post: Post) -> None:
    told = post.cases(2)

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        post.relay(stop, lease=HOUR).run_once()
    assert [(b.state, b.events) for b in post.relay().backlog()] == [("in_flight", 2), ("waiting", 2)]
    post.shop.now += HOUR - timedelta(microseconds=1)
    assert post.relay().run_once() == Report()
    post.shop.now += timedelta(microseconds=1)
    assert post.relay().run_once() == Report(delivered=4)
    assert sorted(post.got) == sorted(told)


def test_what_kills_every_relay_is_parked_and_takes_no_others_along(post: Post) -> None:
    told = post.cases(4)
    killer = post.got.append

    def sink(event: Any) -> None:
        if event.get_id() == told[0]:
            raise KeyboardInterrupt
        killer(event.get_id())

    relay = post.relay(sink, max_attempts=3, lease=HOUR)
    for _ in range(40):
        try:
            relay.run_once()
        except KeyboardInterrupt:
            post.shop.now += HOUR
    assert [(p.id, p.attempts) for p in relay.parked()] == [(told[0], 3)]
    assert "each relay that tried it ended" in relay.parked()[0].reason
    assert sorted(post.got) == sorted(told[2:])


def test_events_whose_turn_comes_too_late_in_the_lease_are_given_back_and_count_no_failure(post: Post) -> None:
    told = post.cases(5)

    def slow(event: Any) -> None:
        post.take(event)
        post.shop.now += timedelta(minutes=1)

    relay = post.relay(slow, lease=timedelta(minutes=3), max_attempts=1)
    report = relay.run_once()
    assert (report.delivered, report.failed, report.parked) == (10, 0, 0)
    assert report.late == 3 + 3 + 1 + 1, "two are in time of five, five, three and three, then one is alone"
    assert sorted(post.got) == sorted(told)
    in_order_without_gap(post.got)


def test_a_relay_that_overran_its_lease_settles_nothing_that_another_has(post: Post) -> None:
    (first, _) = post.cases(1)
    other = post.relay()

    def far_too_slow(event: Any) -> None:
        post.take(event)
        post.shop.now += 2 * HOUR
        assert other.run_once() == Report(delivered=2)
        raise TimeoutError

    assert post.relay(far_too_slow, lease=HOUR).run_once() == Report(late=1)
    assert other.backlog() == ()
    assert post.got[:2] == [first, first], "at least once is more than once here"
    in_order_without_gap(post.got)


def test_a_relay_that_overran_its_lease_takes_nothing_from_the_one_that_is_at_it(post: Post) -> None:
    post.cases(1)

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    def far_too_slow(_: object) -> None:
        post.shop.now += 2 * HOUR
        with pytest.raises(KeyboardInterrupt):
            post.relay(stop, lease=HOUR).run_once()

    assert post.relay(far_too_slow, lease=HOUR).run_once() == Report(late=1)
    assert {b.state: b.events for b in post.relay().backlog()} == {State.IN_FLIGHT: 1, State.WAITING: 1}


def test_a_relay_of_one_tenant_sees_nothing_of_another(post: Post) -> None:
    """Law 13."""
    for tenant in ("a", "b"):
        post.shop.desk = post.desk(tenant)
        post.shop.upheld()
    a, b = (post.relay(failing(1, post.take), tenant=t, max_attempts=1) for t in "ab")
    assert b.run_once() == Report(parked=1)
    assert (a.parked(), [x.events for x in a.backlog()]) == ((), [2])
    with pytest.raises(LookupError):
        a.retry(b.parked()[0].id)
    with pytest.raises(LookupError):
        a.skip(b.parked()[0].id, "-")
    assert a.run_once() == Report(parked=1)
    a.retry(a.parked()[0].id)
    assert a.run_once() == Report(delivered=2)
    assert {read_event_id(told_id)[0] for told_id in post.got} == {"a"}
    post.shop.now += HOUR
    assert b.purge(post.shop.now) == 0
    assert a.purge(post.shop.now) == 2


def test_purge_removes_what_ended_before_a_moment_and_nothing_else(post: Post) -> None:
    told = post.cases(3)
    relay = post.relay(failing(1, post.take), max_attempts=1)
    assert relay.run_once() == Report(delivered=4, parked=1)
    assert relay.purge(post.shop.now) == 0
    post.shop.now += HOUR
    assert relay.purge(post.shop.now) == 4
    relay.retry(relay.parked()[0].id)
    post.drain()
    assert sorted(post.got) == sorted(told)


def test_eight_relays_at_once_deliver_every_event_once_and_in_order(post: Post) -> None:
    """Nobody dies here and no lease runs out, so once is enough; while they work, more is written."""
    told = post.cases(12)
    lock, stop = threading.Lock(), threading.Event()
    broken: list[BaseException] = []

    def take(event: Any) -> None:
        with lock:
            post.take(event)

    def work() -> None:
        try:
            relay = post.relay(take, batch=3, lease=100 * HOUR)  # the story's clock goes on meanwhile
            while relay.run_once() != Report() or not stop.is_set():
                pass
        except BaseException as error:
            broken.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    told += post.cases(6)
    stop.set()
    for thread in threads:
        thread.join()
    assert not broken
    in_order_without_gap(post.got)
    assert sorted(post.got) == sorted(told)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no processes can be killed here")
def test_a_relay_killed_at_any_step_loses_nothing_and_repeats_at_most_one_event(post: Post, tmp_path: Path) -> None:
    killed = 0
    for step in count():
        told = post.cases(1)
        file = tmp_path / f"{step}.txt"
        died = fresh_processes().Process(
            target=relay_that_dies, args=(post.url, post.prefix, post.shop.now, step, file)
        )
        died.start()
        died.join()
        assert died.exitcode in (0, -signal.SIGKILL)
        post.got = file.read_text("utf-8").split() if file.exists() else []
        post.shop.now += HOUR
        post.drain()
        assert set(post.got) == set(told), f"killed at step {step}"
        in_order_without_gap(post.got)
        assert len(post.got) <= len(told) + 1
        if died.exitcode == 0:
            break
        killed += 1
    assert killed > 20, "two claims, two deliveries with their settlements, and a last look"


ROUNDS = 60 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 6


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no processes can be killed here")
@pytest.mark.parametrize("work", [relay_for_ever, await_relays_for_ever])
def test_many_relays_killed_again_and_again_lose_nothing_and_keep_the_order(
    post: Post, work: Callable[[Shift], None], tmp_path: Path
) -> None:
    rng, told, file = Random(7), list[str](), tmp_path / "delivered.txt"
    file.touch()
    shift = Shift(post.url, post.prefix, file, post.shop.now + 1000 * HOUR, time.monotonic())
    relays = Relays(work, shift, rng)
    try:
        for n in count(1):
            for _ in range(2):
                post.shop.closed()
                told += [event_id("main", post.shop.id, seq) for seq in range(1, 12)]
            there, patience = file.stat().st_size, time.monotonic() + 60
            while file.stat().st_size == there and time.monotonic() < patience:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.08))
            relays.kill_some(all_at_once=n >= ROUNDS)
            if n >= ROUNDS and State.IN_FLIGHT in {b.state for b in post.relay().backlog()}:
                break  # nobody lives who could have it in hand
            relays.replace()
        relays.replace()
        before, patience = len(file.read_text("utf-8").split()), time.monotonic() + 60 + ROUNDS
        while post.relay().backlog() and time.monotonic() < patience:
            time.sleep(0.1)
    finally:
        relays.kill_some(all_at_once=True)
    delivered = file.read_text("utf-8").split()
    print(f"{relays.killed} relays killed, {before} of {len(told)} events told before, {len(delivered)} deliveries")
    assert post.relay().backlog() == ()
    assert set(delivered) == set(told)
    in_order_without_gap(delivered)
    assert before, "nobody was killed at work"
    assert len(delivered) <= len(told) + 2 * relays.killed, "more came again than was being delivered"
