"""A run that several ranks of MPI share: all of them step through the protocol together; the first one alone
watches, keeps checkpoints and writes, and the others do their part of its time steps. Or one that a device
does the linear solves of."""

from dataclasses import replace

from ..base.errors import InputError, NotConverged
from ..base.launch import NOT_ON_DEVICE, NOT_SHARED

GO_ON = "start again with --resume, which goes on from the last checkpoint"


def ranks_for(backend):
    """Return the ranks that share a run: this process alone, or those that mpiexec started; InputError where
    a device is asked for and there is none."""
    from ..numerics.backend import need_device
    from ..numerics.ranks import ALONE, world

    if backend == "gpu":
        need_device(backend)
    return world(GO_ON, "run") if backend == "mpi" else ALONE


def check_run(case, measured, refusal=NOT_SHARED):
    """Refuse what ranks do not share yet, nor a device takes; refusal: the sentence."""
    from .compare_curves import MeasuredImpedance

    not_yet = {
        "an impedance to compare with": any(isinstance(one, MeasuredImpedance) for one in measured),
        "volume.draws": case.volume.draws is not None,
    }
    if found := [name for name, given in not_yet.items() if given]:
        raise InputError(refusal.format(" and ".join(found)))


def ready_to_run(case, ranks, progress=None, on_device=False):
    """Read a case's volume and what it is compared with; return the Volume, the measured and the Setup, whose
    cell the ranks share, or whose linear solves a device does."""
    from ..case.build import cell_design, read_grid, set_up, tolerances
    from ..case.loads import check_profiles
    from .compare import read_measured
    from .compared_state import check_measured

    volume, grid = read_grid(case, progress)
    measured = read_measured(case)
    check_profiles(case.protocol, case.locate)
    setup = set_up(case, grid, cell_design(case, grid))
    if ranks.size > 1:
        check_run(case, measured)
        setup = replace(setup, cell=replace(setup.cell, ranks=ranks))
        setup.cell.sharing  # noqa: B018 (refuses what is not shared before anything is solved)
    if on_device:
        check_run(case, measured, NOT_ON_DEVICE)
        setup = replace(setup, cell=replace(setup.cell, on_device=True))
        setup.cell.sharing.require(tolerances(case.numerics).restart)
    check_measured(measured, setup)
    return replace(volume, values=None), measured, setup  # what lies around a crop is not held while it runs


def run_beside(case, out, resume, ranks):
    """Do a rank's part of a run that the first one watches and writes."""
    from .checkpoint import Checkpoint
    from .compared_state import marks_of
    from .origin import origin_of

    origin = origin_of(case)
    _, measured, setup = ready_to_run(case, ranks)
    checkpoint = Checkpoint(out, origin)
    before = checkpoint.read() if resume else None
    experiment, failure = setup.experiment(marks_of(measured, setup)), None
    if before:
        with checkpoint.readable():
            experiment.restore(before[0]["experiment"])
    together(ranks)
    try:
        for _ in experiment.moments(setup.loads()):
            pass
    except NotConverged as error:
        failure = error
    together(ranks)
    if failure:
        raise failure


def together(ranks):
    """Go on when all ranks have come here: what the first reads or writes is done."""
    ranks.sum(0.0)
