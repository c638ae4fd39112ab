"""Transport through one volume that several ranks share: each solves its slab, all find the same tau."""

import time
from typing import Annotated

from ..base.arguments import Argument
from ..base.axes import AXES
from ..base.errors import InputError
from ..base.launch import NOT_SHARED
from ..base.provenance import peak_memory_bytes
from ..base.words import titled
from .result import Table

COUNTED = ("bytes_sent", "messages", "bytes_joined", "joins")
EACH = ("planes", *COUNTED, "processor_seconds", "peak_memory_bytes")


GO_ON = "start again with --resume beside --checkpoint {}"
NO_WAY_BACK = "start again; with --checkpoint DIR a later start goes on with --resume"


Checkpoint = Annotated[
    "str | PathLike | None",  # noqa: F821
    Argument("Folder in which ranks of MPI keep how far they are.", metavar="DIR", writes=()),
]


def check_backend(backend, checkpoint, resume, solver, more):
    """Refuse a checkpoint without ranks, to go on without one, and what no GPU runs yet: another solver,
    or `more` than tau and flux."""
    if resume and checkpoint is None:
        raise InputError("--resume: expected the folder of --checkpoint to go on from, got none; name it.")
    if checkpoint is not None and backend != "mpi":
        raise InputError(f"--checkpoint: expected --backend mpi beside it, got {backend}; leave it out.")
    if backend == "gpu" and (solver != "multigrid" or more):
        raise InputError(
            "--backend: expected cpu with another --solver, --tensor or --discretisation, which do not run "
            "on a GPU yet, got gpu; leave one out."
        )


def solve_over_ranks(grid, conducting, axes, tolerance, progress=None, checkpoint=None, resume=False):
    """Solve tortuosity along axes on the ranks that mpiexec started.

    grid: the whole volume, of which each rank keeps its planes along the axis; checkpoint: folder in which
    the ranks keep how far they are; resume: go on from there. Returns {axis: TransportResult}, the same on
    all ranks, and what each did: {rank, count, axis: {EACH: of each rank}}.
    """
    from ..numerics.ranks import world

    if grid.masked or grid.draws or grid.shares:
        raise InputError(NOT_SHARED.format("--mask, --draws or --shares"))
    ranks, found, told = world(GO_ON.format(checkpoint) if checkpoint else NO_WAY_BACK), {}, {}
    kept = _checkpoint(checkpoint, resume, ranks, grid, conducting, axes, tolerance)
    for name in axes:
        shown = titled(progress, f"tau along {name}")
        found[name], told[name] = _axis(grid, conducting, name, tolerance, ranks, kept, shown)
    if kept:
        kept.close()
    return found, {"rank": ranks.rank, "count": ranks.size, "axes": told}


def _checkpoint(folder, resume, ranks, grid, conducting, axes, tolerance):
    """The checkpoint in a folder, None without one."""
    from .rank_checkpoint import RankCheckpoint

    if folder is None:
        return None
    what = {
        "volume": grid.source.sha256, "shape": grid.shape, "voxel size": grid.voxel_size,
        "phases": grid.names, "conductors": conducting, "axes": axes, "tolerance": tolerance,
    }  # fmt: skip
    return RankCheckpoint(folder, what, ranks, resume)


def _axis(grid, conducting, name, tolerance, ranks, kept, progress):
    """Solve one axis, or take it from the checkpoint: TransportResult, {EACH: of each rank}."""
    import numpy as np

    from ..numerics.slab import RankSlab
    from ..transport.tortuosity import TransportResult, solve_tortuosity

    slab, before = RankSlab.of(grid.shape[AXES.index(name)], ranks), _counters(ranks)
    found = kept and kept.finished(name, TransportResult)
    if not found:
        found = solve_tortuosity(
            grid.crop({name: (slab.low, slab.high)}), conducting, AXES.index(name), tolerance=tolerance,
            slab=slab, progress=progress, keep=kept and kept.keeper(name),
        )  # fmt: skip
        if kept:
            kept.finish(name, found)
    mine = [slab.high - slab.low, *np.subtract(_counters(ranks), before), peak_memory_bytes()]
    return found, dict(zip(EACH, ranks.join(np.array([mine], float)).T.tolist()))


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
