"""The example adapter on Redis passes the suite as a stranger's store would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis
from redis_store import RedisStore

from complaintflow import Query, StorageError
from complaintflow.testing.bench import Ability
from complaintflow.testing.store_laws import StoreLaws
from servers import url


@contextmanager
def connected(prefix: str) -> Iterator[RedisStore]:
    with Redis.from_url(url("redis")) as redis:
        yield RedisStore(redis, prefix=prefix)


class TestRedisStore(StoreLaws):
    absent = {  # noqa: RUF012 - as a stranger would write it
        Ability.SEARCH: "Redis alone has no full-text index",
        Ability.HOST_TRANSACTION: "a MULTI shows nothing of what it will write, and has no savepoints",
    }

    @contextmanager
    def make_store(self) -> Iterator[RedisStore]:
        with connected(f"test-{uuid4().hex}") as store:
            try:
                yield store
            finally:
                for name in store.redis.scan_iter(f"{store.prefix}:*", count=1000):
                    store.redis.delete(name)

    @contextmanager
    def second_session(self, store: Any) -> Iterator[RedisStore]:
        with connected(store.prefix) as other:
            yield other


def test_a_server_that_does_not_answer_is_a_storage_error() -> None:
    with Redis(port=1) as redis, pytest.raises(StorageError, match="Redis refused"):
        RedisStore(redis).find("a", Query())
