"""Loops shared by threads: every entry is done once, whoever does it; errors arrive; a forked process
works."""

import os
import time

import numpy as np
import pytest

from microsim.numerics.kernels.cpu import threads
from microsim.numerics.kernels.cpu.threads import run, spread

ALLOWED = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def mark(first, stop, done):
    done[int(first) : int(stop)] += 1


@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize(
    ("first", "stop", "parts"), [(0, 0, 3), (0, 1, 4), (3, 50, 1), (3, 50, 7), (0, 50, 500)]
)
def test_each_entry_is_done_once(number, first, stop, parts):
    done = np.zeros(60, int)
    with threads.limited(number):
        for _ in range(20):
            run(mark, first, stop, parts, (done,))
    assert np.array_equal(done, 20 * (np.arange(60) >= first) * (np.arange(60) < stop))


@spread("out", chunk=3, less=1, grain=2)
def double(first, stop, x, out):
    """Double."""
    for i in range(first, stop):
        out[i] = 2 * x[i]


def test_a_kernel_runs_over_the_array_that_it_names():
    x = np.arange(4.0)
    for number in (1, 3):
        out = np.zeros(11)  # one more than 3 x 3 and 1: four steps
        with threads.limited(number):
            double(x, out)
        assert np.array_equal(out[:4], 2 * x) and not out[4:].any()
    assert double.__doc__ == "Double." and double.__name__ == "double"


def test_others_help():
    seen = set()

    def slowly(first, stop, seen):
        time.sleep(0.01)
        seen.add(threads.threading.get_ident())

    with threads.limited(3):
        run(slowly, 0, 6, 6, (seen,))
    assert len(seen) > 1


def test_an_error_arrives_and_all_parts_have_ended():
    ended = []

    def breaks(first, stop, ended):
        time.sleep(0.01)
        ended.append(first)
        if threads.threading.current_thread() is not threads.threading.main_thread():
            raise ZeroDivisionError

    with threads.limited(2):
        with pytest.raises(ZeroDivisionError):
            run(breaks, 0, 4, 4, (ended,))
        count = len(ended)
        time.sleep(0.05)
        assert len(ended) == count
        test_each_entry_is_done_once(2, 0, 50, 4)


def test_ctrl_c_in_a_part_lets_no_other_part_begin():
    begun = []

    def breaks(first, stop, begun):
        begun.append(first)
        if threads.threading.current_thread() is threads.threading.main_thread():
            raise KeyboardInterrupt
        time.sleep(0.02)

    with threads.limited(2), pytest.raises(KeyboardInterrupt):
        run(breaks, 0, 4, 4, (begun,))
    count = len(begun)
    time.sleep(0.05)
    assert len(begun) == count


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    test_each_entry_is_done_once(2, 0, 50, 4)
    child = os.fork()
    if not child:
        own = []
        try:
            test_each_entry_is_done_once(2, 0, 50, 4)
            own = [thread for thread in threads.threading.enumerate() if thread.name == "microsim kernels"]
        finally:
            os._exit(len(own) != 1)  # other packages may have threads here too
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize(("said", "number"), [("3", 3), ("0", 1), ("", ALLOWED)])
def test_the_number_of_threads_is_what_the_environment_says(monkeypatch, said, number):
    monkeypatch.setattr(threads, "_count", None)
    monkeypatch.setenv("NUMBA_NUM_THREADS", said)
    assert threads.count() == number
