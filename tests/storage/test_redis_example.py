"""The example adapter on Redis passes the suite as a stranger's store would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis
from redis_store import RedisStore

from complaintflow import Query, StorageError
from complaintflow.testing.bench import Ability
from complaintflow.testing.store_laws import StoreLaws
from on_redis import redis_on, redis_store


class TestRedisStore(StoreLaws):
    absent = {  # noqa: RUF012 - as a stranger would write it
        Ability.HOST_TRANSACTION: "a MULTI shows nothing of what it will write, and has no savepoints",
    }

    @contextmanager
    def make_store(self) -> Iterator[RedisStore]:
        with redis_store() as store:
            yield store

    @contextmanager
    def second_session(self, store: Any) -> Iterator[RedisStore]:
        with redis_on(store.prefix) as other:
            yield other

    def damage(self, store: Any, tenant: str, complaint_id: str, seq: int | None) -> None:
        if seq is None:
            store.redis.hset(f"{store.prefix}:{tenant}:case:{complaint_id}", "body", b"{\xff")
        else:
            store.redis.lset(f"{store.prefix}:{tenant}:file:{complaint_id}", seq - 1, b"[\xff")


def test_a_server_that_does_not_answer_is_a_storage_error() -> None:
    with Redis(port=1) as redis, pytest.raises(StorageError, match="Redis refused"):
        RedisStore(redis).find("a", Query())
