"""The processes that solve one problem together: what each says to the others, by MPI.

Everything is said by two acts: `join` (each learns the arrays of all) and `swap` (with the ranks beside it).
Sums are added in the order of the ranks, so that all of them hold the same digits and decide alike.
"""

import os
from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..base.packages import need


@dataclass(eq=False)
class Alone:
    """A process by itself, to which the acts cost nothing; bytes_sent and messages stay 0."""

    rank: int = 0
    size: int = 1
    bytes_sent: int = 0
    messages: int = 0

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

    def __init__(self, communicator):
        super().__init__(communicator.Get_rank(), communicator.Get_size())
        self.communicator = communicator

    def join(self, values, counts=None):
        values = np.ascontiguousarray(values)
        counts = self.communicator.allgather(len(values)) if counts is None else counts
        out = np.empty((sum(counts), *values.shape[1:]), values.dtype)
        row = int(np.prod(values.shape[1:]))
        self._count(values.nbytes, self.size - 1)
        self.communicator.Allgatherv(values, [out, [row * count for count in counts]])
        return out

    def swap(self, parcels):
        talk = [self.communicator.Irecv(received, rank) for rank, _, received in parcels]
        talk += [self.communicator.Isend(sent, rank) for rank, sent, _ in parcels]
        for _, sent, _ in parcels:
            self._count(sent.nbytes, 1)
        for one in talk:
            one.Wait()

    def sum(self, value):
        parts = self.join(np.asarray(value, float)[None], [1] * self.size)
        total = np.zeros(parts.shape[1:])
        for part in parts:
            total = total + part
        return float(total) if np.ndim(value) == 0 else total

    def _count(self, size, messages):
        self.bytes_sent += int(size) * messages
        self.messages += messages


ALONE = Alone()
# what mpiexec of MPICH, Intel and others, of Open MPI, and Slurm tell a process of its rank
MARKS = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "MPI_LOCALRANKID")


def launched():
    """Whether mpiexec started this process."""
    return any(name in os.environ for name in MARKS)


def world():
    """Return the ranks that mpiexec started; InputError where it did not, or where mpi4py is missing."""
    need("mpi4py", "--backend mpi")
    mpi = need("mpi4py.MPI", "--backend mpi")
    if not launched():
        raise InputError(
            "--backend: expected to be started by mpiexec for mpi, got a process of its own; write "
            "mpiexec -n 2 microsim transport ... --backend mpi."
        )
    return Ranks(mpi.COMM_WORLD)
