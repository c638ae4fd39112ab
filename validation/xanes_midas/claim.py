"""Fe K stack of LiFePO4 by linear combination of HXN references; four phases of the HXN sample.

MIDAS test stack (57 energies, 95 x 91 pixels) against LiFe(II)PO4 and Fe(III)PO4 of the HXN library. The
sample is the pixels whose edge jump lies above Otsu's threshold. Of the HXN sample the published mean
spectrum with its fit and the final map are there, the stack is not: the weights of the published fit are
reproduced from its references, and the map is held against them as far as a map without its spectra can be.
"""

import numpy as np

from microsim.jobs.validate import Check, Skip
from microsim.maps.method import Method
from microsim.maps.mixture import fit_references
from microsim.maps.soc_maps import masked, measure_spectra, prepared
from microsim.maps.soundness import mean_spectrum
from microsim.maps.stacks import read_references, read_stack

PHASES = "LiFe(II)PO4", "Pyrite", "StainlessSteelNP", "Hematite_NP"


def checks(data):
    if data is None or not (data / "xanes").is_dir():
        raise Skip("xanes/ in the folder that MICROSIM_DATA names")
    folder = data / "xanes"
    library = read_references(str(folder / "hxn_FeLibNov2021.nor"))
    yield from _iron_phosphate(folder, library)
    yield from _four_phases(folder, library)


def _iron_phosphate(folder, library):
    images = read_stack(f"{folder / 'midas_nanoXANES_FeK_test_data.zip'}::test_data/test_stack.tiff")
    import io
    import zipfile

    with zipfile.ZipFile(folder / "midas_nanoXANES_FeK_test_data.zip") as archive:
        energies = np.loadtxt(io.BytesIO(archive.read("test_data/test_energy.txt")))
    pair = library.pick(["LiFe(II)PO4", "Fe(III)PO4"])
    method = prepared(Method("lcf", background=1, shift=None), images.values, energies, pair)
    found, _ = masked(
        measure_spectra(images.values, energies, method, references=pair, numbers=[1.0, 0.0]), "otsu"
    )
    used = found.reason == 0
    yield Check("shift of the references (eV)", method.shift, -1.75, 0.1, "absolute", "MANIFEST: -1.75 eV")
    yield Check(
        "mean lithiated share of the sample's pixels", found.quantity[used].mean(), 0.98, kind="at least"
    )
    whole = np.average(
        found.quantity[np.isfinite(found.quantity)], weights=np.clip(found.jump[used], 0, None)
    )
    yield Check("the same, weighted with the iron of each pixel", whole, 0.98, kind="at least")
    fit = fit_references(mean_spectrum(images.values), energies, pair, shift=method.shift, background=1)
    yield Check("relative residual of the mean spectrum", float(fit.residual), 0.03, kind="at most")
    yield Check(
        "FePO4 in the mean spectrum", float(fit.share[1]), 0.0, 0.01, "absolute", "MANIFEST: weight 0"
    )
    yield Check(
        "stated uncertainty of a pixel, rms",
        float(np.sqrt(np.mean(found.sigma[used] ** 2))),
        0.03,
        kind="at most",
    )


def _four_phases(folder, library):
    """The published fit: columns that are a weight times a reference. The same weights from the mean
    spectrum."""
    table = np.genfromtxt(folder / "hxn_xanes_fit_plot.csv", delimiter=",", skip_header=1)
    refs = library.pick(list(PHASES))
    inside = table[:, 0] >= refs.energies[0]
    energies, mean, parts = table[inside, 0], table[inside, 1], table[inside, 3:7]
    curves = refs.at(energies)
    published = np.array([curve @ part / (curve @ curve) for curve, part in zip(curves, parts.T)])
    fit = fit_references(mean, energies, refs, least=0.0)
    for name, weight, theirs in zip(PHASES, fit.share, published / published.sum()):
        yield Check(
            f"share of {name} in the mean spectrum", float(weight), theirs, 0.01, "absolute", "published fit"
        )
    import tifffile

    shares = tifffile.imread(folder / "hxn_chemical_map.tiff").reshape(4, -1).sum(axis=1)
    shares = shares / shares.sum()
    source = (
        "published map; the stack that it was made from is not there, so no pixel of it can be computed again"
    )
    yield Check(
        "share of LiFePO4: mean spectrum against map",
        float(fit.share[0]),
        shares[0],
        0.05,
        "absolute",
        source,
    )
    yield Check(
        "share of hematite: mean spectrum against map",
        float(fit.share[3]),
        shares[3],
        0.05,
        "absolute",
        source,
    )
