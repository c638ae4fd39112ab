"""The whole pipeline on one screen: volume -> phases -> transport -> half cell -> fields -> comparison ->
report."""

import time
from pathlib import Path

from .. import __version__
from ..analysis.effective import effective_transport
from ..analysis.interface import area_figures, film_figures
from ..analysis.twin import beside, twin_of
from ..base.errors import InputError
from ..base.files import write_columns, write_json
from ..base.provenance import peak_memory_bytes
from ..base.quantities import FIELDS
from ..case.build import cell_design, read_grid, set_up
from ..case.loads import check_profiles
from ..mesh.morphology import phase_summary
from ..volumes.fields import FieldWriter
from .checkpoint import Checkpoint, fingerprint
from .compare import compare_with, read_measured
from .record import balances, counts, step_results, voltage_columns
from .snapshots import Snapshots


def run_case(case, out_dir, *, progress=None, resume=False):
    """Run a case and write result.json, voltage.csv, fields.h5, report.html and figures/*.png into `out_dir`.

    resume: go on from the checkpoint that an interrupted run of the same case left in `out_dir`.

    Returns the result (what result.json holds). Raises InputError, or NotConverged with the residual history.
    """
    begun, out_dir = time.perf_counter(), Path(out_dir)
    volume, grid = read_grid(case, progress)
    measured = read_measured(case)
    check_profiles(case.protocol, case.locate)
    checkpoint = Checkpoint(out_dir, fingerprint(case, volume), case.output.checkpoint)
    before = checkpoint.read() if resume else checkpoint.clear()

    design = cell_design(case, grid)
    transport, flux = effective_transport(grid, design, case.numerics.transport_tolerance, progress)
    setup = set_up(case, grid, design)
    twin = twin_of(setup, transport=transport, progress=progress) if case.output.homogenised else None
    record, kept = _simulate(setup, out_dir / "fields.h5", checkpoint, before, progress)
    comparison = compare_with(measured, setup, out_dir / "fields.h5")

    result = {
        **_origin(case, volume, grid),
        "voxels": setup.cell.mesh.counts,
        "phases": phase_summary(grid)["phases"],
        "transport": transport,
        **setup.figures(),
        **step_results(record, setup.mass),
        **balances(record),
        **counts(record),
        "area_correction": area_figures(setup.cell),
        "film": film_figures(setup, setup.cell.R_film),
        **kept.figures(),
        "comparison": comparison.as_dict() if comparison else None,
        **({"homogenised": beside(twin, setup, record, kept.profiles)} if twin else {}),
        "materials": case.material_sources(),
        "wall_s": time.perf_counter() - begun,
        "peak_memory_bytes": peak_memory_bytes(),
    }
    _write(out_dir, setup, result, voltage_columns(record, setup.mass), comparison, flux, progress)
    checkpoint.clear()
    return result


def _simulate(setup, fields_path, checkpoint, before, progress):
    """Run the protocol, from its start or from what a checkpoint kept; return the Record and Snapshots."""
    units = {name: FIELDS[name].unit for name in setup.case.output.fields}
    with FieldWriter(fields_path, setup.grid, units) as fields:
        snapshots = Snapshots(setup, fields, checkpoint)
        experiment = setup.experiment(snapshots, progress)
        if before:
            experiment.restore(before[0])
            snapshots.restore(*before)
        with checkpoint.cleared_on(InputError):
            return experiment.run(setup.loads()), snapshots


def _origin(case, volume, grid):
    return {
        "title": case.title,
        "microsim_version": __version__,
        "case_sha256": case.sha256,
        "volume_sha256": volume.sha256,
        "volume": {"source": volume.source, "shape": list(grid.shape), "voxel_size_m": list(grid.voxel_size)},
    }


def _write(out_dir, setup, result, voltage, comparison, flux, progress):
    """Write voltage.csv, result.json, the figures and the report."""
    if progress:
        progress(1, 1, "writing the report")
    write_columns(out_dir / "voltage.csv", voltage)
    write_json(out_dir / "result.json", result)
    from ..report.pages import run as page

    page.write(
        out_dir,
        case=setup.case.as_dict(),
        result=result,
        grid=setup.grid,
        voltage=voltage,
        fields_path=out_dir / "fields.h5",
        comparison=comparison,
        flux=flux,
    )
