"""Commands on a volume: info, transport; data sets and synthetic volumes."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError
from .app import command
from .console import lengths_nm, progress_bar, report, table, times
from .options import (
    CropOption,
    FileAxesOption,
    JsonOption,
    PhasesOption,
    VolumeArgument,
    VoxelSizeOption,
    read_grid,
)


@command(
    [
        "microsim info electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 398 --json -",
        (
            "microsim info electrode.tif --phases pore=0,am=1 --voxel-size-nm 398 --measures sizes,clusters"
            " --maps maps"
        ),
    ]
)
def info(
    volume: VolumeArgument,
    phases: PhasesOption = None,
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    crop: CropOption = None,
    measures: Annotated[
        str | None,
        typer.Option(
            "--measures",
            metavar="NAME,...",
            help="Also profiles, chords, sizes, contacts, tpb, clusters, correlation, or all.",
        ),
    ] = None,
    maps: Annotated[
        Path | None,
        typer.Option(
            "--maps", metavar="DIR", help="Folder for maps of the sizes and clusters of each phase."
        ),
    ] = None,
    json_file: JsonOption = None,
):
    """Show the phases of a volume.

    Volume fraction, percolating fraction along each axis, and interface area per volume, corrected for the
    steps of the voxels and as plain voxel faces. With --measures also profiles of the fractions along each
    axis, chord lengths, pore and particle sizes (local thickness), contact areas phase by phase, the length
    of the triple lines, clusters and two-point correlations.
    """
    source, grid, sized = read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    from ..mesh.morphology import phase_summary

    with progress_bar("measuring the phases") as progress:
        summary = phase_summary(grid, progress=progress)
    per_phase = summary["phases"]
    if not sized:
        summary["voxel_size_m"] = None
        for phase in per_phase.values():
            phase.update({key: None for key in phase if key.startswith("surface_area")})
    summary = {"volume": source.source, "volume_sha256": source.sha256, "file_axes": file_axes, **summary}
    written = _measures(summary, grid, sized, measures, maps)
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
    more = _measure_tables(summary.get("measures", {}))
    title = f"{source.source}: {times(grid.shape)} {size}"
    report(summary, json_file, title, table(header, rows), *more, *(f"map: {path}" for path in written))


def _measures(summary, grid, sized, names, maps):
    """Add the measures asked for to the summary; write their maps; return the paths written."""
    if names is None and maps is None:
        return []
    if not sized:
        raise InputError(
            "--measures: expected a known voxel size, the volume gives none; add --voxel-size-nm."
        )
    from ..shapes.measures import clusters, measure
    from ..shapes.thickness import local_thickness
    from ..volumes.volume import write_volume

    wanted = [name.strip() for name in (names or "sizes,clusters").split(",")]
    with progress_bar("measuring shapes") as progress:
        summary["measures"] = measure(grid, wanted, progress=progress)
    written = []
    if maps is not None:
        maps.mkdir(parents=True, exist_ok=True)
        for name in grid.names:
            mask = grid.mask(name)
            if "clusters" in summary["measures"]:
                path = maps / f"{name}_clusters.tif"
                written.append(write_volume(path, clusters(mask).labels, voxel_size=grid.voxel_size))
            if summary["measures"].get("sizes", {}).get(name):
                path, sizes = maps / f"{name}_sizes_m.tif", local_thickness(mask, grid.voxel_size)
                written.append(write_volume(path, sizes, voxel_size=grid.voxel_size))
    return written


def _measure_tables(found):
    """The figures of the measures that fit a table for people."""
    tables = []
    if "sizes" in found:
        rows = [
            (n, *(s[k] * 1e6 for k in ("mean_m", "d10_m", "d50_m", "d90_m")))
            for n, s in found["sizes"].items()
            if s
        ]
        tables.append(table(("phase", "mean size um", "d10", "d50", "d90"), rows))
    if "chords" in found:
        rows = [
            (n, *(c["mean_m"] and c["mean_m"] * 1e6 for c in along.values()))
            for n, along in found["chords"].items()
        ]
        tables.append(table(("phase", "mean chord x um", "y", "z"), rows))
    if "contacts" in found:
        rows = [(n, other, *c.values()) for n, row in found["contacts"].items() for other, c in row.items()]
        tables.append(
            table(("phase", "touches", "area m-1", "share of its surface", "as voxel faces m-1"), rows)
        )
    if "tpb" in found:
        header = ("triple line", "length m-2", "as voxel edges m-2", "share of edges")
        tables.append(table(header, [(n, *row.values()) for n, row in found["tpb"].items()]))
    if "clusters" in found:
        rows = [
            (n, c["count"], c["share_of_largest"], c["euler_number"]) for n, c in found["clusters"].items()
        ]
        tables.append(table(("phase", "clusters", "share of the largest", "Euler number"), rows))
    return [f"\n{text}" for text in tables]


@command(["microsim datasets", "microsim datasets --json -"])
def datasets(json_file: JsonOption = None):
    """List the known data sets.

    Each has source, licence and sha256, and is read from the folder that MICROSIM_DATA names, or downloaded
    once.
    """
    from dataclasses import asdict

    from ..volumes.datasets import DATASETS

    listing = {name: asdict(dataset) for name, dataset in DATASETS.items()}
    rows = [(name, entry.kind, entry.licence, entry.url) for name, entry in DATASETS.items()]
    title = "Read from the folder that MICROSIM_DATA names, else downloaded once; --json - shows more."
    report({"datasets": listing}, json_file, title, table(("name", "kind", "licence", "source"), rows))


@command(["microsim generate meshes/demo_electrode.yaml --out electrode.tif"])
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
    from ..generate.synthetic import PHASES, generate_electrode, load_recipe
    from ..volumes.volume import write_volume

    recipe = load_recipe(recipe_file)
    with progress_bar("generating") as progress:
        labels = generate_electrode(recipe, progress=progress)
    path = write_volume(out, labels, voxel_size=recipe.voxel_size)
    fractions = {name: float((labels == label).mean()) for name, label in PHASES.items()}
    result = {"volume": str(path), "shape": labels.shape, "phases": PHASES, "volume_fraction": fractions}
    rows = table(("phase", "label", "fraction"), [(name, PHASES[name], fractions[name]) for name in PHASES])
    report(result, json_file, f"{path}: {times(labels.shape)} voxels", rows)
