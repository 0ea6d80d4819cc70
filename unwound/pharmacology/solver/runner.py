"""A long work cut into parts of a few thousand subjects, done here or on a dask cluster, in no particular order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Protocol

from unwound import extras
from unwound.record import UnwoundError

PATIENCE = "10s"
"""How long a scheduler may take to answer."""
TASK = 16
"""Chunks in one task on a cluster."""

Progress = Callable[[int, int], None]


class Work(Protocol):
    """What a part is cut from."""

    def part(self, first: int, size: int) -> Work:
        """The same work with no more than these subjects need."""


class Runner:
    """Runs a function over all parts of a population, here or on a cluster, in no particular order."""

    def __init__(self, job: Work, n: int, chunk: int, cluster: str | None, progress: Progress | None) -> None:
        self.job, self.n, self.chunk, self.progress = job, n, chunk, progress
        self.client: Any = None
        self.address = cluster
        if cluster is not None:
            self.client = client(cluster)

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        if self.client is not None:
            self.client.close()

    def over(self, work: Callable[..., Any], *more: Any, before: int, total: int) -> Iterator[tuple[int, Any]]:
        """(first subject, result) of every part as it is done."""
        done = before
        for first, size, result in self._local(work, more) if self.client is None else self._far(work, more):
            done += size
            if self.progress is not None:
                self.progress(done, total)
            yield first, result

    def at_hand(self, counts: Any) -> tuple[Any, ...]:
        """What work done here may count into; nothing of the kind travels to a cluster."""
        return (counts,) if self.client is None else ()

    def _parts(self, size: int) -> Iterator[tuple[int, int]]:
        return ((first, min(size, self.n - first)) for first in range(0, self.n, size))

    def _local(self, work: Callable[..., Any], more: tuple[Any, ...]) -> Iterator[tuple[int, int, Any]]:
        for first, size in self._parts(self.chunk):
            yield first, size, work(self.job.part(first, size), first, size, self.chunk, *more)

    def _far(self, work: Callable[..., Any], more: tuple[Any, ...]) -> Iterator[tuple[int, int, Any]]:
        """Only a few tasks a thread are under way at once, so that results never pile up."""
        from distributed import as_completed

        parts = self._parts(self.chunk * TASK)
        under_way = {self._send(work, part, more): part for part in islice(parts, self._room())}
        completed: Any = as_completed(list(under_way), loop=self.client.loop)  # type: ignore[no-untyped-call]
        for future in completed:
            result = self._result(future)
            first, size = under_way.pop(future)
            future.release()
            following = next(parts, None)
            if following is not None:
                sent = self._send(work, following, more)
                under_way[sent] = following
                completed.add(sent)
            yield first, size, result

    def _result(self, future: Any) -> Any:
        """What a task gave. UnwoundError when it cannot be had any more."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        try:
            return future.result()
        except (CancelledError, OSError) as error:
            raise UnwoundError(
                f"the scheduler at «{self.address}» was lost during the run: start the run again"
            ) from error
        except KilledWorker as error:
            raise UnwoundError(
                "the same task ended several workers, perhaps for lack of memory: give them more, or a smaller chunk"
            ) from error

    def _room(self) -> int:
        return 2 * max(1, int(sum(self.client.nthreads().values())))

    def _send(self, work: Callable[..., Any], part: tuple[int, int], more: tuple[Any, ...]) -> Any:
        first, size = part
        return self.client.submit(
            work, self.job.part(first, size), first, size, self.chunk, *more, pure=False, retries=3
        )


def client(address: str) -> Any:
    """The scheduler at an address, to be closed again. UnwoundError where nobody answers within `PATIENCE`."""
    with extras.needed("a cluster"):
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
    try:
        if not address.startswith("inproc:"):
            get_address_host_port(address)  # checked here: a client half made complains once more at the end
        return Client(address, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise UnwoundError(f"no dask scheduler answers at «{address}»: {error}") from error
