"""Transport through one volume that several ranks share: each solves its slab, all find the same tau."""

import time
from dataclasses import replace
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


def shared_result(grid, conducting, axes, choices, tolerance, flux, fields, **how):
    """Solve tortuosity on the ranks that mpiexec started; return what a TortuosityResult is made of.

    choices: solver, sides, interface, and whether more is asked for than tau and flux; flux, fields: also the
    figures of the flux, also what is needed to write the fields; the rest as of solve_over_ranks.
    """
    *choices, more = choices
    if more:
        raise InputError(NOT_SHARED.format("--tensor or --discretisation"))
    if choices[0] != "multigrid" or choices[1] == "periodic" or choices[2] != "voxel":
        raise InputError(NOT_SHARED.format("another --solver, --sides periodic or another --interface"))
    found, ranks, shared = solve_over_ranks(grid, conducting, axes, tolerance, **how, fields=flux or fields)
    figures = {name: (None, shared[name].figures(found[name]) if name in shared else None) for name in axes}
    return {
        "grid": grid, "conducting": conducting, "axes": found, "tolerance": tolerance, "ranks": ranks,
        "flux": figures if flux else None, "show_flux": flux, "shared": shared if fields else None,
        "peak_memory_bytes": peak_memory_bytes(), **dict(zip(("solver", "sides", "interface"), choices)),
    }  # fmt: skip


def solve_over_ranks(
    grid, conducting, axes, tolerance, progress=None, checkpoint=None, resume=False, fields=False
):
    """Solve tortuosity along axes on the ranks that mpiexec started.

    grid: the whole volume, of which each rank keeps its planes along the axis; checkpoint: folder in which
    the ranks keep how far they are; resume: go on from there; fields: keep each rank's part of the potential.
    Returns {axis: TransportResult}, the same on all ranks, what each did: {rank, count, axes: {axis: {EACH:
    of each rank}}}, and {axis: SharedFlux} of the axes that conduct, with `fields`.
    """
    from ..numerics.ranks import world

    if grid.masked or grid.draws or grid.shares:
        raise InputError(NOT_SHARED.format("--mask, --draws or --shares"))
    ranks, found, told = world(GO_ON.format(checkpoint) if checkpoint else NO_WAY_BACK), {}, {}
    kept, shared = _checkpoint(checkpoint, resume, ranks, grid, conducting, axes, tolerance, fields), {}
    for name in axes:
        how = {"progress": titled(progress, f"tau along {name}"), "potential": fields}
        solved, told[name], slab = _axis(grid, conducting, name, tolerance, ranks, kept, **how)
        found[name] = replace(solved, potential=None)
        if solved.potential is not None:
            shared[name] = _shared(grid, conducting, name, slab, solved.potential)
    if kept:
        kept.close()
    return found, {"rank": ranks.rank, "count": ranks.size, "axes": told}, shared


def _shared(grid, conducting, name, slab, potential):
    from ..transport.shared_flux import SharedFlux

    return SharedFlux(grid, conducting, AXES.index(name), slab, potential)


def save_shared(path, grid, shared, units):
    """Write the fields {axis: SharedFlux} of all ranks to one file, as one process does; all ranks call it.

    The ranks send some layers of x at a time to the first, which writes: no rank holds more of the fields
    than its part and these layers. units: {name of a field: unit}.
    """
    from ..base.launch import clear_if_killed
    from ..volumes.fields import FieldWriter, layers_of

    def parts():
        thick = layers_of(grid.shape)
        for first in range(0, grid.shape[0], thick):
            found = {}
            for one in shared.values():
                found |= one.gathered(first, min(first + thick, grid.shape[0]))
            yield first, found

    if next(iter(shared.values())).slab.ranks.rank:
        for _ in parts():
            pass
        return
    fields = FieldWriter(path, grid, units)
    clear_if_killed(fields.part)  # before it is there
    with fields as writer:
        writer.write_by_layers(0.0, "steady", parts())


def _checkpoint(folder, resume, ranks, grid, conducting, axes, tolerance, fields):
    """The checkpoint in a folder, None without one."""
    from .rank_checkpoint import RankCheckpoint

    if folder is None:
        return None
    what = {
        "volume": grid.source.sha256, "shape": grid.shape, "voxel size": grid.voxel_size,
        "phases": grid.names, "conductors": conducting, "axes": axes, "tolerance": tolerance,
        "fields": fields,
    }  # fmt: skip
    return RankCheckpoint(folder, what, ranks, resume)


def _axis(grid, conducting, name, tolerance, ranks, kept, **how):
    """Solve one axis, or take it from the checkpoint: TransportResult, {EACH: of each rank}, RankSlab."""
    import numpy as np

    from ..numerics.slab import RankSlab
    from ..transport.tortuosity import TransportResult, solve_tortuosity

    slab, before = RankSlab.of(grid.shape[AXES.index(name)], ranks), _counters(ranks)
    found = kept and kept.finished(name, TransportResult)
    if not found:
        own = grid.crop(
            {name: (slab.low, slab.high)}, in_file=True
        )  # so that they are held no longer than read
        found = solve_tortuosity(
            own, conducting, AXES.index(name), tolerance=tolerance, slab=slab,
            keep=kept and kept.keeper(name), **how,
        )  # fmt: skip
        if kept:
            kept.finish(name, found)
    mine = [slab.high - slab.low, *np.subtract(_counters(ranks), before), peak_memory_bytes()]
    return found, dict(zip(EACH, ranks.join(np.array([mine], float)).T.tolist())), slab


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
