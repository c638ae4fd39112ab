"""The processes that solve one problem together: what each says to the others, by MPI.

Everything is said by two acts: `join` (each learns the arrays of all) and `swap` (with the ranks beside it).
Sums are added in the order of the ranks, so that all of them hold the same digits and decide alike.
"""

import time
from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..base.launch import heed_failure, launch_rank, watch
from ..base.packages import need

LOOKS, PAUSE = 100, 5e-5  # about 0.1 ms of looking, then 50 us (s) at a time
HEED = 100  # pauses between looks for a rank that failed
KILLED = (
    "microsim: a rank was killed from outside (by hand, or for want of memory), which ended the others; {}."
)


@dataclass(eq=False)
class Alone:
    """A process by itself, to which the acts cost nothing.

    bytes_sent, messages: what it sent to the ranks beside it; bytes_joined, joins: what it got from all.
    """

    rank: int = 0
    size: int = 1
    bytes_sent: int = 0
    messages: int = 0
    bytes_joined: int = 0
    joins: int = 0

    def join(self, values, counts=None):
        """Return the arrays of all ranks, one after the other along the first axis; counts: their lengths,
        where they are known."""
        return values

    def swap(self, parcels):
        """Exchange values with other ranks: [(rank, values to send, values to fill)]."""

    def sum(self, value):
        """Add up a number of each rank, or an array of one shape."""
        return value


class Ranks(Alone):
    """The ranks of an MPI communicator; counts what this one sent."""

    def __init__(self, world):
        super().__init__(world.Get_rank(), world.Get_size())
        self.world, self.communicator = world, world.Dup()

    def join(self, values, counts=None):
        values = np.ascontiguousarray(values)
        if counts is None:
            counts = self.join(np.array([len(values)]), [1] * self.size).tolist()
        out = np.empty((sum(counts), *values.shape[1:]), values.dtype)
        row = int(np.prod(values.shape[1:]))
        self.bytes_joined += out.nbytes - values.nbytes
        self.joins += 1
        self._await([self.communicator.Iallgatherv(values, [out, [row * count for count in counts]])])
        return out

    def swap(self, parcels):
        talk = [self.communicator.Irecv(received, rank) for rank, _, received in parcels]
        talk += [self.communicator.Isend(sent, rank) for rank, sent, _ in parcels]
        for _, sent, _ in parcels:
            self.bytes_sent += sent.nbytes
            self.messages += 1
        self._await(talk)

    def sum(self, value):
        parts = self.join(np.asarray(value, float)[None], [1] * self.size)
        total = np.zeros(parts.shape[1:])
        for part in parts:
            total = total + part
        return float(total) if np.ndim(value) == 0 else total

    def _await(self, talk):
        """Wait for requests: first looking at them without a pause, then with pauses.

        MPI's own waits never pause; where others want the same cores a rank that waits would keep the one
        busy that it waits for.
        """
        looks = 0
        while not all(one.Test() for one in talk):
            looks += 1
            if looks > LOOKS:
                time.sleep(PAUSE)
            if looks % HEED == 0:
                heed_failure(self.world)


ALONE = Alone()


def world(remedy="start it again", command="transport"):
    """Return the ranks that mpiexec started; InputError where it did not, or where mpi4py is missing.

    remedy: what to do where a rank is killed, said after that it was; command: what is started.
    """
    if launch_rank() is None:
        raise InputError(
            "--backend: expected to be started by mpiexec for mpi, got a process of its own; write "
            f"mpiexec -n 2 microsim {command} ... --backend mpi."
        )
    need("mpi4py", "--backend mpi")
    ranks = Ranks(need("mpi4py.MPI", "--backend mpi").COMM_WORLD)
    if ranks.rank == 0:
        watch(KILLED.format(remedy))
    return ranks
