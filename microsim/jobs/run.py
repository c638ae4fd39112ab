"""The whole pipeline on one screen: volume -> phases -> transport -> half cell -> fields -> comparison ->
report."""

import time
from pathlib import Path
from typing import Annotated

from .. import __version__
from ..base.arguments import one_of, switch
from ..base.errors import InputError, NotConverged
from ..base.files import plain, remove, write_columns, write_json
from ..base.guard import check_target
from ..base.locks import alone_in
from ..base.memory import keeping_freed
from ..base.provenance import peak_memory_bytes
from ..base.quantities import FIELDS
from .case_arguments import CaseFile, Settings, results_folder
from .crate import CRATE, write_crate
from .job import job
from .result import PAGE
from .run_ranks import ranks_for, ready_to_run, run_beside, together
from .run_result import RunResult

FILES = ("result.json", "voltage.csv", "fields.h5", PAGE, CRATE)


@job
def run(
    case: CaseFile,
    out: results_folder("out/<case name>", *FILES) = None,
    *,
    set: Settings = None,
    resume: Annotated[bool, switch("Go on with an interrupted run.")] = False,
    backend: Annotated[
        str,
        one_of(
            "Who solves; gpu: a CUDA device solves the linear systems (extra gpu); mpi: the ranks of mpiexec "
            "together.",
            *("cpu", "gpu", "mpi"),
        ),
    ] = "cpu",
    progress=None,
) -> RunResult:
    """Run a case and write its report.

    Reads the volume, builds the mesh, solves transport and the half cell, compares with a measured map where
    the case names one, and writes result.json, voltage.csv, fields.h5, report.html and figures/*.png, and
    where all of it comes from (ro-crate-metadata.json).

    Parameters
    ----------
    case : path, dict or Case
        A YAML file, the content of one, or a case that was read before.
    out : path, optional
        Folder of the results; default out/<case name>, from Python as on the command line.
    set : dict or list of str
        Values of the case to change, {"protocol.0": "Discharge at 1C until 3.5 V"}.
    resume : bool
        Go on from the checkpoint that an interrupted run of the same case left in `out`.
    backend : str
        "cpu": this process. "gpu": beside it a CUDA device, which solves the linear systems of each time
        step; "mpi": the ranks that mpiexec started share each time step; both of resolved electrodes.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    RunResult
        With the voltage curve and the fields over time.

    Raises
    ------
    InputError
        One sentence that names the key of the case.
    NotConverged
        With the history of the residuals.
    """
    from ..case.case import load_case
    from .checkpoint import resumable
    from .first_use import compile_ahead

    begun, case, ranks = time.perf_counter(), load_case(case, set or ()), ranks_for(backend)
    out = Path("out") / case.name if out is None else Path(out)
    for name in FILES:
        check_target(out / name)
    if ranks.rank:
        run_beside(case, out, resume, ranks)
        return RunResult(out, speaks=False)
    with alone_in(out), resumable(out):
        compile_ahead()
        return _run(case, out, resume, begun, progress, ranks, backend == "gpu")


def _run(case, out, resume, begun, progress, ranks, on_device=False):
    """Run a case in a folder that no other run works in."""
    from ..analysis.effective import effective_transport
    from ..analysis.twin import run_dfn, twin_of
    from ..cell.preconditioner import let_go
    from .checkpoint import Checkpoint
    from .compare import compare_with, comparison_numbers
    from .draws import drawn_runs
    from .origin import origin_of

    origin = origin_of(case)  # before anything is read: what changes meanwhile makes the result outdated
    volume, measured, setup = ready_to_run(case, ranks, progress, on_device)
    # a case that is refused has lost nothing of an earlier run
    checkpoint = Checkpoint(out, origin, case.output.checkpoint)
    before = checkpoint.read() if resume else checkpoint.clear()
    together(ranks)
    _remove_results(out)

    transport, flux = effective_transport(
        setup.grid, setup.cell.design, case.numerics.transport_tolerance, progress
    )
    twin = twin_of(setup, transport=transport, progress=progress) if case.output.homogenised else None
    experiment, watch, failure = _simulate(setup, out / "fields.h5", checkpoint, before, measured, progress)
    if failure:
        left = _numbers(setup, volume, transport, experiment, watch, {}, None)
        kept = _kept(out, left, setup, experiment, failure)
        together(ranks)
        raise kept
    dfn = run_dfn(twin) if twin else None
    found = compare_with(measured, setup, experiment, out / "fields.h5", watch.labels, watch.spectra, dfn)
    compared, comparisons = comparison_numbers(found), [one for one, _ in found]

    found = _numbers(setup, volume, transport, experiment, watch, compared, dfn)
    found |= drawn_runs(case, out, plain(found), progress)
    cost = {"wall_s": time.perf_counter() - begun, "peak_memory_bytes": peak_memory_bytes()}
    numbers = plain({**found, "origin": origin, **cost})
    let_go(experiment.cell)  # the page has memory of its own to ask for
    _write(out, setup, numbers, experiment.now.record, comparisons, flux, progress)
    checkpoint.clear()
    together(ranks)
    return RunResult(out, numbers)


def _kept(out, numbers, setup, experiment, failure):
    """Write what ran until the solver failed, without a page, so that nobody takes it for a whole run; return
    the error to raise."""
    from .record import voltage_columns

    write_columns(out / "voltage.csv", voltage_columns(experiment.now.record, setup.mass))
    write_json(out / "result.json", plain({**numbers, "stopped": str(failure)}))
    files = ", ".join(FILES[:3])
    return NotConverged(f"{failure}; what ran until then is kept in {out} ({files})", failure.history)


def _remove_results(out):
    """Take away what an earlier run left, so that it cannot be taken for that of a run that fails."""
    from ..report.page import remove_page

    remove_page(out)
    for name in FILES:
        remove(out / name)


def _simulate(setup, fields_path, checkpoint, before, measured, progress):
    """Run the protocol, from its start or from what a checkpoint kept; return the Experiment, the Watch, and
    what the solver failed with after a while, or None."""
    from ..analysis.fields import hosts_of
    from ..case.corners import crop_corner
    from ..volumes.fields import FieldWriter
    from .compared_state import marks_of
    from .snapshots import Watch

    units = {name: FIELDS[name].unit for name in setup.case.output.fields}
    corner = crop_corner(setup.case, setup.grid)
    writer = FieldWriter(fields_path, setup.grid, units, hosts_of(setup.cell.design), corner)
    with keeping_freed(), writer as fields:
        experiment, watch, show = (
            setup.experiment(marks_of(measured, setup)),
            Watch(setup, fields, checkpoint, measured),
            setup.shown(progress),
        )
        parts = {"experiment": experiment, **watch.observers}
        if before:
            with checkpoint.readable():
                watch.snapshots.write_again(before[1])
                for name, kept in before[0].items():
                    parts[name].restore(kept)
        watch.begin(experiment)
        with checkpoint.cleared_on(InputError):
            try:
                for moment in experiment.moments(setup.loads()):
                    watch.note(moment)
                    # the end of a step is kept when the next one has begun
                    if not moment.last and experiment.now.sets_anew:
                        checkpoint.keep_state(parts, always=moment.t == 0)
                    show(moment)
                    del moment  # what its step took from earlier ones need not lie beside the next
            except NotConverged as failure:
                if experiment.now.t == 0:
                    raise
                return experiment, watch, failure
    return experiment, watch, None


def _numbers(setup, volume, transport, experiment, watch, compared, dfn):
    """Put result.json together from what each part has to say."""
    from ..analysis.interface import area_figures, film_figures
    from ..analysis.stack import stack_of
    from ..analysis.twin import compare_with_dfn
    from ..mesh.morphology import phase_summary
    from .cycles import cycle_results
    from .record import balances, counts, step_results

    case, grid, cell, record = setup.case, setup.grid, setup.cell, experiment.now.record
    stack = stack_of(setup)
    return {
        "title": case.title,
        "microsim_version": __version__,
        "case_sha256": case.sha256,
        "volume_sha256": volume.sha256,
        "volume": _volume(volume, grid),
        "voxels": cell.mesh.counts,
        "phases": phase_summary(grid)["phases"],
        "transport": transport,
        **setup.figures(),
        **step_results(record, setup.mass, stack),
        "stack": stack.as_dict(),
        "cycles": cycle_results(record, setup.mass),
        **({"contact_lost": record.contacts} if record.contacts else {}),
        **balances(record),
        **counts(record),
        "area_correction": area_figures(cell),
        "film": film_figures(setup, experiment.R_film, experiment.cell.mesh),
        **watch.figures(record),
        **compared,
        **(
            {"homogenised": compare_with_dfn(dfn, setup, record, watch.snapshots.kept.profiles)}
            if dfn
            else {}
        ),
        **({"protocol_read": case.read} if case.read else {}),
        "materials": case.material_sources(),
    }


def _volume(volume, grid):
    found = {"source": volume.source, "shape": grid.shape, "voxel_size_m": grid.voxel_size}
    return found | ({"sample_share": grid.sample_share} if grid.masked else {})


def _write(out, setup, numbers, record, comparisons, flux, progress):
    """Write voltage.csv, result.json, the figures, the report and where all of it comes from."""
    from ..report.pages import run as page
    from .record import voltage_columns

    if progress:
        progress(1, 1, "writing the report")
    voltage = voltage_columns(record, setup.mass)
    write_columns(out / "voltage.csv", voltage)
    write_json(out / "result.json", numbers)
    page.write(
        out,
        case=setup.case.as_dict(),
        result=numbers,
        grid=setup.grid,
        voltage=voltage,
        fields_path=out / "fields.h5",
        comparisons=comparisons,
        flux=flux,
    )
    write_crate(out, setup.case, numbers)
