"""The command on particles: their sizes, cracks and contacts, and what changed between two states."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import number, whole
from .app import command
from .console import progress_bar, report, table
from .option_lists import text_option
from .options import (
    CropOption,
    FileAxesOption,
    JsonOption,
    OnlyReportOption,
    PhasesOption,
    VolumeArgument,
    VoxelSizeOption,
    axes_order,
    name_values,
    read_grid,
)


def name_option(name, help):
    return text_option(name, "NAME", help)


@command(
    [
        "microsim particles cycled.tif --phases pore=0,cbd=1,am=2,crack=3 --voxel-size-nm 100 \\",
        "    --against pristine.tif --json -",
    ]
)
def particles(
    volume: VolumeArgument,
    phases: PhasesOption = None,
    active: name_option("--active", "Phase of the particles.") = "am",
    crack: name_option("--crack", "Phase of the cracks in them, if any.") = "crack",
    contact: name_option("--contact", "Phase whose contact is measured.") = "cbd",
    pore: name_option("--pore", "Phase looked at for delaminated layers.") = "pore",
    depth: text_option(
        "--split-depth", "D", "Split where a neck is narrower by 2 D voxels; less gives more."
    ) = "1",
    smallest: text_option("--smallest", "N", "Voxels below which a piece is no particle or fragment.") = "27",
    regions: text_option("--regions", "N", "Regions of depth for the sizes.") = "3",
    extent_um: text_option("--sheet-extent-um", "L", "Least extent of a delaminated layer, um.") = "5",
    against: text_option("--against", "VOLUME", "The state before, with the same phases and voxels.") = None,
    draws: text_option("--draws", "N", "Bootstrap samples of the comparison.") = "1000",
    seed: text_option("--seed", "N", "Of the bootstrap.") = "0",
    maps: Annotated[
        Path | None,
        typer.Option("--maps", metavar="DIR", help="Folder for label volumes: particles, fragments, grains."),
    ] = None,
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    crop: CropOption = None,
    report_folder: OnlyReportOption = None,
    json_file: JsonOption = None,
):
    """Measure particles, their cracks and their contacts; compare two states.

    Touching particles are split. Each has volume, diameter, sphericity, depth, neighbours, share of cracks in
    its volume and of its surface in contact with binder. Also fragments and grains over the depth, clusters
    of the binder, void layers parallel to the collector. With --against, the relative change of each figure
    since VOLUME's state before, with 95 % bootstrap intervals over the particles.
    """
    options = {
        "active": active,
        "crack": crack,
        "contact": contact,
        "depth": number(0.0, 100.0)(depth, "--split-depth"),
        "smallest": whole(1)(smallest, "--smallest"),
    }
    count, extent = (
        whole(1, 1000)(regions, "--regions"),
        number(0.0, 1e4, above=True)(extent_um, "--sheet-extent-um"),
    )
    samples, start = whole(10, 100000)(draws, "--draws"), whole(0)(seed, "--seed")
    read = (phases, voxel_size_nm, file_axes, crop)
    source, grid = _read_state(volume, *read)
    from ..shapes.particles import compare_states

    found, figures, labels = _state(source, grid, options, pore, count, 1e-6 * extent)
    result = {
        "volume": source.source,
        "volume_sha256": source.sha256,
        "voxel_size_m": grid.voxel_size,
        "options": {key: value for key, value in options.items()},
        **figures,
    }
    if against is not None:
        before_source, before_grid = _read_state(against, *read)
        before, before_figures, _ = _state(before_source, before_grid, options, pore, count, 1e-6 * extent)
        changes = compare_states(before, found, draws=samples, seed=start)
        result["against"] = {
            "volume": before_source.source,
            "volume_sha256": before_source.sha256,
            **before_figures,
        }
        result["change"] = {**changes, **_changes(before_figures, figures)}
    if maps is not None:
        result["maps"] = _write_maps(maps, labels, grid)
    if report_folder is not None:
        from ..report.pages import particles as page

        result["report"] = str(page.write(report_folder, grid=grid, particles=found, result=result))
    _show_particles(result, json_file)


def _read_state(volume, phases, voxel_size_nm, file_axes, crop):
    """Read a label volume as a grid; named phases that it lacks (a pristine electrode without cracks) are
    left out."""
    if phases is not None:
        from ..mesh.grid import label_counts
        from ..volumes.volume import read_voxels

        labels = name_values("--phases", phases, whole(0))
        there = label_counts(read_voxels(volume, file_axes=axes_order(file_axes)).values)
        phases = ",".join(f"{name}={label}" for name, label in labels.items() if label in there)
    source, grid, sized = read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    if not sized:
        raise InputError(f"expected a known voxel size, {source.source} gives none; add --voxel-size-nm.")
    return source, grid


def _state(source, grid, options, pore, regions, extent):
    """Particles of a volume, their figures as plain data, and the label arrays."""
    from ..shapes.particles import (
        binder_clusters,
        delaminated_layers,
        find_particles,
        fragment_labels,
        grain_labels,
        sizes_by_depth,
        state_figures,
    )

    active, contact = options["active"], options["contact"]
    with progress_bar("particles") as progress:
        found = find_particles(grid, **options, progress=progress)
        grains = grain_labels(grid, active=active, progress=progress)
    fragments, count = fragment_labels(found.parts, grid.mask(active), options["smallest"])
    columns = {
        "volume_m3": found.volume,
        "diameter_m": found.diameter,
        "surface_m2": found.surface,
        "sphericity": found.sphericity,
        "depth_m": found.depth,
        "centre_m": found.centre,
        "cut_by_box": found.cut,
        "neighbours": found.neighbours,
        "crack_share": found.crack_share,
        "contact_share": found.contact_share,
        "fragments": found.fragments,
    }
    figures = {
        "particles": {"count": len(found), "cut_by_box": int(found.cut.sum()), **state_figures(found)},
        "fragments": {"count": count, "by_depth": sizes_by_depth(fragments, grid, regions=regions)},
        "grains": {"count": int(grains.max()), "by_depth": sizes_by_depth(grains, grid, regions=regions)},
        "binder": binder_clusters(grid, contact) if contact in grid.names else None,
        "delaminated": delaminated_layers(grid, voids=(pore,), extent=extent) if pore in grid.names else None,
        "per_particle": {name: values.tolist() for name, values in columns.items()},
    }
    return found, figures, {"particles": found.parts, "fragments": fragments, "grains": grains}


def _changes(before, after):
    """Relative changes of figures that have no particles to draw from, so no interval."""
    found = {}
    for name, pick in (
        ("binder_share_of_largest", lambda f: (f["binder"] or {}).get("share_of_largest")),
        ("delaminated_cross_section", lambda f: sum(s["covered"] for s in f["delaminated"] or ())),
    ):
        a, b = pick(before), pick(after)
        change = b / a - 1 if a and b is not None else None
        found[name] = {"before": a, "after": b, "relative_change": change, "low": None, "high": None}
    return found


def _write_maps(folder, labels, grid):
    from ..volumes.volume import write_volume

    folder.mkdir(parents=True, exist_ok=True)
    return {
        name: str(write_volume(folder / f"{name}.tif", values, voxel_size=grid.voxel_size))
        for name, values in labels.items()
    }


def _show_particles(result, json_file):
    totals = result["particles"]
    lines = [table(("figure", "value"), [(name, value) for name, value in totals.items()])]
    header = ("depth um", "fragments", "mean um", "d10", "d50", "d90")
    rows = [
        (
            f"{1e6 * r['start_m']:.4g} to {1e6 * r['end_m']:.4g}",
            r["count"],
            *(r[key] and 1e6 * r[key] for key in ("mean_m", "d10_m", "d50_m", "d90_m")),
        )
        for r in result["fragments"]["by_depth"]
    ]
    lines.append(table(header, rows))
    if result["binder"]:
        lines.append(
            f"binder: {result['binder']['count']} clusters, the largest has"
            f" {result['binder']['share_of_largest']:.4g}"
        )
    if result["delaminated"]:
        header = ("void layer at um", "thickness um", "share of the cross-section")
        lines.append(
            table(
                header,
                [(1e6 * s["depth_m"], 1e6 * s["thickness_m"], s["covered"]) for s in result["delaminated"]],
            )
        )
    if "change" in result:
        header = ("figure", "before", "after", "relative change", "95 % from", "to")
        lines.append(table(header, [(name, *row.values()) for name, row in result["change"].items()]))
    lines += [f"map of {name}: {path}" for name, path in result.get("maps", {}).items()]
    if "report" in result:
        lines.append(f"report: {result['report']}")
    report(result, json_file, f"{result['volume']}: particles", "\n\n".join(lines))
