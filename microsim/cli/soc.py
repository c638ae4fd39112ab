"""Commands on stacks of spectra: a map of lithiation, and the calibration that it needs."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import number, whole
from .app import command
from .console import progress_bar, report, table, times
from .option_lists import flag_option, spread, text_option
from .options import JsonOption, OnlyReportOption, VoxelSizeOption, voxel_size_m
from .soc_options import SpectraOptions, absorption_of, calibrated, listed_counts, states_of


@command(
    [
        "microsim soc frames.tif --energies E.txt --flat flat.tif --dark dark.tif --align \\",
        "    --method edge --calibration first_charge.json --out soc.tif --report out",
        "microsim soc midas_lfp --method lcf --references 'hxn_fe_references::LiFe(II)PO4,Fe(III)PO4' \\",
        "    --shift fit --least-jump otsu --json -",
    ]
)
@spread
def soc(
    stack: Annotated[
        str, typer.Argument(metavar="STACK", help="Images over energy (TIFF, HDF5, npy), or a known name.")
    ],
    how: SpectraOptions,
    calibration: text_option(
        "--calibration", "FILE", "Calibration of microsim calibrate; sets the method."
    ) = None,
    flat: text_option("--flat", "FILE", "Reference frames without sample.") = None,
    dark: text_option("--dark", "FILE", "Dark frames (with --flat).") = None,
    photons_per_unit: text_option(
        "--photons-per-unit", "G", "Detected photons per detector unit (with --flat)."
    ) = "1",
    saturation: text_option(
        "--saturation", "N", "Detector value that counts as saturated (with --flat)."
    ) = None,
    align: flag_option("--align", "Find and undo the drift from image to image.") = False,
    least_jump: text_option("--least-jump", "J|otsu", "Mask voxels with a smaller edge jump.") = None,
    clusters: text_option(
        "--clusters", "N", "Also principal components and N clusters of the spectra."
    ) = None,
    file_axes: text_option(
        "--file-axes", "AXES", "Axes of the file, slowest first, E the energy: Eyx."
    ) = None,
    voxel_size_nm: VoxelSizeOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Map to write (.tif, .h5, .npy); its uncertainty beside it as *_sigma.",
        ),
    ] = None,
    report_folder: OnlyReportOption = None,
    json_file: JsonOption = None,
):
    """Map lithiation from a stack of spectra.

    Each voxel's spectrum gives an edge energy, shares of references or a three-energy ratio, and a
    calibration (or the references' own lithiation) turns it into lithiation, with the uncertainty of
    counting, calibration and curve. Without either the map is that of the quantity itself. Voxels that cannot
    be used are counted by reason.
    """
    from ..maps import soc_maps
    from ..maps.spectra import check_energies
    from ..maps.stacks import read_energies, read_stack

    images = read_stack(stack, file_axes=file_axes)
    listed = read_energies(how.energies) if how.energies else images.energies
    if listed is None:
        raise InputError(f"expected the energies of {stack}, got none; add --energies.")
    listed = check_energies(listed, len(images.values))
    size = voxel_size_m(voxel_size_nm) or images.voxel_size
    table_of, numbers = how.read_references()
    settings, curve = how.settings(), None
    if calibration is not None:
        settings, curve = calibrated(calibration, how.method, table_of)
        numbers = curve.settings.get("numbers") or numbers
    with progress_bar("spectra") as progress:
        mu, sigma, reason = absorption_of(
            images, flat, dark, photons_per_unit, saturation, how.noise, file_axes
        )
        mu, shifts = how.on_one_scale(mu, listed), None
        if align:
            from ..maps.drift import drift, undrift

            shifts = drift(mu, progress=progress)
            wide = sigma is not None and getattr(sigma, "shape", ()) == mu.shape
            mu, moved = undrift(mu, shifts, sigma if wide else None)
            sigma = moved if wide else sigma
        settings = soc_maps.prepared(how.with_windows(settings, mu, listed), mu, listed, table_of)
        measured = soc_maps.measure(
            mu,
            listed,
            settings,
            sigma,
            references=table_of,
            numbers=numbers,
            reason=reason,
            progress=progress,
        )
    threshold = None
    if least_jump is not None:
        least = least_jump if least_jump == "otsu" else number()(least_jump, "--least-jump")
        measured, threshold = soc_maps.masked(measured, least)
    if curve is None and settings.name != "lcf" and table_of is not None and numbers is not None:
        curve = soc_maps.calibration_from(
            settings,
            listed,
            table_of.at(listed, settings.shift).T,
            numbers,
            0.0,
            provenance={"references": table_of.source, "sha256": table_of.sha256},
        )
    found = soc_maps.to_lithiation(measured, curve) if curve is not None or settings.name == "lcf" else None
    result = _numbers(images, listed, measured, found, curve, table_of, threshold, shifts, size, calibration)
    if clusters is not None:
        result["components"], parts = _clusters(mu, listed, measured, clusters)
    lines = _lines(result)
    if out is not None:
        values, error = (found.values, found.sigma) if found else (measured.quantity, measured.sigma)
        lines += [f"map: {path}" for path in _write(out, values, error, size)]
    if report_folder:
        from ..report.pages import soc as page

        shown = page.SocPage(
            listed, mu, sigma, measured, found, table_of, size, threshold, curve, parts if clusters else None
        )
        lines.append(f"report: {page.write(report_folder, page=shown, result=result)}")
    title = (
        f"{images.source}: {len(listed)} energies, {times(images.values.shape[1:])} voxels, {settings.name}"
    )
    report(result, json_file, title, *lines)


@command(
    [
        "microsim calibrate series.h5::mu --energies series.h5::energy --lithiation x.txt \\",
        "    --method edge --degree 3 --select 0:111 --out first_charge.json",
    ]
)
@spread
def calibrate(
    series: Annotated[
        str,
        typer.Argument(metavar="SERIES", help="Spectra of known lithiation: array [state, energy], columns."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.json", help="Calibration to write.")],
    how: SpectraOptions,
    lithiation: text_option("--lithiation", "FILE", "Lithiation of each state, one a line.") = None,
    degree: text_option("--degree", "N", "Degree of the polynomial x(quantity).") = "1",
    ends: text_option(
        "--ends",
        "SHARE",
        "Fit only to states within this share of the lithiation's range from either end, 0.1 say.",
    ) = None,
    select: text_option("--select", "A:B", "States to use, the end not included.") = None,
    json_file: JsonOption = None,
):
    """Calibrate a method on a series of spectra with known lithiation.

    Fits lithiation as a polynomial of the measured quantity and writes it with its own error, the method's
    settings and where it came from, for `microsim soc --calibration`.
    """
    from ..maps import soc_maps
    from ..maps.stacks import read_energies, read_numbers, read_series

    listed, spectra, x, source, sha256 = read_series(
        series, energies=read_energies(how.energies) if how.energies else None
    )
    x = read_numbers(lithiation) if lithiation else x
    if x is None or len(x) != spectra.shape[1]:
        raise InputError(
            f"expected a lithiation for each of the {spectra.shape[1]} states, got "
            f"{'none' if x is None else len(x)}; add --lithiation."
        )
    first, last = states_of(select, spectra.shape[1])
    spectra, x = how.on_one_scale(spectra, listed)[:, first:last], x[first:last]
    table_of, numbers = how.read_references()
    settings = how.with_windows(how.settings(), spectra, listed)
    noise = None if how.noise is None else number(0.0)(how.noise, "--noise")
    share = None if ends is None else number(0.0, 0.5, above=True)(ends, "--ends")
    about = {
        "series": source,
        "sha256": sha256,
        "states": [first, last],
        "ends": share,
        "foil": how.foil,
        "energy_shift": how.energy_shift,
    }
    curve = soc_maps.calibration_from(
        settings,
        listed,
        spectra,
        x,
        noise,
        degree=whole(1, 9)(degree, "--degree"),
        ends=share,
        references=table_of,
        numbers=numbers,
        provenance=about,
    )
    path = curve.save(out)
    from dataclasses import asdict

    rows = [
        ("states fitted to", curve.n),
        ("from", curve.low),
        ("to", curve.high),
        ("rms about the curve", curve.residual),
        ("lack of fit", curve.lack),
        ("coefficients", " ".join(f"{c:.5g}" for c in curve.coefficients)),
    ]
    report(
        {"calibration": str(path), **asdict(curve)},
        json_file,
        f"{source}: x over {settings.name}",
        table(("", "value"), rows),
        f"calibration: {path}",
    )


def _clusters(mu, energies, measured, count):
    import numpy as np

    from ..maps.components import components
    from ..maps.spectra import normalisation, normalise

    if measured.method.windows is None:
        raise InputError("--clusters: expected full spectra, got three energies; leave it out.")
    values, _, _ = normalise(
        np.where(measured.reason == 0, mu, np.nan), normalisation(energies, measured.method.windows)
    )
    found = components(values, clusters=whole(2, 20)(count, "--clusters"))
    sizes = [int((found.labels == k).sum()) for k in range(len(found.centres))]
    return {"explained": found.explained, "cluster_voxels": sizes}, found


def _numbers(images, energies, measured, found, curve, references, threshold, shifts, size, calibration):
    import numpy as np

    from ..maps.soc_maps import counts_of

    values, error = (found.values, found.sigma) if found else (measured.quantity, measured.sigma)
    known = np.isfinite(values)
    if not known.any():
        raise InputError(
            f"expected voxels with an edge, got none of {known.size}"
            f" ({listed_counts(counts_of(measured.reason))}); check the windows, the noise and the mask."
        )
    what = "lithiation" if found else {"edge": "edge_energy_eV", "three-energy": "m"}[measured.method.name]
    weights = np.clip(measured.jump[known], 0, None)
    return {
        "quantity": what,
        "mean": values[known].mean(),
        "std": values[known].std(),
        "mean_weighted_by_jump": np.average(values[known], weights=weights) if weights.sum() > 0 else None,
        "sigma_rms": float(np.sqrt(np.nanmean(error[known] ** 2))),
        "budget": found.budget if found else None,
        "voxels": found.counts if found else counts_of(measured.reason),
        "residual_median": None if measured.residual is None else float(np.median(measured.residual[known])),
        "least_jump": threshold,
        "largest_drift_voxels": None if shifts is None else float(np.abs(shifts).max()),
        "method": measured.method.as_dict(),
        "references": (
            None
            if references is None
            else {"names": references.names, "file": references.source, "sha256": references.sha256}
        ),
        "calibration": (
            None
            if curve is None
            else {
                "file": calibration,
                "rms": curve.residual,
                "lack_of_fit": curve.lack,
                "states": curve.n,
                "provenance": curve.provenance,
            }
        ),
        "energies_eV": [energies[0], energies[-1], len(energies)],
        "shape": images.values.shape[1:],
        "voxel_size_m": size,
        "stack": images.source,
        "stack_sha256": images.sha256,
    }


def _lines(result):
    rows = [
        (name, result[name])
        for name in ("mean", "std", "mean_weighted_by_jump", "sigma_rms", "residual_median")
        if result[name] is not None
    ]
    rows += [(f"error: {name.replace('_', ' ')}", value) for name, value in (result["budget"] or {}).items()]
    lines = [table((result["quantity"], "value"), rows), f"voxels: {listed_counts(result['voxels'])}"]
    if result["method"]["name"] == "lcf":
        lines.append(f"shift of the references: {result['method']['shift']:.3f} eV")
    return lines


def _write(out, values, error, size):
    import numpy as np

    from ..volumes.volume import write_volume

    beside = out.with_name(f"{out.stem}_sigma{out.suffix}")
    return [
        write_volume(path, np.asarray(array, np.float32), voxel_size=size)
        for path, array in ((out, values), (beside, error))
    ]
