"""The command on Compton spectra: S-parameter and stoichiometry, pixel by pixel and by depth."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import number, whole
from .app import command
from .console import report, table, times
from .option_lists import text_option
from .options import JsonOption, OnlyReportOption, VoxelSizeOption, voxel_size_m


@command(
    [
        (
            "microsim compton counts.tif --energies E.txt --incident-keV 115 --angle-deg 90 --states"
            " table2.txt --regions 3 \\"
        ),
        "    --out lithium.tif --report out",
    ]
)
def compton(
    counts: Annotated[
        str, typer.Argument(metavar="COUNTS", help="Photons over energy (TIFF, HDF5, npy): a stack.")
    ],
    incident_keV: Annotated[
        str, typer.Option("--incident-keV", metavar="E", help="Energy of the beam, keV.")
    ],
    angle_deg: Annotated[str, typer.Option("--angle-deg", metavar="A", help="Scattering angle, degrees.")],
    energies: Annotated[
        str, typer.Option("--energies", metavar="FILE", help="Energies of the channels, eV, one a line.")
    ],
    states: text_option(
        "--states",
        "FILE",
        "Reference states, two columns: S-parameter and lithium (1 - x); the line through them.",
    ) = None,
    background: text_option(
        "--background",
        "P:P,P:P",
        "Two ranges of momentum, atomic units, whose line is subtracted: -12:-9,9:12.",
    ) = None,
    transmission: text_option(
        "--transmission", "FILE", "Share of scattered photons detected in each channel."
    ) = None,
    regions: text_option("--regions", "N", "Regions of depth, along x.") = "3",
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
    """Map lithium from Compton-scattered photons.

    Energies become electron momenta, counts a Compton profile, its share within 1 atomic unit over that from
    1 to 5 the S-parameter, and a line through reference states lithium. Uncertainties are those of counting
    and of the line.
    """
    from ..maps import compton as physics
    from ..maps.spectra import check_energies
    from ..maps.stacks import read_energies, read_numbers, read_stack

    beam, angle = (
        number(1.0, 1e4)(incident_keV, "--incident-keV"),
        number(0.0, 180.0, above=True)(angle_deg, "--angle-deg"),
    )
    images = read_stack(counts, file_axes=file_axes)
    listed = check_energies(read_energies(energies), len(images.values))
    shares = None if transmission is None else read_numbers(transmission)
    if shares is not None and (len(shares) != len(listed) or not (shares > 0).all()):
        raise InputError(
            f"--transmission: expected a share above 0 for each of the {len(listed)} channels, got "
            f"{len(shares)}; correct the file."
        )
    profile = physics.compton_profile(
        listed, images.values, 1e3 * beam, angle, background=_ranges(background), transmission=shares
    )
    s, sigma = physics.s_parameter(profile)
    line = None if states is None else physics.calibrate_stoichiometry(*_states(states))
    values, error = (s, sigma) if line is None else line.of(s, sigma)
    edges = _edges(whole(1)(regions, "--regions"), len(values))
    result = _numbers(images, s, sigma, values, error, line, physics.by_region(values, error, edges), edges)
    result |= {
        "incident_keV": beam,
        "angle_deg": angle,
        "peak_eV": float(physics.scattered_energy(0.0, 1e3 * beam, angle)),
        "states": states,
    }
    size = voxel_size_m(voxel_size_nm) or images.voxel_size
    lines = _lines(result)
    if out is not None:
        lines += [f"map: {path}" for path in _write(out, values, error, size)]
    if report_folder is not None:
        from ..report.pages import compton as page

        written = page.write(
            report_folder,
            profile=profile,
            values=values,
            error=error,
            line=line,
            states=None if states is None else _states(states),
            voxel_size=size,
            result=result,
        )
        lines.append(f"report: {written}")
    title = f"{images.source}: {len(listed)} channels, {times(images.values.shape[1:])} pixels"
    report(result, json_file, title, *lines)


def _ranges(given):
    if given is None:
        return None
    parts = [[number(-100, 100)(end, "--background") for end in part.split(":")] for part in given.split(",")]
    if len(parts) != 2 or any(len(part) != 2 or part[0] >= part[1] for part in parts):
        raise InputError(f"--background: expected two ranges like -12:-9,9:12, got {given}; correct it.")
    return tuple(map(tuple, parts))


def _states(path):
    from ..maps.stacks import read_columns

    columns = read_columns(path)
    if columns.shape[1] != 2:
        raise InputError(
            f"--states: expected two columns (S, lithium), got {columns.shape[1]} in {path}; correct the"
            " file."
        )
    return columns[:, 0], columns[:, 1]


def _edges(count, layers):
    if count > layers:
        raise InputError(
            f"--regions: expected at most one for each of the {layers} layers along x, got {count}; ask for"
            " fewer."
        )
    return [round(k * layers / count) for k in range(count + 1)]


def _numbers(images, s, sigma, values, error, line, parts, edges):
    import numpy as np

    known = np.isfinite(values)
    if not known.any():
        raise InputError("expected pixels with a Compton profile, got none; check energies, beam and angle.")
    return {
        "quantity": "S" if line is None else "lithium",
        "mean": values[known].mean(),
        "std": values[known].std(),
        "sigma_rms": float(np.sqrt(np.mean(error[known] ** 2))),
        "S_mean": s[known].mean(),
        "S_sigma_rms": float(np.sqrt(np.mean(sigma[known] ** 2))),
        "pixels": {"used": int(known.sum()), "without a profile": int((~known).sum())},
        "regions": [
            {"layers": [start, end], "mean": mean, "sigma": own, "std": spread, "pixels": n}
            for start, end, (mean, own, spread, n) in zip(edges, edges[1:], parts)
        ],
        "line": (
            None
            if line is None
            else {
                "slope": line.slope,
                "intercept": line.intercept,
                "r_squared": line.r_squared,
                "scatter": line.scatter,
                "states": line.n,
            }
        ),
        "stack": images.source,
        "stack_sha256": images.sha256,
        "shape": images.values.shape[1:],
    }


def _lines(result):
    rows = [(name, result[name]) for name in ("mean", "std", "sigma_rms", "S_mean", "S_sigma_rms")]
    lines = [table((result["quantity"], "value"), rows)]
    parts = [
        (f"{r['layers'][0]} to {r['layers'][1]}", r["mean"], r["sigma"], r["std"], r["pixels"])
        for r in result["regions"]
    ]
    lines.append(table(("layers along x", "mean", "its sigma", "std", "pixels"), parts))
    if result["line"]:
        lines.append(
            "lithium = {slope:.4g} S {intercept:+.4g}, R squared {r_squared:.5f}".format(**result["line"])
        )
    return lines


def _write(out, values, error, size):
    import numpy as np

    from ..volumes.volume import write_volume

    beside = out.with_name(f"{out.stem}_sigma{out.suffix}")
    return [
        write_volume(path, np.asarray(array, np.float32), voxel_size=size)
        for path, array in ((out, values), (beside, error))
    ]
