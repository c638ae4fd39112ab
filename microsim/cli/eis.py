"""The command for impedance spectra."""

from enum import StrEnum
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import number
from ..jobs.frequencies import frequencies as spaced
from .app import command
from .console import progress_bar, report, table, times
from .options import (
    AXES,
    Axis,
    CropOption,
    FileAxesOption,
    JsonOption,
    PhasesOption,
    ReportOption,
    Sides,
    VoxelSizeOption,
    conductivities,
    name_values,
    read_grid,
)


class FarEnd(StrEnum):
    """What holds at the far end face."""

    OPEN, BLOCKED = "open", "blocked"


class Walls(StrEnum):
    """What the walls of the conducting phases do."""

    INERT, DOUBLE_LAYER = "inert", "double-layer"


class FrequencyUnit(StrEnum):
    """Unit of the frequencies."""

    HZ, CHARACTERISTIC = "Hz", "characteristic"


OF_A_CASE = ("volume", "frequencies", "tolerance", "settings", "after", "out", "json_file")


def _only_of_a_case(context):
    """Refuse options that a case does not take, which would otherwise be dropped in silence."""
    options = {parameter.name: parameter.opts[-1] for parameter in context.command.params}
    given = [
        options[name]
        for name in context.params
        if name not in OF_A_CASE and context.get_parameter_source(name).name == "COMMANDLINE"
    ]
    if given:
        raise InputError(
            "expected --frequencies, --tolerance, --set, --after, --out and --json alone with a case, got "
            f"{', '.join(given)}; leave out what the case itself says."
        )


@command(
    [
        "microsim eis electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 398 --axis all --json -",
        "microsim eis electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 398 \\",
        "    --walls double-layer --frequencies 1e-3:1e3:61 --frequency-unit characteristic",
        "microsim eis cases/demo.yaml --set cell.initial_sto=0.6 --frequencies 1e-3:1e5:41 --out out/eis",
    ]
)
def eis(
    context: typer.Context,
    volume: Annotated[
        str, typer.Argument(metavar="VOLUME|CASE.yaml", help="A volume, or a case: its whole cell.")
    ],
    phases: PhasesOption = None,
    conducting: Annotated[
        str,
        typer.Option(
            "--conducting", metavar="NAME[=D],...", help="Conducting phases: pore, or pore=1.0,cbd=0.1."
        ),
    ] = "pore",
    axis: Annotated[Axis, typer.Option("--axis", help="Direction, from the axis' first end face.")] = Axis.X,
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    crop: CropOption = None,
    ends: Annotated[
        FarEnd | None,
        typer.Option(
            "--ends", help="Far end: open (held at 0) or blocked [default: open; blocked with double-layer]."
        ),
    ] = None,
    walls: Annotated[
        Walls, typer.Option("--walls", help="Inert (diffusion), or charging a double layer.")
    ] = Walls.INERT,
    frequencies: Annotated[
        str, typer.Option("--frequencies", metavar="FROM:TO:COUNT", help="Evenly spaced in log f.")
    ] = "1e-4:1e5:91",
    frequency_unit: Annotated[
        FrequencyUnit, typer.Option("--frequency-unit", help="Hz, or omega / omega_c of each axis.")
    ] = FrequencyUnit.HZ,
    diffusivity: Annotated[
        str, typer.Option("--diffusivity-m2-s", metavar="D", help="Of the electrolyte; sets omega_c (inert).")
    ] = "3e-10",
    conductivity: Annotated[
        str, typer.Option("--conductivity-S-m", metavar="K", help="Of the electrolyte; sets the unit of Z.")
    ] = "1.0",
    capacitance: Annotated[
        str, typer.Option("--capacitance-F-m2", metavar="C", help="Of the walls, per true area.")
    ] = "0.1",
    storage: Annotated[
        str | None,
        typer.Option("--storage", metavar="NAME=F,...", help="Porosity of conducting phases: cbd=0.47."),
    ] = None,
    reactive: Annotated[
        str | None,
        typer.Option(
            "--reactive", metavar="NAME,...", help="Phases whose surface charges [default: all others]."
        ),
    ] = None,
    sides: Annotated[Sides, typer.Option("--sides", help="What holds on the sides.")] = Sides.NO_FLUX,
    voxel_faces: Annotated[
        bool, typer.Option("--voxel-faces", help="Count plain voxel faces, without correction of their area.")
    ] = False,
    tolerance: Annotated[
        str,
        typer.Option(
            "--tolerance", metavar="T", help="Bound of the relative error of Z (cell: of each residual)."
        ),
    ] = "1e-4",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change one value of the case by its dotted key; repeatable."
        ),
    ] = None,
    after: Annotated[
        str, typer.Option("--after", metavar="N", help="Steps of the case's protocol to run first, or end.")
    ] = "0",
    out: ReportOption = None,
    json_file: JsonOption = None,
):
    """Compute the impedance of the conducting phases.

    Inert walls: i omega c = div(D grad c) with c = 1 at the entrance; double-layer: the pores of an electrode
    that charges its surface (blocking symmetric cell). Z in ohm m2, and normalised, Z K / L; omega_c = D /
    L^2 (inert) or K eps / (a C L^2).

    A case: the whole cell, linearised about its state at the start, or after N steps of its protocol (also
    under current): electrolyte, kinetics, double layer (cell.double_layer_F_m2, 0.2 where it is not given),
    film, diffusion. Of the options above it takes --frequencies, --tolerance, --set, --after, --out and
    --json.
    """
    if volume.lower().endswith((".yaml", ".yml")):
        from .cell_eis import whole_cell

        _only_of_a_case(context)
        limit, freq = number(1e-9, 0.1)(tolerance, "--tolerance"), spaced(frequencies, "--frequencies")
        return whole_cell(volume, settings, freq, after, limit, out, json_file)
    if settings or after != "0":
        raise InputError("expected --set and --after with a case, got a volume; leave them out.")
    options = {
        "freq": spaced(frequencies, "--frequencies"),
        "relative": frequency_unit is FrequencyUnit.CHARACTERISTIC,
        "walls": walls.value,
        "ends": (ends or (FarEnd.BLOCKED if walls is Walls.DOUBLE_LAYER else FarEnd.OPEN)).value,
        "sides": sides.value,
        "storage": name_values("--storage", storage, number(0.0, 1.0, above=True)) if storage else None,
        "reactive": tuple(name.strip() for name in reactive.split(",")) if reactive else None,
        "area_correction": not voxel_faces,
        "tolerance": number(1e-6, 0.1)(tolerance, "--tolerance"),
    }
    above_zero = number(0.0, above=True)
    medium = {
        "diffusivity": above_zero(diffusivity, "--diffusivity-m2-s"),
        "conductivity": above_zero(conductivity, "--conductivity-S-m"),
        "capacitance": above_zero(capacitance, "--capacitance-F-m2"),
    }
    shares = conductivities("--conducting", conducting)
    source, grid, sized = read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    if not sized:
        raise InputError(f"expected a known voxel size, {source.source} gives none; add --voxel-size-nm.")
    from ..base.provenance import peak_memory_bytes
    from ..impedance.pores import Electrolyte, solve_impedance

    axes = {}
    for name in AXES if axis is Axis.ALL else (axis.value,):
        with progress_bar(f"impedance along {name}") as progress:
            result = solve_impedance(
                grid,
                shares,
                AXES.index(name),
                electrolyte=Electrolyte(**medium),
                progress=progress,
                **options,
            )
        axes[name] = {**_spectrum(result), **_figures(result, options["ends"], medium["conductivity"])}
    first = next(iter(axes.values()))
    result = {
        **{key: first[key] for key in ("freq_Hz", "Z_real_ohm_m2", "Z_imag_ohm_m2")},
        "axes": axes,
        "peak_memory_bytes": peak_memory_bytes(),
        "voxels": grid.voxels,
        "conducting": shares,
        **{key: value for key, value in options.items() if key not in ("freq", "relative")},
        **{f"{key}_{unit}": medium[key] for key, unit in zip(medium, ("m2_s", "S_m", "F_m2"))},
        "voxel_size_m": grid.voxel_size,
        "volume": source.source,
        "volume_sha256": source.sha256,
    }
    title = (
        f"{source.source}: impedance of {conducting}, {times(grid.shape)} voxels, {walls} walls,"
        f" {options['ends']} end"
    )
    rows = [(name, *(row[key] for key in COLUMNS)) for name, row in axes.items()]
    lines = [table(("axis", *COLUMNS), rows)]
    if out:
        from ..report.pages import eis as page

        lines.append(f"\nreport: {page.write(out, grid=grid, result=result)}")
    report(result, json_file, title, *lines)


COLUMNS = (
    "tau",
    "R_dc_ohm_m2",
    "characteristic_Hz",
    "resolved_up_to_Hz",
    "eps",
    "error_bound",
    "solves",
    "iterations",
)


def _spectrum(result):
    return {
        "freq_Hz": result.freq,
        "Z_real_ohm_m2": result.Z.real,
        "Z_imag_ohm_m2": result.Z.imag,
        "omega_over_omega_c": result.freq * 6.283185307179586 / result.omega_c,
        "Z_real_normalised": result.Z_normalised.real,
        "Z_imag_normalised": result.Z_normalised.imag,
    }


def _figures(result, ends, conductivity):
    from ..impedance.circuits import fit_transmission_line

    figures = {
        "tau": result.tau,
        "R_dc_ohm_m2": result.R_dc,
        "R_dc_normalised": result.R_dc_normalised,
        "characteristic_Hz": result.omega_c / 6.283185307179586,
        "resolved_up_to_Hz": result.resolved_up_to,
        "capacitance_F_m2": result.capacitance,
        "area_per_volume_m-1": result.area_per_volume,
        "eps": result.eps,
        "eps_connected": result.eps_connected,
        "error_bound": result.error,
        "solves": result.solves,
        "iterations": result.iterations,
        "seconds": result.seconds,
    }
    # faster than that the line sees the first voxels only, not the electrode
    seen = result.freq <= 10 * figures["characteristic_Hz"]
    if ends == "blocked" and seen.sum() >= 4:
        line = fit_transmission_line(
            result.freq[seen],
            result.Z[seen],
            eps=result.mean,
            kappa=conductivity,
            length=result.length,
            series=False,
            exponent=1.0,
        )
        figures["transmission_line"] = {
            "R_ion_ohm_m2": line.R_ion,
            "R_ion_standard_error": line.R_ion_error,
            "tau": line.tau,
            "tau_standard_error": line.tau_error,
        }
    return figures
