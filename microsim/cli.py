"""The command line: arguments in, numbers out; nothing is computed here.

Exit codes: 0 success, 2 bad input (one sentence on standard error), 3 a solver did not converge, 130 Ctrl-C.
Heavy packages are imported inside the commands, so that `microsim --help` answers at once.
"""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .console import lengths_nm, progress_bar, report, table, times
from .errors import InputError, MicrosimError, NotConverged
from .schema import listed, number, say, triple, voxel_ranges, whole

AXES = ("x", "y", "z")

app = typer.Typer(
    name="microsim",
    rich_markup_mode=None,  # plain text: half the start-up time, and help that reads the same in a pipe
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _command(example):
    """Register a command whose --help ends with an example."""
    lines = "\n".join(f"  {line}" for line in example)
    return app.command(epilog=f"\b\nExample:\n{lines}")


class Axis(StrEnum):
    """An axis, or all three."""

    X, Y, Z, ALL = "x", "y", "z", "all"


class Solver(StrEnum):
    """Who solves for the tortuosity factor."""

    MULTIGRID, TAUFACTOR, FIPY = "multigrid", "taufactor", "fipy"


class Sides(StrEnum):
    """What holds on the sides of the box."""

    NO_FLUX, PERIODIC = "no-flux", "periodic"


class Backend(StrEnum):
    """Where the solver runs."""

    CPU, GPU, MPI = "cpu", "gpu", "mpi"


VolumeArgument = Annotated[
    str, typer.Argument(metavar="VOLUME", help="Path of a volume, or a data set's name.")
]
PhasesOption = Annotated[
    str | None,
    typer.Option("--phases", metavar="NAME=LABEL,...", help="Label of each phase: pore=0,am=1,cbd=2."),
]
VoxelSizeOption = Annotated[
    str | None,
    typer.Option(
        "--voxel-size-nm", metavar="H", help="Voxel edge in nm, or three: x,y,z. Wins over the file's."
    ),
]
FileAxesOption = Annotated[
    str,
    typer.Option("--file-axes", metavar="AXES", help="Axes of the file in reading order, for example zyx."),
]
CropOption = Annotated[
    str | None,
    typer.Option(
        "--crop", metavar="x=0:96,...", help="Voxels to keep along each axis, the end not included."
    ),
]
JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the numbers as JSON; - is standard output."),
]


@app.callback(invoke_without_command=True)
def _microsim(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
):
    """Transport and electrochemistry on the voxels of a battery electrode, compared with measured maps.

    Start with `microsim run cases/demo.yaml`; every command explains itself with --help.
    """
    if version:
        from . import __version__

        print(f"microsim {__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


@_command(["microsim info electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 398 --json -"])
def info(
    volume: VolumeArgument,
    phases: PhasesOption = None,
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    crop: CropOption = None,
    json_file: JsonOption = None,
):
    """Show the phases of a volume.

    Volume fraction, percolating fraction along each axis, and interface area per volume, corrected for the
    steps of the voxels and as plain voxel faces.
    """
    source, grid, sized = _read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    from .mesh.morphology import phase_summary

    with progress_bar("measuring the phases") as progress:
        summary = phase_summary(grid, progress=progress)
    per_phase = summary["phases"]
    if not sized:
        summary["voxel_size_m"] = None
        for phase in per_phase.values():
            phase.update({key: None for key in phase if key.startswith("surface_area")})
    summary = {"volume": source.source, "volume_sha256": source.sha256, "file_axes": file_axes, **summary}
    header = ("phase", "label", "fraction", "percolating x", "y", "z", "area m-1", "as voxel faces m-1")
    areas = ("surface_area_per_volume_m-1", "surface_area_per_volume_faces_m-1")
    rows = [
        (
            name,
            p["label"],
            p["volume_fraction"],
            *p["percolating_fraction"].values(),
            *(p[area] for area in areas),
        )
        for name, p in per_phase.items()
    ]
    size = "unknown voxel size" if not sized else f"voxels of {lengths_nm(grid.voxel_size)} nm"
    report(summary, json_file, f"{source.source}: {times(grid.shape)} {size}", table(header, rows))


@_command(
    [
        "microsim transport electrode.tif --phases pore=0,am=1,cbd=2 --conducting pore \\",
        "    --axis all --voxel-size-nm 398 --json -",
    ]
)
def transport(
    volume: VolumeArgument,
    phases: PhasesOption = None,
    conducting: Annotated[
        str,
        typer.Option(
            "--conducting", metavar="NAME[=D],...", help="Conducting phases: pore, or pore=1.0,cbd=0.1."
        ),
    ] = "pore",
    axis: Annotated[Axis, typer.Option("--axis", help="Direction of the transport.")] = Axis.X,
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    crop: CropOption = None,
    solver: Annotated[Solver, typer.Option("--solver", help="Who solves.")] = Solver.MULTIGRID,
    sides: Annotated[Sides, typer.Option("--sides", help="What holds on the sides.")] = Sides.NO_FLUX,
    tolerance: Annotated[
        str, typer.Option("--tolerance", metavar="T", help="Bound of the relative error of tau.")
    ] = "1e-3",
    backend: Annotated[Backend, typer.Option("--backend", help="Where the solver runs.")] = Backend.CPU,
    json_file: JsonOption = None,
):
    """Compute tortuosity and effective diffusivity.

    tau = eps D0 / D_eff with eps the total fraction of the conducting phases. Phases that do not connect the
    two end faces give D_eff 0 and no tau.
    """
    if backend is not Backend.CPU:
        raise InputError(
            f"--backend: expected cpu, got {backend}, which is not available yet; leave the option out."
        )
    tolerance = number(0.0, 0.1, above=True)(tolerance, "--tolerance")
    shares = _name_values("--conducting", conducting, number(0.0), bare=1.0)
    source, grid, sized = _read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    from .run import peak_memory_bytes

    solve = _solver(solver)
    axes = {}
    for name in AXES if axis is Axis.ALL else (axis.value,):
        with progress_bar(f"tau along {name}") as progress:
            axes[name] = solve(
                grid, shares, AXES.index(name), tolerance=tolerance, sides=sides.value, progress=progress
            )
    keys = ("tau", "D_eff_over_D0", "eps", "eps_percolating", "flux_imbalance", "iterations", "seconds")
    numbers = {name: {key: getattr(result, key) for key in keys} for name, result in axes.items()}
    result = {
        "axes": numbers,
        "peak_memory_bytes": peak_memory_bytes(),
        "voxels": grid.voxels,
        "conducting": shares,
        "solver": solver.value,
        "sides": sides.value,
        "tolerance": tolerance,
        "voxel_size_m": grid.voxel_size if sized else None,
        "volume": source.source,
        "volume_sha256": source.sha256,
    }
    title = f"{source.source}: transport through {conducting}, {times(grid.shape)} voxels, {solver}"
    report(
        result, json_file, title, table(("axis", *keys), [(n, *row.values()) for n, row in numbers.items()])
    )


@_command(
    [
        "microsim run cases/nrel_nmc_c2.yaml --out out/slow \\",
        '    --set protocol.0="Discharge at C/3 until 3.5 V" --set cell.film.model=none',
    ]
)
def run(
    case_file: Annotated[Path, typer.Argument(metavar="CASE.yaml", help="The case to run.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder of the results [default: out/<case name>]."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change one value of the case by its dotted key; repeatable."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    json_file: JsonOption = None,
):
    """Run a case and write its report.

    Reads the volume, builds the mesh, solves transport and the half cell, compares with a measured map where
    the case names one, and writes result.json, voltage.csv, fields.h5, report.html and figures/*.png.
    """
    if resume:
        raise InputError("--resume: expected a run from its start, got --resume, which is not available yet.")
    from .case import load_case

    case = load_case(case_file, settings or ())
    from .run import run_case

    out = out or Path("out") / case.name
    with progress_bar(case.title) as progress:
        result = run_case(case, out, progress=progress)
    header = ("step", "ended by", "time s", "capacity mAh/g", "mean voltage V")
    keys = ("name", "end_reason", "time_s", "capacity_mAh_g", "mean_voltage_V")
    rows = [[step.get(key) for key in keys] for step in result.get("steps", [])]
    report(result, json_file, case.title, table(header, rows), f"report: {out / 'report.html'}")


@_command(
    [
        "microsim compare out/demo/fields.h5::sto soc.tif --measured-voxel-size-nm 800 --json -",
        "microsim compare sim.npy soc.tif --voxel-size-nm 400 --measured-voxel-size-nm 800 --out out/compare",
    ]
)
def compare(
    simulated: Annotated[
        str, typer.Argument(metavar="SIMULATED", help="Simulated map: fields.h5::sto, or a volume.")
    ],
    measured: Annotated[str, typer.Argument(metavar="MEASURED", help="Measured map: a volume of floats.")],
    voxel_size_nm: VoxelSizeOption = None,
    measured_voxel_size_nm: Annotated[
        str | None,
        typer.Option("--measured-voxel-size-nm", metavar="H", help="The same for the measured map."),
    ] = None,
    file_axes: FileAxesOption = "xyz",
    measured_file_axes: Annotated[
        str, typer.Option("--measured-file-axes", metavar="AXES", help="The same for the measured map.")
    ] = "xyz",
    origin_um: Annotated[
        str,
        typer.Option("--origin-um", metavar="X,Y,Z", help="Corner of the measured map in the simulated one."),
    ] = "0,0,0",
    min_coverage: Annotated[
        str,
        typer.Option("--min-coverage", metavar="F", help="Share of a measured voxel that must be covered."),
    ] = "0.5",
    mask: Annotated[
        str | None,
        typer.Option("--mask", metavar="VOLUME", help="Volume on the measured grid; 0 leaves voxels out."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the report.")] = Path(
        "out/compare"
    ),
    json_file: JsonOption = None,
):
    """Compare a simulated with a measured map.

    The simulated map is averaged onto the measured voxels; bias, RMSE, MAE, Pearson r and the distance of
    the histograms are printed, and a report is written.
    """
    min_coverage = number(0.0, 1.0, above=True)(min_coverage, "--min-coverage")
    origin = triple(-1.0, 1.0)(_numbers(origin_um), "--origin-um", 1e6, "um")
    ours = _read_map("SIMULATED", simulated, file_axes, voxel_size_nm, "--voxel-size-nm")
    theirs = _read_map(
        "MEASURED", measured, measured_file_axes, measured_voxel_size_nm, "--measured-voxel-size-nm"
    )
    from .compare.soc import SocMap, compare_maps
    from .report.page import write_comparison_report

    comparison = compare_maps(
        SocMap(ours.values, ours.voxel_size),
        SocMap(theirs.values, theirs.voxel_size, origin),
        mask=_read_mask(mask, measured_file_axes),
        min_coverage=min_coverage,
    )
    meta = {
        "simulated": {"file": simulated, "sha256": ours.sha256, "voxel_size_m": ours.voxel_size},
        "measured": {"file": measured, "sha256": theirs.sha256, "voxel_size_m": theirs.voxel_size},
        "origin_m": origin,
        "mask": mask,
    }
    page = write_comparison_report(out, comparison, meta)
    rows = table(("metric", "value"), list(comparison.metrics.items()))
    report(
        {**comparison.as_dict(), **meta},
        json_file,
        f"{simulated} against {measured}",
        rows,
        f"report: {page}",
    )


@_command(["microsim datasets", "microsim datasets --json -"])
def datasets(json_file: JsonOption = None):
    """List the known data sets.

    Each has source, licence and sha256, and is read from the folder that MICROSIM_DATA names, or downloaded
    once.
    """
    from dataclasses import asdict

    from .imaging.datasets import DATASETS

    listing = {name: asdict(dataset) for name, dataset in DATASETS.items()}
    rows = [(name, entry.kind, entry.licence, entry.url) for name, entry in DATASETS.items()]
    title = "Read from the folder that MICROSIM_DATA names, else downloaded once; --json - shows more."
    report({"datasets": listing}, json_file, title, table(("name", "kind", "licence", "source"), rows))


@_command(["microsim generate meshes/demo_electrode.yaml --out electrode.tif"])
def generate(
    recipe_file: Annotated[Path, typer.Argument(metavar="RECIPE.yaml", help="Recipe of the electrode.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="VOLUME", help="File to write; its suffix says the format.")
    ],
    json_file: JsonOption = None,
):
    """Generate a synthetic electrode.

    The same recipe gives the same voxels, bit for bit.
    """
    from .imaging.volume import write_volume
    from .mesh.synthetic import PHASES, generate_electrode, load_recipe

    recipe = load_recipe(recipe_file)
    with progress_bar("generating") as progress:
        labels = generate_electrode(recipe, progress=progress)
    path = write_volume(out, labels, voxel_size=recipe.voxel_size)
    fractions = {name: float((labels == label).mean()) for name, label in PHASES.items()}
    result = {"volume": str(path), "shape": labels.shape, "phases": PHASES, "volume_fraction": fractions}
    rows = table(("phase", "label", "fraction"), [(name, PHASES[name], fractions[name]) for name in PHASES])
    report(result, json_file, f"{path}: {times(labels.shape)} voxels", rows)


# ---- reading what the arguments name -----------------------------------------------------------------------


def _read_grid(volume, phases, voxel_size_nm, file_axes, crop):
    """Read a label volume as a grid; also whether its voxel size is known (else cubes of edge 1 stand in)."""
    options = {"file_axes": _axes_order(file_axes), "voxel_size": _voxel_size(voxel_size_nm)}
    labels = _name_values("--phases", phases, whole(0)) if phases else None
    box = voxel_ranges(_name_values("--crop", crop, _ends), "--crop") if crop else {}
    from .imaging.volume import read_volume
    from .mesh.grid import grid_from_labels

    source = read_volume(volume, **options)
    labels = labels or _own_names(volume, source.values)
    grid = grid_from_labels(source.values, labels, source.voxel_size or 1.0).crop(box)
    return source, grid, source.voxel_size is not None


def _ends(given, path):
    return given.split(":")


def _own_names(volume, values):
    """Name the phases as the data set's entry does, otherwise by their labels."""
    from .imaging.datasets import find
    from .mesh.grid import label_counts

    known = find(volume)
    return (known and known.labels) or {f"label{label}": label for label in label_counts(values)}


def _read_map(argument, name, file_axes, voxel_size_nm, option):
    from .imaging.volume import read_volume

    name = f"{name}::sto" if name.endswith(".h5") else name
    source = read_volume(
        name, file_axes=_axes_order(file_axes), voxel_size=_voxel_size(voxel_size_nm, option), kind="field"
    )
    if source.voxel_size is None:
        raise InputError(f"{argument}: expected a known voxel size, {name} gives none; add {option}.")
    return source


def _read_mask(mask, file_axes):
    from .imaging.volume import read_volume

    return None if mask is None else read_volume(mask, file_axes=file_axes).values != 0


def _solver(solver):
    if solver is Solver.MULTIGRID:
        from .transport.tortuosity import tortuosity

        return tortuosity
    from .reference import transport as reference

    return reference.tortuosity_taufactor if solver is Solver.TAUFACTOR else reference.tortuosity_fipy


def _name_values(option, given, read, bare=None):
    """Read "pore=0,am=1"; a name without value stands for `bare`, where there is one."""
    values = {}
    for item in given.split(","):
        name, equals, value = (part.strip() for part in item.partition("="))
        if not name or name in values or not (equals or bare is not None):
            example = "pore=0,am=1" if bare is None else "pore or pore=1.0,cbd=0.1"
            raise InputError(
                f"{option}: expected each name once, like {example}, got {say(given)}; correct it."
            )
        values[name] = read(value, f"{option} {name}") if equals else bare
    return values


def _voxel_size(given, option="--voxel-size-nm"):
    return None if given is None else triple(1e-9, 1e-4)(_numbers(given), option, 1e9, "nm")


def _numbers(given):
    return given.split(",") if "," in given else given


def _axes_order(given):
    if sorted(given) != sorted(AXES):
        raise InputError(
            f"--file-axes: expected x, y and z in the file's order, got {say(given)}; write zyx, say."
        )
    return given


# ---- the entry ---------------------------------------------------------------------------------------------


def main(arguments=None):
    """Run the command line; gives back the exit code. Every expected failure is one sentence."""
    # dense algebra is a few hundred unknowns here; its library's own threads would only get in the kernels' way
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = app(args=arguments, prog_name="microsim", standalone_mode=False)
    except NotConverged as error:
        last = listed(f"{residual:.3g}" for residual in error.history[-3:])
        return _fail(f"{error}{f' (last residuals: {last})' * bool(last)}", error.exit_code)
    except MicrosimError as error:
        return _fail(error, error.exit_code)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "microsim"
        said = error.format_message().replace("Value error, ", "").rstrip(".")
        return _fail(f"{said}; see {command} --help.", 2)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        return _fail(
            f"{name}expected to read or write, got: {error.strerror or error}; name another place.", 2
        )
    except MemoryError:
        return _fail("expected enough memory for this volume, got none left; crop or coarsen the volume.", 2)
    except typer.Abort:
        code = 130
    if code == 130:
        return _fail("interrupted by Ctrl-C.", 130)
    return code if isinstance(code, int) else 0


def _fail(message, code):
    print("microsim: " + " ".join(str(message).split()), file=sys.stderr)
    return code
