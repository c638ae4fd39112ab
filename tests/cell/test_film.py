"""The film's thickness: its statistics, its seed, its correlation, its bounds."""

import numpy as np
import pytest
from scipy import stats

from microsim.base.constants import F
from microsim.base.errors import InputError, NotConverged
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.film import Film, Growth, correlated_noise, film_thickness
from microsim.cell.load import Load

from ..cells import half_cell

SHAPE, VOXEL = (60, 50, 50), (0.4e-6, 0.4e-6, 0.4e-6)
FREE = Film("gaussian", std=2e-9, low=-1.0, high=1.0, correlation=0.4e-6, seed=3)  # bounds out of reach


@pytest.fixture(scope="module")
def everywhere():
    """A face in the middle of every voxel."""
    return (np.indices(SHAPE).reshape(3, -1).T + 0.5) * np.array(VOXEL)


def thickness(film, position, shape=SHAPE, voxel=VOXEL):
    return film_thickness(film, position, shape, voxel)


def mean_of(film, position):
    depth = position[:, 0] / (SHAPE[0] * VOXEL[0])
    return film.mean_separator + (film.mean_collector - film.mean_separator) * depth


def test_thickness_is_gaussian_about_a_linear_mean(everywhere):
    drawn = thickness(FREE, everywhere)
    slope, start = np.polyfit(everywhere[:, 0] / (SHAPE[0] * VOXEL[0]), drawn, 1)
    # 150 000 faces, about (2 sqrt(pi))^3 of them to one independent draw: standard error 0.03 nm
    assert start == pytest.approx(20e-9, abs=0.15e-9)
    assert start + slope == pytest.approx(5e-9, abs=0.15e-9)
    noise = (drawn - mean_of(FREE, everywhere)) / FREE.std
    assert noise.std() == pytest.approx(1, rel=0.01) and abs(noise.mean()) < 0.1
    assert abs(stats.skew(noise)) < 0.1 and abs(stats.kurtosis(noise)) < 0.2
    for z, share in ((-1, 0.1587), (0, 0.5), (1, 0.8413), (2, 0.9772)):
        assert np.mean(noise < z) == pytest.approx(share, abs=0.02)


def test_thickness_stays_within_its_bounds(everywhere):
    film = Film("gaussian", seed=3)  # Zhang et al., Joule 7 (2023): 3 to 28 nm
    drawn, free = thickness(film, everywhere), thickness(Film("gaussian", low=-1, high=1, seed=3), everywhere)
    assert drawn.min() == 3e-9 and drawn.max() <= 28e-9
    np.testing.assert_allclose(drawn, np.clip(free, 3e-9, 28e-9), rtol=1e-12)
    wide = thickness(Film("gaussian", std=20e-9, seed=3), everywhere)
    assert wide.max() == 28e-9 and 0.05 < np.mean(wide == 28e-9) < 0.6


def test_seed_reproduces_and_tells_apart(everywhere):
    some = everywhere[::37]
    np.testing.assert_array_equal(thickness(FREE, some), thickness(FREE, some))
    np.testing.assert_array_equal(thickness(FREE, some), thickness(FREE, everywhere)[::37])  # not by order
    other = thickness(Film("gaussian", low=-1, high=1, correlation=0.4e-6, seed=4), some)
    a, b = (v - mean_of(FREE, some) for v in (thickness(FREE, some), other))
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.1


@pytest.mark.parametrize("correlation", [0.8e-6, 1.6e-6])
@pytest.mark.parametrize("voxel", [(0.4e-6, 0.4e-6, 0.4e-6), (0.8e-6, 0.4e-6, 0.4e-6)])
def test_correlation_falls_as_a_gaussian_of_its_length(correlation, voxel):
    """White noise smoothed with a Gaussian of width l has the correlation exp(-r^2 / (4 l^2))."""
    shape = (64, 64, 64)
    position = (np.indices(shape).reshape(3, -1).T + 0.5) * np.array(voxel)
    noise = correlated_noise(position, shape, voxel, correlation, 7).reshape(shape)
    assert noise.std() == pytest.approx(1, rel=1e-5)
    for axis in range(3):
        for steps in (1, 2, 4):
            r = steps * voxel[axis]
            found = np.mean(noise * np.roll(noise, steps, axis)) - noise.mean() ** 2
            assert found == pytest.approx(np.exp(-(r**2) / (4 * correlation**2)), abs=0.05)


def test_a_face_takes_the_noise_of_its_voxel():
    """Faces lie between voxels: at the ends of the box, too, they find one."""
    ends = np.array([[0.0, 0, 0], np.array(SHAPE) * VOXEL])
    assert np.all(np.isfinite(thickness(FREE, ends)))
    np.testing.assert_allclose(mean_of(FREE, ends), [20e-9, 5e-9])


def test_uniform_and_none(everywhere):
    some = everywhere[:100]
    film = Film("uniform", conductivity=4e-7, mean_separator=12.5e-9)
    np.testing.assert_allclose(thickness(film, some), 12.5e-9)
    assert np.all(thickness(Film(), some) == 0)


def test_unknown_model_is_a_sentence(everywhere):
    with pytest.raises(InputError, match="none, uniform, gaussian or map, got 'lognormal'"):
        thickness(Film("lognormal"), everywhere[:3])


def test_a_map_gives_each_face_the_larger_value_beside_it():
    thickness = np.arange(24, dtype=float).reshape(2, 3, 4) * 1e-9
    thickness[0, 0, 0] = np.nan
    h = (1e-6, 2e-6, 0.5e-6)
    position = np.array([[1.0, 0.5, 2.5], [0.5, 1.0, 0.5], [0.0, 1.5, 0.5], [0.5, 0.5, 1.0]]) * np.array(h)
    film = Film("map", thickness=thickness)
    expected = [
        max(thickness[0, 0, 2], thickness[1, 0, 2]),
        thickness[0, 1, 0],
        thickness[0, 1, 0],
        thickness[0, 0, 1],
    ]
    assert film_thickness(film, position, (2, 3, 4), h) == pytest.approx(expected)
    with pytest.raises(InputError, match="in the shape of the image"):
        film_thickness(film, position, (2, 3, 5), h)
    with pytest.raises(InputError, match="at 1 of 1 faces"):
        film_thickness(film, np.array([[0.0, 0.5, 0.5]]) * np.array(h), (2, 3, 4), h)


def test_a_uniform_map_is_a_uniform_film():
    position = np.random.default_rng(0).integers(0, 4, (20, 3)) * 0.5e-6
    film = Film("map", thickness=np.full((4, 4, 4), 12e-9))
    assert np.all(film_thickness(film, position, (4, 4, 4), (0.5e-6,) * 3) == 12e-9)


# -- growth --------------------------------------------------------------------------------------------------


def test_growth_is_parabolic_and_exact_in_any_steps():
    """delta^2 = delta_0^2 + k^2 t."""
    growth = Growth(2e-11, 0.0, 4.2, 5e-7, np.array([True, True, False]))
    R_0, v = np.array([10e-9, 0.0, 7e-9]) / 5e-7, np.full(3, 4.0)
    after = np.sqrt(np.array([10e-9, 0.0]) ** 2 + 4e-22 * 3600) / 5e-7
    R_film = R_0
    for dt in (1.0, 599.0, 3000.0):
        R_film = growth.after(R_film, v, dt, 298.15)
    np.testing.assert_allclose(R_film[:2], after, rtol=1e-12)
    assert R_film[2] == R_0[2]


def test_growth_by_potential_is_tafels():
    """100 mV above the reference with alpha = 0.5: exp(0.5 * 0.1 / 0.025693) times the growth of delta^2."""
    growth = Growth(2e-11, 0.5, 4.1, 5e-7, np.array([True]))
    low, high = (growth.after(np.zeros(1), np.array([v]), 100.0, 298.15)[0] for v in (4.1, 4.2))
    assert (high / low) ** 2 == pytest.approx(np.exp(0.5 * 0.1 / 0.0256926), rel=1e-4)


def test_a_film_that_grows_without_bounds_is_not_converged():
    growth = Growth(1e-9, 2.0, 0.0, 5e-7, np.ones(2, bool))
    with pytest.raises(NotConverged, match="a film grows beyond 100 um; lower its rate, or alpha"):
        growth.after(np.full(2, 0.01), np.full(2, 4.2), 1.0, 298.15)
    assert np.all(growth.after(np.full(2, 0.01), np.full(2, -0.2), 1.0, 298.15) >= 0.01)


# -- lithium in the film -------------------------------------------------------------------------------------


def test_a_film_takes_lithium_from_what_it_grows_on():
    """At a current of I for t the electrode gains I t less what is in the film: A n (delta - delta_0) F."""
    labels = np.repeat(np.array([0, 1, 1, 1])[:, None, None], 2, axis=1).repeat(2, axis=2)
    per_volume, h = 6e4 * F, 0.4e-6
    for C in (0.0, 0.1):
        cell = half_cell(labels, h, film=10e-9 / 5e-7, double_layer=C)
        where = np.ones(cell.mesh.faces.area.size, bool)
        growth = Growth(1e-10, 0.0, 4.2, 5e-7, where, per_volume)
        experiment = Experiment(cell, 0.4, Tolerances(), growth)
        begun = cell.capacity @ experiment.now.solved.x[cell.unknowns.place("sto")]
        I = 0.3 * cell.mesh.area
        loads = [Load("d", I, duration=200.0), Load("r", 0.0, duration=300.0), Load("c", -I, duration=100.0)]
        record = experiment.run(loads)
        n = per_volume * (np.sqrt((10e-9) ** 2 + 1e-20 * 600.0) - 10e-9)
        assert experiment.film_lithium[0] == pytest.approx(n * cell.mesh.area, rel=1e-9)
        assert record.steps[-1]["film_lithium_C"] == experiment.film_lithium[0]
        held = cell.capacity @ experiment.now.solved.x[cell.unknowns.place("sto")] - begun
        layer = 0.0 if C else 1e-12  # what it holds has changed a little
        assert held + experiment.film_lithium[0] == pytest.approx(100.0 * I, rel=max(layer, 0.1 * bool(C)))
        assert record.lithium_balance_error < 1e-12 and record.charge_balance_error < 1e-10


def test_lithium_in_a_film_goes_with_the_faces_that_are_left():
    growth = Growth(1e-10, np.array([0.0, 0.1, 0.2]), 4.2, 5e-7, np.array([True, False, True]), 2.0)
    left = np.array([False, True, True])
    part = growth.on(left)
    assert part.alpha.tolist() == [0.1, 0.2] and part.where.tolist() == [False, True] and part.rate == 1e-10
    assert part.taken(np.array([1.0, 1.0]), np.array([1.0, 3.0])).tolist() == [0.0, 2 * 2.0 * 5e-7]
    assert growth.takes_lithium and not Growth(1e-10, 0.0, 4.2, 5e-7, left).takes_lithium
