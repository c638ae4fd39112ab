"""Commands on material sets and BPX files: materials, bpx."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import number, whole
from .app import command
from .console import progress_bar, report, table
from .options import JsonOption

PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="DIR", help="Draw each set into DIR/NAME.png: U, D_s, i0; kappa, D_e, t_plus, tdf."
    ),
]


@command(
    [
        "microsim materials",
        "microsim materials NMC811_Chen2020 --plot out/materials",
        "microsim materials --json -",
    ]
)
def materials(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME ...]", help="Material sets [default: all].")
    ] = None,
    temperature_K: Annotated[
        str, typer.Option("--temperature-K", metavar="T", help="Temperature of the values, in K.")
    ] = "298.15",
    plot: PlotOption = None,
    json_file: JsonOption = None,
):
    """List the material sets with ranges and sources.

    Without a name: one line a set. With names: every coefficient, its unit and where it comes from. Every set
    is checked: positive finite coefficients over its whole range, an OCP that falls, plausible units.
    """
    T = number(200.0, 400.0)(temperature_K, "--temperature-K")
    from .. import materials as sets

    chosen, faults = ([sets.load(name) for name in names], ()) if names else sets.load_every()
    left_out = {"left_out": faults} if faults else None
    _show(chosen, T, plot, json_file, "material sets", details=bool(names), lines=faults, more=left_out)


@command(
    [
        "microsim bpx nmc_pouch_cell_BPX.json --case half.yaml",
        "microsim bpx nmc_pouch_cell_BPX.json --case full.yaml --counter electrode",
        "microsim bpx cases/dfn_chen2020.yaml --out chen2020.json",
    ]
)
def bpx(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A BPX file (.json), or a case of homogenised electrodes (.yaml)."
        ),
    ],
    case_file: Annotated[
        Path | None,
        typer.Option("--case", metavar="CASE.yaml", help="Write a case that runs the BPX file's cell."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.json", help="Write the case's electrodes as a BPX file."),
    ] = None,
    electrode: Annotated[
        str, typer.Option("--electrode", metavar="SIDE", help="Electrode to run: positive or negative.")
    ] = "positive",
    counter: Annotated[
        str,
        typer.Option(
            "--counter", metavar="WHAT", help="lithium (a half cell), or electrode (the file's negative one)."
        ),
    ] = "lithium",
    density: Annotated[
        str | None,
        typer.Option(
            "--density-kg-m3", metavar="RHO", help="Density of the active material in kg/m3, which BPX lacks."
        ),
    ] = None,
    cells: Annotated[str, typer.Option("--cells", metavar="N", help="Layers of the electrode.")] = "80",
    plot: PlotOption = None,
    json_file: JsonOption = None,
):
    """Read, check and write BPX files.

    A BPX file (bpxstandard.com) is checked and its sets are listed; --case writes a half or full cell for
    `microsim run`. A case is written as a BPX 1.1 file with --out, which PyBaMM reads.
    """
    if file.suffix.lower() in (".yaml", ".yml"):
        if case_file or plot or not out:
            raise InputError(
                "bpx: expected --out FILE.json alone with a case, got something else; add or drop options."
            )
        return _write_bpx(file, out, json_file)
    if out:
        raise InputError(
            f"--out: expected a case (.yaml) to write a BPX file from, got {file}; use --case to write a"
            " case."
        )
    from ..base.schema import choice

    side = choice("positive", "negative")(electrode, "--electrode")
    counter = choice("lithium", "electrode")(counter, "--counter")
    number_of = whole(2, 100000)(cells, "--cells")
    rho = None if density is None else number(300.0, 2e4)(density, "--density-kg-m3")
    from ..case.bpx import read_bpx

    cell, lines = read_bpx(file), []
    if case_file:
        lines.append(f"case: {_write_case(case_file, cell, file, side, counter, number_of, rho)}")
    sets = [part.material for part in (cell.negative, cell.positive) if part]
    sets += [cell.electrolyte] * (cell.electrolyte is not None)
    _show(
        sets,
        cell.temperature,
        plot,
        json_file,
        cell.title,
        details=True,
        lines=lines,
        more=_cell_numbers(cell),
    )


def _cell_numbers(cell):
    ocv = cell.ocv()
    return {
        "cell": {
            "capacity_A_h": cell.capacity / 3600,
            "electrode_area_m2": cell.area,
            "pairs": cell.pairs,
            "one_C_A_m2": cell.one_C(),
            "cutoffs_V": [cell.lower, cell.upper],
            "ocv_V": None if ocv is None else ocv[::-1],
            "validation": list(cell.validation),
        }
    }


def _write_case(path, cell, file, side, counter, cells, density):
    import os

    from ..base.files import write_yaml
    from ..case.bpx_cases import case_of
    from ..case.case import parse_case

    def case(named):
        raw = case_of(cell, named, side, counter, cells)
        if density is not None:
            next(iter(raw["cell"]["materials"].values()))["density_kg_m3"] = density
        return raw

    parse_case(case(str(file.resolve())))  # nothing is written that could not run
    raw = case(os.path.relpath(file, path.parent))
    return write_yaml(path, raw)


def _write_bpx(file, out, json_file):
    from ..case.bpx import parse_bpx
    from ..case.bpx_cases import design_of, write_bpx
    from ..case.bpx_cell import check_bpx
    from ..case.build import cell_design, nominal, read_grid
    from ..case.case import load_case

    case = load_case(file)
    _, grid = read_grid(case)
    area = grid.shape[1] * grid.shape[2] * grid.face_area("x")
    one_C = case.cell.nominal_current_density or nominal(grid, cell_design(case, grid))[0] / area
    raw = write_bpx(out, design_of(case, one_C))
    cell = parse_bpx(raw)
    check_bpx(cell)
    half = "User-defined" in raw["Parameterisation"]
    note = "half cell: use it with PyBaMM's option working electrode: positive" if half else "full cell"
    report({"file": str(out), **_cell_numbers(cell)}, json_file, f"{out}: {note}")


def _show(sets, T, plot, json_file, title, *, details, lines=(), more=None):
    """Check, list and draw material sets."""
    from ..materials.checks import check_material
    from ..materials.describe import describe

    for material in sets:
        check_material(material, T)
    told = {material.name: describe(material, T) for material in sets}
    drawn = []
    if plot:
        from ..report.pages import materials as page

        with progress_bar("drawing") as progress:
            paths = page.write(plot, materials=sets, progress=progress)
        drawn = [f"figure: {path}" for path in paths]
    text = _details(told) if details else [table(("set", "kind", "range", "sources"), _overview(told))]
    report(
        {"materials": told, "temperature_K": T, **(more or {})},
        json_file,
        f"{title}, {T:g} K",
        "",
        *text,
        *lines,
        *drawn,
    )


def _overview(told):
    """One line a set: kind, range, the works it comes from."""
    for name, set_ in told.items():
        sources = dict.fromkeys(
            c["source"].split(";")[0].split(", as ")[0] for c in set_["coefficients"].values()
        )
        works = [
            source
            for source in sources
            if any(year.isdecimal() and len(year) == 4 for year in _words(source))
        ]
        yield name, set_["kind"], _range(set_), works[0] if works else next(iter(sources), None)


def _words(text):
    return text.replace("(", " ").replace(")", " ").replace(";", " ").replace(",", " ").split()


def _range(set_):
    limits = set_["range"]
    if "c_e_mol_m3" in limits:
        return "c_e {:g} to {:g} mol/m3".format(*limits["c_e_mol_m3"])
    if "sto" in limits:
        return "sto {:.4g} to {:.4g}, ".format(*limits["sto"]) + "{:.2f} to {:.2f} V".format(*limits["U_V"])
    return None


def _details(told):
    """Every coefficient of each set."""
    blocks = []
    for name, set_ in told.items():
        rows = [(key, _value(c), c["unit"], c["source"]) for key, c in set_["coefficients"].items()]
        heading = f"{name} ({set_['kind']}{', of ' + set_['active'] if 'active' in set_ else ''})"
        about = [f"range: {_range(set_)}"] * bool(set_["range"])
        about += [f"{key}: {set_[key]}" for key in ("temperature", "note") if set_[key]]
        blocks += [heading, *about, table(("coefficient", "value", "unit", "source"), rows), ""]
    return blocks


def _value(coefficient):
    if "value" in coefficient:
        return f"{coefficient['value']:.5g}"
    return f"{coefficient['min']:.4g} to {coefficient['max']:.4g}"
