"""The command homogenise: from a case's volume to the parameters of a porous electrode."""

from pathlib import Path
from typing import Annotated

import typer

from .app import command
from .console import progress_bar, report, table
from .options import JsonOption

ROWS = (
    ("porosity", ""),
    ("transport_efficiency", ""),
    ("tortuosity_factor", ""),
    ("active_fraction", ""),
    ("specific_area_m-1", "1/m"),
    ("radius_m", "m"),
    ("surface_factor", ""),
    ("sigma_S_m", "S/m"),
    ("thickness_m", "m"),
    ("film_resistance_ohm_m2", "ohm m2"),
    ("lost_active", ""),
    ("lost_electrolyte", ""),
)


@command(
    [
        "microsim homogenise cases/demo.yaml --out out/demo_homogenised",
        "microsim run out/demo_homogenised/homogenised.yaml",
    ]
)
def homogenise(
    case_file: Annotated[Path, typer.Argument(metavar="CASE.yaml", help="A case of a resolved volume.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Folder of the results [default: out/<case name>_homogenised]."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change one value of the case by its dotted key; repeatable."
        ),
    ] = None,
    json_file: JsonOption = None,
):
    """Homogenise a case's volume into a porous electrode.

    Measures porosity, transport efficiency, active fraction, reactive area, the radius of spheres with the
    volume's diffusion, particle sizes, contacts, electronic conductivity and mean film, and writes
    homogenised.yaml (a case for `microsim run`), parameters.json (BPX 1.1) and pybamm.json (PyBaMM parameter
    values). In SI units.
    """
    from ..case.case import load_case

    case = load_case(case_file, settings or ())
    from ..analysis.twin import twin_of, written_bpx
    from ..case.build import read_grid, set_up

    out = out or Path("out") / f"{case.name}_homogenised"
    with progress_bar(f"homogenising {case.title}") as progress:
        _, grid = read_grid(case, progress)
        twin = twin_of(set_up(case, grid), folder=out, progress=progress)
    bpx, reason = written_bpx(twin)
    files = _write(out, twin, bpx)
    found, sources = twin.found.as_dict(), twin.found.sources
    rows = [(key, found[key], unit, _source(sources, key)) for key, unit in ROWS]
    rows += [
        (f"radius by {way}", value, "m", "") for way, value in found["radii_m"].items() if way != "diffusion"
    ]
    rows += [
        (f"particle diameter {key}", found["particle_sizes"][f"{key}_m"], "m", "by volume")
        for key in ("d10", "d50", "d90")
    ]
    rows += [
        (f"contact with {name}", share, "", "share of the active surface")
        for name, share in found["contact"].items()
    ]
    result = {
        "parameters": found,
        "sources": sources,
        "nominal_current_density_A_m2": twin.case.cell.nominal_current_density,
        "files": files,
        "bpx_missing": reason,
        "title": case.title,
        "case_sha256": case.sha256,
    }
    lines = [f"wrote {', '.join(files.values())}"] + [f"no BPX file: {reason}"] * (bpx is None)
    report(
        result,
        json_file,
        f"{case.title}: homogenised",
        table(("parameter", "value", "unit", "how"), rows),
        *lines,
    )


def _source(sources, key):
    """How a parameter was found: keys end on their units."""
    return sources.get(key) or next((text for name, text in sources.items() if key.startswith(name)), "")


def _write(out, twin, bpx):
    """Write the case, the BPX file where there is one, and PyBaMM's values; return the files' names."""
    from ..analysis.twin import pybamm_values
    from ..base.files import write_json, write_yaml

    write_yaml(out / "homogenised.yaml", twin.raw)
    write_json(out / "pybamm.json", pybamm_values(twin, twin.case.cell.temperature))
    names = ["homogenised.yaml", "pybamm.json"]
    if bpx is not None:
        write_json(out / "parameters.json", bpx)
        names.append("parameters.json")
    return {name: str(out / name) for name in names}
