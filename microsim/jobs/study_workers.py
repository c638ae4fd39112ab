"""Where the cases of a study run: some at a time on this machine, or on the workers of a Dask scheduler.

Either is an executor of concurrent.futures that is given a function of plain arguments, and may be asked
meanwhile, there, whether the work is still wanted.
"""

import atexit
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from ..base.errors import InputError
from ..base.packages import need

LOCAL = "local"
PATIENCE = 30  # s to reach a scheduler
SETTINGS = {
    "distributed.scheduler.worker-saturation": 1.0,  # a worker that is lost takes no case with it that waits
    "distributed.comm.timeouts.connect": f"{PATIENCE}s",
}

# what Dask looks at by itself took 4 % of a core, as much as the rest of it
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.tick.interval": "1s",
    "distributed.scheduler.work-stealing": False,
}


class Workers:
    """Something that runs functions elsewhere. submit(function, *arguments) -> Future of
    function(*arguments, given_up), where given_up() tells that nobody waits for it any more.

    where: what it is, words for people; "" for this machine
    """

    def __init__(self, executor, given_up, where=""):
        self.executor, self.given_up, self.where = executor, given_up, where

    def submit(self, function, *arguments):
        return self.executor.submit(_with, function, self.given_up, *arguments)


def _with(function, given_up, *arguments):
    return function(*arguments, given_up() if given_up is _of_task else given_up)


@contextmanager
def workers(count, scheduler=None):
    """Yield Workers that take `count` functions at a time; what runs when the block is left is given up.

    scheduler: None: this process' own; "local": a Dask cluster of this machine, for as long as the block;
    or the address of a Dask scheduler, whose workers say how many functions they take
    """
    if scheduler is None:
        with _here(count) as found:
            yield found
        return
    need("distributed", "--scheduler")
    import dask

    settings = SETTINGS | (QUIET if scheduler == LOCAL else {})
    with dask.config.set(settings), _client(count, scheduler) as client:
        executor = client.get_executor(pure=False)
        try:
            yield Workers(executor, _of_task, _words(client))
        finally:
            executor.shutdown(wait=False)


@contextmanager
def _here(count):
    stopped = threading.Event()
    executor = ThreadPoolExecutor(count)
    try:
        yield Workers(executor, stopped.is_set)
    finally:
        stopped.set()
        executor.shutdown(cancel_futures=True)


def _end_quietly():
    """Let a cluster that Ctrl-C stopped while it began be closed at exit without a traceback of Dask's."""
    from distributed.deploy import spec

    def close():
        with suppress(Exception):
            spec.close_clusters()

    atexit.unregister(spec.close_clusters)
    atexit.register(close)


@contextmanager
def _client(count, scheduler):
    """Connect to a scheduler, or make one with a worker in this process."""
    from distributed import Client, LocalCluster

    if scheduler == LOCAL:
        _end_quietly()
        # a case is a process of its own anyway, which refuses what does not fit into memory: workers that are
        # processes too would load all packages once more each, 5 % of a study of minutes
        options = {"n_workers": 1, "threads_per_worker": count, "processes": False, "memory_limit": 0}
        options |= {"silence_logs": logging.CRITICAL}  # what fails is told as the study's own
        with LocalCluster(**options, dashboard_address="127.0.0.1:0") as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"--scheduler: expected the address of a Dask scheduler, like tcp://host:8786, or {LOCAL}, got"
            f" {scheduler}, where none answers within {PATIENCE} s ({type(error).__name__}); start one with"
            " dask scheduler."
        ) from error
    with client:
        yield client


def _words(client):
    """Name a scheduler, and the page on which it shows what it does."""
    return f"{client.scheduler.address}, dashboard {client.dashboard_link}"


def _of_task():
    """Within a task of a Dask worker: make the function that tells whether it was cancelled."""
    from distributed import get_worker

    worker = get_worker()
    tasks, key = worker.state.tasks, worker.get_current_task()

    def given_up():
        task = tasks.get(key)
        return task is None or task.state == "cancelled"

    return given_up


def cores():
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
