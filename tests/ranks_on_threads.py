"""Ranks that are threads of one process: what MPI does, in few lines and without it."""

import threading

import numpy as np

from microsim.numerics.ranks import Alone


class ThreadRanks(Alone):
    """One of several ranks; all of them share a board, where each puts what it says."""

    def __init__(self, rank, board):
        super().__init__(rank, board["size"])
        self.board = board

    def _said(self, what):
        """What each rank says, in their order."""
        self.board["wait"].wait()
        self.board["said"][self.rank] = what
        self.board["wait"].wait()
        return list(self.board["said"])

    def join(self, values, counts=None):
        parts = self._said(np.array(values))
        self.joins += 1
        assert counts is None or counts == [len(part) for part in parts]
        return np.concatenate(parts)

    def swap(self, parcels):
        for _, sent, _ in parcels:
            self.bytes_sent += sent.nbytes
            self.messages += 1
        said = self._said({rank: np.array(sent) for rank, sent, _ in parcels})
        for rank, _, received in parcels:
            assert received.shape == said[rank][self.rank].shape
            received[...] = said[rank][self.rank]

    def sum(self, value):
        self.joins += 1
        total = sum(self._said(np.asarray(value, float)))
        return float(total) if np.ndim(value) == 0 else total


def on_ranks(size, work):
    """Call work(ranks) on so many ranks at once; return what each gave. The first error is raised."""
    board = {"size": size, "said": [None] * size, "wait": threading.Barrier(size, timeout=60)}
    found, errors = [None] * size, []

    def run(rank):
        try:
            found[rank] = work(ThreadRanks(rank, board))
        except Exception as error:  # noqa: BLE001 (the others must not wait for it)
            errors.append(error)
            board["wait"].abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own = [error for error in errors if not isinstance(error, threading.BrokenBarrierError)]
    if own or errors:
        raise (own or errors)[0]
    return found
