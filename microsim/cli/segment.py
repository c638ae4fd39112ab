"""Commands from grey values to phases, and from phases to particles."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..console import lengths_nm, progress_bar, report, table, times
from ..errors import InputError
from ..schema import number, voxel_ranges, whole
from .app import command
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
    numbers,
    read_grid,
    voxel_size_m,
)


class Denoise(StrEnum):
    """How noise is taken off."""

    NONE, MEDIAN, NLM = "none", "median", "nlm"


class Method(StrEnum):
    """How voxels are labelled."""

    OTSU, LI, CLASSIFIER = "otsu", "li", "classifier"


class PoreBackMethod(StrEnum):
    """How the light of walls behind pores is told from solid."""

    FADING, MIXTURE = "fading", "mixture"


class AxisName(StrEnum):
    """An axis."""

    X, Y, Z = "x", "y", "z"


@command(
    [
        "microsim segment stack.tif --out labels.tif --phases pore,cbd,am --voxel-size-nm 15.2,15.2,100 --file-axes zyx \\",
        "    --curtains-along y --align --to-voxel-nm 100 --denoise nlm --pore-back --watershed --cracks crack --report out",
        "microsim segment stack.tif --out labels.tif --recipe labels.recipe.yaml --json -",
    ]
)
def segment(
    grey: Annotated[str, typer.Argument(metavar="GREY", help="Grey-scale volume, or a data set's name.")],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="VOLUME", help="Label volume to write; its suffix says the format."),
    ],
    phases: Annotated[
        str | None,
        typer.Option("--phases", metavar="NAME,...", help="Phases from dark to bright: pore,cbd,am."),
    ] = None,
    recipe_file: Annotated[
        Path | None,
        typer.Option(
            "--recipe", metavar="FILE.yaml", help="Run these steps instead of those of the options."
        ),
    ] = None,
    slicing_axis: Annotated[
        AxisName, typer.Option("--slicing-axis", help="Axis across the images, as taken.")
    ] = AxisName.Z,
    crop: CropOption = None,
    curtains_along: Annotated[
        AxisName | None, typer.Option("--curtains-along", help="Take off curtains that run along this axis.")
    ] = None,
    rings: Annotated[
        bool, typer.Option("--rings", help="Take off rings around the slicing axis (tomography).")
    ] = False,
    normalise: Annotated[
        AxisName | None,
        typer.Option("--normalise", help="Even out the brightness of the layers along this axis."),
    ] = None,
    align: Annotated[bool, typer.Option("--align", help="Take back the drift of the slices.")] = False,
    align_region: Annotated[
        str | None,
        typer.Option(
            "--align-region",
            metavar="y=0:32,...",
            help="Voxels looked at for the drift, say a fiducial mark.",
        ),
    ] = None,
    to_voxel_nm: Annotated[
        str | None,
        typer.Option("--to-voxel-nm", metavar="H", help="Resample to voxels of this edge, nm (or x,y,z)."),
    ] = None,
    denoise: Annotated[
        Denoise, typer.Option("--denoise", help="Take off noise (in the slices).")
    ] = Denoise.NONE,
    unsharp: Annotated[
        str | None,
        typer.Option("--unsharp", metavar="A", help="Sharpen in the slices, by this amount (0.75, say)."),
    ] = None,
    method: Annotated[Method, typer.Option("--method", help="How voxels are labelled.")] = Method.OTSU,
    thresholds: Annotated[
        str | None,
        typer.Option("--thresholds", metavar="G,...", help="Grey values between the phases; else measured."),
    ] = None,
    painted: Annotated[
        str | None,
        typer.Option(
            "--painted", metavar="VOLUME", help="Painted labels for the classifier: 0 none, k the k-th phase."
        ),
    ] = None,
    back: Annotated[
        bool, typer.Option("--pore-back", help="Return walls seen through pores to pore (FIB-SEM).")
    ] = False,
    pore_back_method: Annotated[
        PoreBackMethod, typer.Option("--pore-back-method", help="How such walls are found.")
    ] = PoreBackMethod.FADING,
    watershed: Annotated[
        bool, typer.Option("--watershed", help="Give voxels of blurred edges to the phases on their sides.")
    ] = False,
    cracks: Annotated[
        str | None,
        typer.Option("--cracks", metavar="NAME", help="Look for cracks in the brightest phase; their name."),
    ] = None,
    crack_width: Annotated[
        str, typer.Option("--crack-width", metavar="N", help="Half of the widest crack, voxels.")
    ] = "4",
    bounds: Annotated[
        str,
        typer.Option(
            "--bounds", metavar="B", help="How far low and high volumes move edges; share of the grey step."
        ),
    ] = "0.1",
    write_bounds: Annotated[
        bool, typer.Option("--write-bounds", help="Write the low and high volumes beside VOLUME too.")
    ] = False,
    probability: Annotated[
        Path | None,
        typer.Option("--probability", metavar="FILE.h5", help="Write the probability of each phase."),
    ] = None,
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    scratch: Annotated[
        Path | None,
        typer.Option("--scratch", metavar="DIR", help="Work in files of this folder, not in memory."),
    ] = None,
    report_folder: OnlyReportOption = None,
    json_file: JsonOption = None,
):
    """Turn a grey-scale volume into labelled phases.

    The steps that options name run in the order of the list below, or those of a recipe in its order; either way the
    recipe is written beside VOLUME as NAME.recipe.yaml, and running it again gives the same voxels. Labels are 0, 1, ... from dark to bright, cracks last.
    Low and high volumes, with edges moved to other grey values, give each fraction (and all that is computed from them)
    an error bar.
    """
    steps = {
        "crop": crop and name_values("--crop", crop, _ends),
        "curtains": curtains_along and {"axis": slicing_axis.value, "along": curtains_along.value},
        "rings": {"axis": slicing_axis.value} if rings else None,
        "normalise": normalise and {"axis": normalise.value},
        "align": _align(align, align_region, slicing_axis),
        "resample": to_voxel_nm and {"voxel_size_nm": numbers(to_voxel_nm)},
        **_denoise(denoise, slicing_axis),
        "unsharp": unsharp and {"amount": unsharp, "axis": slicing_axis.value},
        **_labelling(
            method,
            thresholds,
            painted and {"painted": painted, "file_axes": file_axes},
            back,
            pore_back_method,
            slicing_axis,
        ),
        "watershed": {"axis": slicing_axis.value} if watershed else None,
        "cracks": {"width": crack_width} if cracks else None,
    }
    recipe = _recipe(
        recipe_file, phases, cracks, {name: given for name, given in steps.items() if given is not None}
    )
    shift = number(0.0, 0.45)(bounds, "--bounds")
    axes = axes_order(file_axes) if file_axes != "xyz" else recipe.file_axes or "xyz"
    options = {"file_axes": axes, "voxel_size": voxel_size_m(voxel_size_nm) or recipe.voxel_size}
    from dataclasses import replace

    from ..imaging.recipe import open_grey, run_recipe
    from ..imaging.slabs import scratch_store

    with scratch_store(scratch) as store:
        values, source = open_grey(grey, store=store, **options)
        recipe = replace(recipe, file_axes=source.file_axes, voxel_size=source.voxel_size)
        with progress_bar("segmenting") as progress:
            state, pictures = run_recipe(recipe, values, source.voxel_size, store=store, progress=progress)
        result = _segmented(state, shift, source, recipe)
        result["files"] = _write_labels(state, out, recipe, shift if write_bounds else None, probability)
        if report_folder is not None:
            from ..report.segment_pages import write_segment_report

            with progress_bar("drawing") as progress:
                page = write_segment_report(report_folder, state, pictures, result, values, progress=progress)
            result["files"]["report"] = str(page)
    result["volume_sha256"] = source.sha256
    _show_segmented(result, json_file)


def _ends(given, path):
    return given.split(":")


def _align(align, region, axis):
    if region is not None and not align:
        raise InputError("--align-region: expected --align beside it, got it alone; add --align.")
    if not align:
        return None
    box = voxel_ranges(name_values("--align-region", region, _ends), "--align-region") if region else None
    return {"axis": axis.value, **({"region": {key: list(ends) for key, ends in box.items()}} if box else {})}


def _denoise(denoise, axis):
    return {} if denoise is Denoise.NONE else {denoise.value: {"axis": axis.value}}


def _labelling(method, thresholds, painted, back, pore_back_method, axis):
    if (painted is not None) != (method is Method.CLASSIFIER):
        raise InputError(
            "--painted: expected together with --method classifier, got one alone; give both or neither."
        )
    if thresholds is not None and method is Method.CLASSIFIER:
        raise InputError("--thresholds: expected with --method otsu or li, got classifier; leave one out.")
    values = None if thresholds is None else thresholds.split(",")
    steps = {}
    if values or method is Method.LI or not back and method is Method.OTSU:
        steps["thresholds"] = {"method": method.value, **({"values": values} if values else {})}
    if back:
        steps["pore_back"] = {"axis": axis.value, "method": pore_back_method.value}
    if method is Method.CLASSIFIER:
        steps["classifier"] = painted
    return steps


def _recipe(path, phases, crack, steps):
    from ..imaging.recipe import Recipe, load_recipe
    from ..schema import section

    if path is not None:
        steps = (
            {} if steps == {"thresholds": {"method": "otsu"}} else steps
        )  # what no option at all stands for
        if phases is not None or crack is not None or steps:
            given = ", ".join(steps) or "phases"
            raise InputError(
                f"--recipe: expected no other steps beside it, got {given}; leave out one of the two."
            )
        return load_recipe(path)
    if phases is None:
        raise InputError(
            "--phases: expected the names of the phases from dark to bright, got none; add pore,cbd,am, say."
        )
    raw = {
        "phases": [name.strip() for name in phases.split(",")],
        "steps": [{k: v} for k, v in steps.items()],
    }
    return section(Recipe, {**raw, **({"crack": crack} if crack else {})}, "")


def _segmented(state, shift, source, recipe):
    """The numbers of a segmentation."""
    from dataclasses import asdict

    from ..imaging.recipe import recipe_record
    from ..imaging.segmentation import label_shares, moved_edges

    names, count = state.names, len(state.names)
    fractions = {"middle": label_shares(state.labels, count)}
    for bound, by in (("low", -shift), ("high", shift)):
        fractions[bound] = label_shares(moved_edges(state.matter, state.labels, state.levels, by), count)
    steps = [{"step": name, **figures} for name, figures in state.found.items()]
    return {
        "volume": source.source,
        "shape": list(state.labels.shape),
        "voxel_size_m": state.voxel_size,
        "phases": {name: label for label, name in enumerate(names)},
        "volume_fraction": dict(zip(names, fractions["middle"])),
        "bounds": {
            "moved_by": shift,
            **{bound: dict(zip(names, fractions[bound])) for bound in ("low", "high")},
        },
        "levels": asdict(state.levels),
        "mean_probability": _confidence(state),
        "steps": steps,
        "recipe": recipe_record(recipe),
    }


def _confidence(state):
    """Mean probability of the label that a voxel was given before edges and cracks were looked at."""
    import numpy as np

    from ..imaging.segmentation import threshold_probabilities

    found = 0.0
    for i in range(state.labels.shape[0]):
        if state.probability is None:
            likely = threshold_probabilities(state.matter[i : i + 1], state.levels)
        else:
            likely = state.probability[:, i]
        found += float(np.max(likely, axis=0).mean())
    return found / state.labels.shape[0]


def _write_labels(state, out, recipe, shift, probability):
    from ..imaging.recipe import save_recipe, write_probability
    from ..imaging.segmentation import moved_edges, threshold_probabilities
    from ..imaging.volume import write_volume

    size = {"voxel_size": state.voxel_size}
    files = {"labels": str(write_volume(out, state.labels, **size))}
    stem, suffix = out.name.removesuffix(out.suffix), out.suffix
    if shift is not None:
        for bound, by in (("low", -shift), ("high", shift)):
            moved = moved_edges(state.matter, state.labels, state.levels, by)
            files[bound] = str(write_volume(out.with_name(f"{stem}.{bound}{suffix}"), moved, **size))
    if probability is not None:
        likely = state.probability
        likely = threshold_probabilities(state.matter, state.levels) if likely is None else likely
        files["probability"] = str(write_probability(probability, likely, state.phases, state.voxel_size))
    files["recipe"] = str(save_recipe(out.with_name(f"{stem}.recipe.yaml"), recipe))
    return files


def _show_segmented(result, json_file):
    low, high = (result["bounds"][bound] for bound in ("low", "high"))
    rows = []
    for name, label in result["phases"].items():
        three = (
            low[name],
            result["volume_fraction"][name],
            high[name],
        )  # the middle one need not lie in between
        rows.append((name, label, three[1], min(three), max(three)))
    size = (
        "unknown voxel size"
        if not result["voxel_size_m"]
        else f"voxels of {lengths_nm(result['voxel_size_m'])} nm"
    )
    lines = [table(("phase", "label", "fraction", "least", "most"), rows)]
    for step in result["steps"]:
        if step["step"].startswith("pore_back"):
            header = ("pore-back", *step["before"])
            lines.append(table(header, [(when, *step[when].values()) for when in ("before", "after")]))
    grey = [f"{m:.4g} +- {s:.2g}" for m, s in zip(result["levels"]["means"], result["levels"]["spreads"])]
    lines.append("grey levels: " + ", ".join(f"{n} {g}" for n, g in zip(result["phases"], grey)))
    lines.append("\n".join(f"{what}: {path}" for what, path in result["files"].items()))
    report(result, json_file, f"{result['volume']}: {times(result['shape'])} {size}", "\n\n".join(lines))


# ---- particles ---------------------------------------------------------------------------------------------------


@command(
    [
        "microsim particles cycled.tif --phases pore=0,cbd=1,am=2,crack=3 --voxel-size-nm 100 \\",
        "    --against pristine.tif --json -",
    ]
)
def particles(
    volume: VolumeArgument,
    phases: PhasesOption = None,
    active: Annotated[str, typer.Option("--active", metavar="NAME", help="Phase of the particles.")] = "am",
    crack: Annotated[
        str, typer.Option("--crack", metavar="NAME", help="Phase of the cracks in them, if any.")
    ] = "crack",
    contact: Annotated[
        str, typer.Option("--contact", metavar="NAME", help="Phase whose contact is measured.")
    ] = "cbd",
    pore: Annotated[
        str, typer.Option("--pore", metavar="NAME", help="Phase looked at for delaminated layers.")
    ] = "pore",
    depth: Annotated[
        str,
        typer.Option(
            "--split-depth",
            metavar="D",
            help="Split where a neck is narrower by 2 D voxels; less gives more.",
        ),
    ] = "1",
    smallest: Annotated[
        str,
        typer.Option(
            "--smallest", metavar="N", help="Voxels below which a piece is no particle or fragment."
        ),
    ] = "27",
    regions: Annotated[
        str, typer.Option("--regions", metavar="N", help="Regions of depth for the sizes.")
    ] = "3",
    extent_um: Annotated[
        str, typer.Option("--sheet-extent-um", metavar="L", help="Least extent of a delaminated layer, um.")
    ] = "5",
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="VOLUME", help="The state before, with the same phases and voxels."
        ),
    ] = None,
    draws: Annotated[
        str, typer.Option("--draws", metavar="N", help="Bootstrap samples of the comparison.")
    ] = "1000",
    seed: Annotated[str, typer.Option("--seed", metavar="N", help="Of the bootstrap.")] = "0",
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

    Touching particles are split. Each has volume, diameter, sphericity, depth, neighbours, share of cracks in its volume
    and of its surface in contact with binder. Also fragments and grains over the depth, clusters of the binder, void
    layers parallel to the collector. With --against, the relative change of each figure since VOLUME's state before,
    with 95 % bootstrap intervals over the particles.
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
    from ..mesh.particles import compare_states

    found, figures, labels = _state(source, grid, options, pore, count, 1e-6 * extent)
    result = {"volume": source.source, "volume_sha256": source.sha256, "voxel_size_m": grid.voxel_size,
              "options": {key: value for key, value in options.items()}, **figures}  # fmt: skip
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
        from ..report.segment_pages import write_particles_report

        result["report"] = str(write_particles_report(report_folder, grid, found, result))
    _show_particles(result, json_file)


def _read_state(volume, phases, voxel_size_nm, file_axes, crop):
    """Read a label volume as a grid; named phases that it lacks (a pristine electrode without cracks) are left out."""
    if phases is not None:
        from ..imaging.volume import read_volume
        from ..mesh.grid import label_counts

        labels = name_values("--phases", phases, whole(0))
        there = label_counts(read_volume(volume, file_axes=axes_order(file_axes)).values)
        phases = ",".join(f"{name}={label}" for name, label in labels.items() if label in there)
    source, grid, sized = read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    if not sized:
        raise InputError(f"expected a known voxel size, {source.source} gives none; add --voxel-size-nm.")
    return source, grid


def _state(source, grid, options, pore, regions, extent):
    """Particles of a volume, their figures as plain data, and the label arrays."""
    from ..mesh.particles import (
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
        "volume_m3": found.volume, "diameter_m": found.diameter, "surface_m2": found.surface,
        "sphericity": found.sphericity, "depth_m": found.depth, "centre_m": found.centre, "cut_by_box": found.cut,
        "neighbours": found.neighbours, "crack_share": found.crack_share, "contact_share": found.contact_share,
        "fragments": found.fragments,
    }  # fmt: skip
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
    from ..imaging.volume import write_volume

    folder.mkdir(parents=True, exist_ok=True)
    return {name: str(write_volume(folder / f"{name}.tif", values, voxel_size=grid.voxel_size))
            for name, values in labels.items()}  # fmt: skip


def _show_particles(result, json_file):
    totals = result["particles"]
    lines = [table(("figure", "value"), [(name, value) for name, value in totals.items()])]
    header = ("depth um", "fragments", "mean um", "d10", "d50", "d90")
    rows = [(f"{1e6 * r['start_m']:.4g} to {1e6 * r['end_m']:.4g}", r["count"],
             *(r[key] and 1e6 * r[key] for key in ("mean_m", "d10_m", "d50_m", "d90_m")))
            for r in result["fragments"]["by_depth"]]  # fmt: skip
    lines.append(table(header, rows))
    if result["binder"]:
        lines.append(
            f"binder: {result['binder']['count']} clusters, the largest has {result['binder']['share_of_largest']:.4g}"
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
    for key in ("maps", "report"):
        if key in result:
            lines.append(f"{key}: {result[key]}")
    report(result, json_file, f"{result['volume']}: particles", "\n\n".join(lines))
