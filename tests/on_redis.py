"""The example store on a Redis server; nothing of it is left afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from redis import Redis
from redis_store import RedisStore

from servers import url


@contextmanager
def redis_on(prefix: str) -> Iterator[RedisStore]:
    """The example store on what stands under this prefix."""
    with Redis.from_url(url("redis")) as redis:
        yield RedisStore(redis, prefix=prefix)


@contextmanager
def redis_store() -> Iterator[RedisStore]:
    """The example store, without any case."""
    with redis_on(f"test-{uuid4().hex}") as store:
        try:
            yield store
        finally:
            for name in store.redis.scan_iter(f"{store.prefix}:*", count=1000):
                store.redis.delete(name)
