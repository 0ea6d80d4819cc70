"""Many tasks, done in processes here or by the workers of a Dask cluster; a worker that is lost is done without."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from unwound.record import UnwoundError

Task = TypeVar("Task")
TRIES = 3
"""So often a task may lose its worker; then it is taken to be the reason."""


def over(work: Callable[[Task], int], tasks: Sequence[Task], *, workers: int, cluster: str = "") -> Iterator[int]:
    """What each task gives, as it is done. UnwoundError where a task cannot be done, or loses its workers again and
    again.
    """
    if cluster:
        yield from _far(work, tasks, cluster)
    elif workers < 2 or len(tasks) < 2:
        yield from map(work, tasks)
    else:
        yield from _near(work, tasks, workers)


def _near(work: Callable[[Task], int], tasks: Sequence[Task], workers: int) -> Iterator[int]:
    left, lost = dict(enumerate(tasks)), 0
    while left:
        # Not forked: a process that has read something already may hold locks that would never be freed.
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            under_way = {pool.submit(work, task): number for number, task in left.items()}
            try:
                while under_way:
                    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                    for future in done:
                        result = future.result()
                        del left[under_way.pop(future)]
                        yield result
            except BrokenProcessPool as error:
                lost += 1
                if lost > TRIES:
                    raise UnwoundError(
                        "worker processes ended again and again, perhaps for lack of memory: use fewer (--workers); "
                        "what is done is kept"
                    ) from error
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise


def _far(work: Callable[[Task], int], tasks: Sequence[Task], address: str) -> Iterator[int]:
    from concurrent.futures import CancelledError

    from distributed import KilledWorker, as_completed

    from unwound.pharmacology.solver.runner import client  # numpy comes with it, and is not wanted without a cluster

    with client(address) as there:
        waiting = iter(tasks)

        def send(task: Task) -> Any:
            return there.submit(work, task, pure=False, retries=TRIES)

        room = 2 * max(1, int(sum(there.nthreads().values())))
        completed: Any = as_completed([send(task) for task in islice(waiting, room)], loop=there.loop)  # type: ignore[no-untyped-call]
        for future in completed:
            try:
                result = future.result()
            except (CancelledError, OSError) as error:
                raise UnwoundError(
                    f"the scheduler at «{address}» was lost: start again, what is done is kept"
                ) from error
            except KilledWorker as error:
                raise UnwoundError("the same part ended several workers, perhaps for lack of memory") from error
            future.release()
            following = next(waiting, None)
            if following is not None:
                completed.add(send(following))
            yield result
