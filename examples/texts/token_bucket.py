"""Rate limiting for outgoing requests with token buckets.

A bucket holds a number of tokens and is refilled at a steady rate; every
request takes one token and waits while there is none. This allows short
bursts but keeps the long-term rate below what a service has agreed to.

All times come from a clock that is passed in, so that tests need not wait.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Callable

DEFAULT_BURST = 10


@dataclass(frozen=True)
class Limit:
    """How many requests a service allows, and how many of them at once."""

    per_second: float
    burst: int = DEFAULT_BURST


class TokenBucket:
    """A bucket that several threads may share.

    Waiting threads are served in the order in which they came, so that none of
    them starves while the bucket is empty.
    """

    def __init__(self, limit: Limit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._tokens = float(limit.burst)
        self._refilled_at = clock()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take one token and return the seconds to wait before using it.

        The number of tokens may become negative. A negative number is the
        queue: it says how many requests are waiting.
        """
        with self._lock:
            self._refill()
            self._tokens -= 1
            return max(0.0, -self._tokens / self._limit.per_second)

    def _refill(self) -> None:
        now = self._clock()
        # The bucket never holds more than one burst, however long it was idle.
        self._tokens = min(
            float(self._limit.burst),
            self._tokens + (now - self._refilled_at) * self._limit.per_second,
        )
        self._refilled_at = now


def limited(limit: Limit, call: Callable[[], object]) -> Callable[[], object]:
    """Wrap a call so that it never runs more often than the limit allows."""
    bucket = TokenBucket(limit)

    def run() -> object:
        time.sleep(bucket.take())
        return call()

    return run
