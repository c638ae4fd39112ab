"""Transport through one volume that several ranks share: each solves its slab, all find the same tau."""

import time

from ..base.axes import AXES
from ..base.errors import InputError
from ..base.provenance import peak_memory_bytes
from ..base.words import titled
from .result import Table

NOT_SHARED = "--backend: expected cpu with {}, which ranks of MPI do not share yet, got mpi; leave one out."
COUNTED = ("bytes_sent", "messages", "bytes_joined", "joins")
EACH = ("planes", *COUNTED, "processor_seconds", "peak_memory_bytes")


def solve_over_ranks(grid, conducting, axes, tolerance, progress=None):
    """Solve tortuosity along axes on the ranks that mpiexec started.

    grid: the whole volume, of which each rank keeps its planes along the axis. Returns {axis:
    TransportResult}, the same on all ranks, and what each did: {rank, count, axis: {EACH: of each rank}}.
    """
    import numpy as np

    from ..numerics.ranks import world
    from ..numerics.slab import RankSlab
    from ..transport.tortuosity import solve_tortuosity

    if grid.masked or grid.draws or grid.shares:
        raise InputError(NOT_SHARED.format("--mask, --draws or --shares"))
    ranks, found, told = world(), {}, {}
    for name in axes:
        slab = RankSlab.of(grid.shape[AXES.index(name)], ranks)
        before = _counters(ranks)
        part = grid.crop({name: (slab.low, slab.high)})
        found[name] = solve_tortuosity(
            part, conducting, AXES.index(name), tolerance=tolerance, slab=slab,
            progress=titled(progress, f"tau along {name}"),
        )  # fmt: skip
        mine = [slab.high - slab.low, *np.subtract(_counters(ranks), before), peak_memory_bytes()]
        told[name] = dict(zip(EACH, ranks.join(np.array([mine], float)).T.tolist()))
    return found, {"rank": ranks.rank, "count": ranks.size, "axes": told}


def _counters(ranks):
    return [*(getattr(ranks, key) for key in COUNTED), time.process_time()]


def ranks_told(ranks):
    """What each rank did, for JSON: whole numbers whole."""
    return {
        "count": ranks["count"],
        "axes": {
            name: {key: [v if key.endswith("seconds") else int(v) for v in told[key]] for key in EACH}
            for name, told in ranks["axes"].items()
        },
    }


def ranks_table(ranks):
    """What each rank did, a row each."""
    rows = [
        (name, rank, *(told[key][rank] for key in EACH))
        for name, told in ranks_told(ranks)["axes"].items()
        for rank in range(ranks["count"])
    ]
    return Table(("axis", "rank", *EACH), rows)
