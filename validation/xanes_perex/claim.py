"""Ni K edge of LiNiO2 over the first cycle: edge energy, calibration on the charge, lithiation on the discharge.

458 operando QEXAFS spectra of a half cell at ROCK, SOLEIL (perex, BIG-MAP), normalised by its authors; x from the charge
passed. The edge energy and the calibration are met. The discharge is not: the spectra give less lithium than the
coulometer, by 0.08 on average and by 0.16 at its end. The last checks say why the map from edge to lithium is not to
blame: at one edge energy the spectra of charge and discharge are alike, and white line and EXAFS, calibrated in
the same way, give the same deficit; it grows in proportion to the charge passed, from none at the turn, and differs
between the two illuminated spots. The spots took back about three quarters of what the whole electrode took back.
"""

from dataclasses import replace

import numpy as np

from microsim.claims import Check, Skip
from microsim.imaging.soc_maps import Method, calibration_from, mean_spectrum, measure, to_lithiation
from microsim.imaging.spectra import windows_for

FILE = "xanes/perex_LiNiO2_operando_NiK.h5"
ISSUE = "required of the first discharge"
UNMET = ("the illuminated spots took back about three quarters of the lithium that the electrode took back; with that share "
         "taken out the stated error is left")


def checks(data):
    energies, mu, x, spot = _series(data)
    charge = np.arange(int(np.argmin(x[:200])) + 1)
    discharge = np.arange(charge[-1] + 1, int(np.argmax(x[charge[-1] : 220])) + charge[-1] + 1)
    windows = windows_for(energies, mean_spectrum(mu))
    half = Method("edge", windows=windows, normalised=True)
    edge = measure(mu, energies, half).quantity
    yield Check("edge energy at mu = 0.5, pristine (eV)", edge[:4].mean(), 8344.8, 0.05, "absolute", "perex")
    yield Check("edge energy at mu = 0.5, end of the first charge (eV)", edge[charge].max(), 8346.3, 0.1, "absolute", "perex")
    results = {}
    for where in (1, 2):
        on = spot == where
        results[where] = _recovered(half, energies, mu, x, charge[on[charge]], discharge[on[discharge]])
        yield Check(f"spot {where}: rms of the charge about its calibration", results[where][0].residual, 0.02, kind="at most")
    deviation = np.concatenate([found - truth for _, found, truth, _ in results.values()])
    yield Check("rms deviation from the coulometric x, first discharge", _rms(deviation), 0.05, kind="at most", source=ISSUE,
                unmet=UNMET)
    yield from _budget(results)
    yield from _same_state(energies, mu, x, edge, charge, discharge)
    peak = replace(half, kind="peak", width=2.0)
    _, found, truth, _ = _recovered(peak, energies, mu, x, charge, discharge)
    mean = deviation.mean()
    yield Check("mean deviation by the white line (reference: by the edge)", (found - truth).mean(), mean, 0.02, "absolute")
    exafs = {}
    for where in (1, 2):
        parts = charge[spot[charge] == where], discharge[spot[discharge] == where]
        exafs[where] = _by_component(mu[(energies > 8400) & (energies < 8900)], x, *parts), x[parts[1]]
    found = np.concatenate([found - truth for found, truth in exafs.values()])
    yield Check("by the EXAFS (reference: by the edge)", found.mean(), mean, 0.02, "absolute")
    share = {where: _share_taken_back(*results[where][1:3])[0] for where in (1, 2)}
    for where in (1, 2):
        yield Check(f"spot {where}: lithium taken back there / by the electrode, edge (reference: EXAFS)", share[where],
                    _share_taken_back(*exafs[where])[0], 0.05)  # fmt: skip
    yield Check("share of spot 2 (reference: of spot 1)", share[2], share[1], 0.05)


def _series(data):
    if data is None or not (data / FILE).exists():
        raise Skip(f"{FILE} in the folder that MICROSIM_DATA names")
    import h5py

    with h5py.File(data / FILE, "r") as file:
        return (file["energy_eV"][()], file["mu_norm"][()].T.astype(float), file["x_Li_at_spectrum"][()],
                file["position"][()])  # fmt: skip


def _recovered(method, energies, mu, x, charge, discharge):
    """Calibrate on the charge, apply to the discharge: (calibration, x found, coulometric x, sigma)."""
    curve = calibration_from(method, energies, mu[:, charge], x[charge], 0.001, degree=3)
    found = to_lithiation(measure(mu[:, discharge], energies, method, 0.001), curve)
    return curve, found.values, x[discharge], found.sigma


def _budget(results):
    """What the deviation of the discharge is made of."""
    stated = _rms(np.concatenate([sigma for *_, sigma in results.values()]))
    yield Check("stated error of a state: noise, calibration and lack of fit", stated, 0.02, kind="at most")
    left = [_share_taken_back(found, truth)[1] for _, found, truth, _ in results.values()]
    yield Check("rms that is left once each spot's share is taken out", _rms(np.concatenate(left)), stated, 0.25,
                source="the stated error")  # fmt: skip


def _share_taken_back(found, truth):
    """Slope of the lithium found over that passed since the turn, and what is left of a straight line."""
    back = truth - truth.min()
    gain, start = np.polyfit(back, found, 1)
    return gain, found - gain * back - start


def _same_state(energies, mu, x, edge, charge, discharge):
    """Spectra of charge and discharge at one edge energy against those at one coulometric x."""
    near = (energies > 8330) & (energies < 8500)
    at_edge, at_x = [], []
    for energy in (8345.4, 8345.6, 8345.8, 8346.0):
        mean = [mu[near][:, part[np.argsort(np.abs(edge[part] - energy))[:4]]].mean(axis=1) for part in (charge, discharge)]
        at_edge.append(_rms(mean[0] - mean[1]))
    for lithium in (0.3, 0.4, 0.5, 0.6, 0.7):
        mean = [mu[near][:, part[np.argsort(np.abs(x[part] - lithium))[:4]]].mean(axis=1) for part in (charge, discharge)]
        at_x.append(_rms(mean[0] - mean[1]))
    what = "difference of the spectra of charge and discharge at one edge energy / at one coulometric x"
    yield Check(what, np.mean(at_edge) / np.mean(at_x), 0.35, kind="at most")


def _by_component(spectra, x, charge, discharge):
    """Lithium from the first principal component of the charge, calibrated likewise with a cubic."""
    mean = spectra[:, charge].mean(axis=1, keepdims=True)
    direction = np.linalg.svd((spectra[:, charge] - mean).T, full_matrices=False)[2][0]
    score = direction @ (spectra - mean)
    score = score / np.abs(score[charge]).max()
    return np.polyval(np.polyfit(score[charge], x[charge], 3), score[discharge])


def _rms(values):
    return float(np.sqrt(np.mean(np.square(values))))
