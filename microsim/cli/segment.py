"""The command from grey values to phases."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import number
from .app import command
from .console import lengths_nm, progress_bar, report, table, times
from .option_lists import flag_option, spread, text_option
from .options import FileAxesOption, JsonOption, OnlyReportOption, VoxelSizeOption, axes_order, voxel_size_m
from .segment_options import StepOptions


@command(
    [
        (
            "microsim segment stack.tif --out labels.tif --phases pore,cbd,am --voxel-size-nm 15.2,15.2,100"
            " --file-axes zyx \\"
        ),
        (
            "    --curtains-along y --align --to-voxel-nm 100 --denoise nlm --pore-back --watershed --cracks"
            " crack --report out"
        ),
        "microsim segment stack.tif --out labels.tif --recipe labels.recipe.yaml --json -",
    ]
)
@spread
def segment(
    grey: Annotated[str, typer.Argument(metavar="GREY", help="Grey-scale volume, or a data set's name.")],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="VOLUME", help="Label volume to write; its suffix says the format."),
    ],
    phases: text_option("--phases", "NAME,...", "Phases from dark to bright: pore,cbd,am.") = None,
    recipe_file: Annotated[
        Path | None,
        typer.Option(
            "--recipe", metavar="FILE.yaml", help="Run these steps instead of those of the options."
        ),
    ] = None,
    *,
    how: StepOptions,
    bounds: text_option(
        "--bounds", "B", "How far low and high volumes move edges; share of the grey step."
    ) = "0.1",
    write_bounds: flag_option("--write-bounds", "Write the low and high volumes beside VOLUME too.") = False,
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

    The steps that options name run in the order of the list below, or those of a recipe in its order; either
    way the recipe is written beside VOLUME as NAME.recipe.yaml, and running it again gives the same voxels.
    Labels are 0, 1, ... from dark to bright, cracks last. Low and high volumes, with edges moved to other
    grey values, give each fraction (and all that is computed from them) an error bar.
    """
    recipe = _recipe(recipe_file, phases, how.cracks, how.steps(file_axes))
    shift = number(0.0, 0.45)(bounds, "--bounds")
    axes = axes_order(file_axes) if file_axes != "xyz" else recipe.file_axes or "xyz"
    options = {"file_axes": axes, "voxel_size": voxel_size_m(voxel_size_nm) or recipe.voxel_size}
    from dataclasses import replace

    from ..segment.recipe import open_grey, run_recipe
    from ..volumes.slabs import scratch_store

    with scratch_store(scratch) as store:
        values, source = open_grey(grey, store=store, **options)
        recipe = replace(recipe, file_axes=source.file_axes, voxel_size=source.voxel_size)
        with progress_bar("segmenting") as progress:
            state, pictures = run_recipe(recipe, values, source.voxel_size, store=store, progress=progress)
        result = _segmented(state, shift, source, recipe)
        result["files"] = _write_labels(state, out, recipe, shift if write_bounds else None, probability)
        if report_folder is not None:
            from ..report.pages import segment as page

            with progress_bar("drawing") as progress:
                shown = {"state": state, "pictures": pictures, "result": result}
                result["files"]["report"] = str(page.write(report_folder, **shown, progress=progress))
    result["volume_sha256"] = source.sha256
    _show_segmented(result, json_file)


def _recipe(path, phases, crack, steps):
    from ..base.schema import section
    from ..segment.recipe import Recipe, load_recipe

    if path is not None:
        # what no option at all stands for is no step that was asked for
        given = [name for name, settings in steps if (name, settings) != ("thresholds", {"method": "otsu"})]
        if phases is not None or crack is not None or given:
            raise InputError(
                f"--recipe: expected no other steps beside it, got {', '.join(given) or 'phases'}; leave out"
                " one of the two."
            )
        return load_recipe(path)
    if phases is None:
        raise InputError(
            "--phases: expected the names of the phases from dark to bright, got none; add pore,cbd,am, say."
        )
    raw = {
        "phases": [name.strip() for name in phases.split(",")],
        "steps": [{name: given} for name, given in steps],
    }
    return section(Recipe, {**raw, **({"crack": crack} if crack else {})}, "")


def _segmented(state, shift, source, recipe):
    """The numbers of a segmentation."""
    from dataclasses import asdict

    from ..segment.recipe import recipe_record
    from ..segment.segmentation import label_shares, moved_edges

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

    from ..segment.segmentation import threshold_probabilities

    found = 0.0
    for i in range(state.labels.shape[0]):
        if state.probability is None:
            likely = threshold_probabilities(state.matter[i : i + 1], state.levels)
        else:
            likely = state.probability[:, i]
        found += float(np.max(likely, axis=0).mean())
    return found / state.labels.shape[0]


def _write_labels(state, out, recipe, shift, probability):
    from ..segment.recipe import save_recipe, write_probability
    from ..segment.segmentation import moved_edges, threshold_probabilities
    from ..volumes.volume import write_volume

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
