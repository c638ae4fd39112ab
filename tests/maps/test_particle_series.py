"""Series of single particles: files and what is wrong with them, lithiation, half-way times."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.particle_series import (
    ParticleSeries,
    calibrate_shift,
    first_crossing,
    passage,
    read_over_time,
    read_particles,
)

HEAD = "particle,time_h,delta_whiteline_eV\n"


def written(tmp_path, text):
    path = tmp_path / "w.csv"
    path.write_text(text)
    return str(path)


def test_a_table_of_particles(tmp_path):
    path = written(tmp_path, HEAD + "a,0,0.1\na,1,0.2\nb,0.5,0\na,2,nan\nb,1.5,3\nb,2,\n")
    (a, b), remarks = read_particles(path)
    assert (a.name, b.name) == ("a", "b") and a.t.tolist() == [0, 3600] and b.shift.tolist() == [0, 3]
    assert "2 lines without a number" in remarks[0]
    assert read_particles(written(tmp_path, HEAD.replace("_h", "_s") + "a,0,0\na,9,1\n"))[0][0].t[1] == 9
    minutes = "particle;time (min);shift\na;0;0\na;2;1\n"
    assert read_particles(written(tmp_path, minutes))[0][0].t[1] == 120


WRONG = {
    "times that fall": ("a,1,0\na,0.5,1\n", "line 3: expected rising times of a"),
    "a time twice": ("a,1,0\nb,1,0\na,1,1\n", "line 4: expected rising times of a"),
    "words": ("a,1,zero\n", 'line 2: expected a number, got "zero"'),
    "a column too many": ("a,1,0,3\n", "line 2: expected particle, time, shift, got 4 cells"),
    "nothing": ("", "got none"),
    "only what is no number": ("a,nan,1\na,1,nan\n", "expected particles with a time and a shift, got none"),
}


@pytest.mark.parametrize(("rows", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_table_is_one_sentence(tmp_path, rows, words):
    with pytest.raises(InputError, match=words) as error:
        read_particles(written(tmp_path, HEAD + rows))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "an empty file"),
        ("a,0,0\na,1,1\n", "expected a head like"),
        ("particle,time,shift\na,0,0\n", "the unit of time in its head"),
        ("particle,time_d,shift\na,0,0\n", "the unit of time in its head"),
    ],
)
def test_a_head_says_what_the_columns_are(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        read_particles(written(tmp_path, text))
    with pytest.raises(InputError, match="No such file"):
        read_particles(tmp_path / "none.csv")


def test_a_value_over_time(tmp_path):
    t, x = read_over_time(written(tmp_path, "time_h,value\n0,1\n0.5,2\n0.5,3\n"), "a current")
    assert t.tolist() == [0, 1800, 1800] and x.tolist() == [1, 2, 3]
    for text, words in (
        ("0,1\n1,2\n", "expected a head with the unit"),
        ("time_h,value\n1,2\n0,1\n", "line 3: expected rising times, got 0 after 1"),
        ("time_h,value\n1,2\n", "at two times or more"),
        ("time_h,value\n0,1\n1,nan\n", "line 3: expected two columns"),
    ):
        with pytest.raises(InputError, match=words):
            read_over_time(written(tmp_path, text), "a current")


def particle(name, at, width=1.0, top=4.0):
    t = np.arange(0, 12.01, 0.25)
    return ParticleSeries(name, 3600 * t, np.clip((t - at) / width + 0.5, 0, 1) * top)


def test_calibration_is_linear_between_the_anchors():
    series = [particle("a", 3), particle("b", 8), particle("c", 6)]
    found = calibrate_shift(series, 12 * 3600, (0.99, 0.01))
    assert found.shift == (0.0, 4.0) and found.half_way == 2.0
    assert found.lithium([0, 2, 4]).tolist() == pytest.approx([0.99, 0.5, 0.01])
    assert found.levels() == pytest.approx([0.99 - 0.49 / 3, 0.5, 0.99 - 0.49 * 5 / 3])
    assert found.sigma_sto == pytest.approx(0.98 / 4 * 1.0 / np.sqrt(12))  # steps of 1 eV, no scatter
    given = calibrate_shift(series, 12 * 3600, (1.0, 0.0), (0.0, 5.0), 1.5)
    assert float(given.lithium(2.5)) == 0.5 and given.half_way == 1.5
    assert given.levels()[1] == pytest.approx(0.7)
    with pytest.raises(InputError, match="shifts that change"):
        calibrate_shift([particle("a", 3, top=0.0)], 12 * 3600, (0.99, 0.01))
    with pytest.raises(InputError, match="between the anchors"):
        calibrate_shift(series, 12 * 3600, (0.99, 0.01), None, 5.0)


def test_scatter_of_the_anchors_is_in_the_sigma():
    series = [particle(name, 3, top=top) for name, top in zip("abc", (3.0, 4.0, 5.0))]
    assert calibrate_shift(series, 12 * 3600, (1.0, 0.0)).sigma_sto == pytest.approx(
        np.hypot(1.0, 0.5 / np.sqrt(12)) / 4, rel=0.2
    )


def test_half_way_and_duration_of_a_ramp():
    one, levels = particle("a", 5.1, width=2.0), [0.8, 0.5, 0.2]
    found = passage(one.t, 1 - one.shift / 4, levels)
    assert found.half_way == pytest.approx(5.1 * 3600) and found.duration == pytest.approx(1.2 * 3600)
    few = passage(one.t[:2], np.array([1.0, 0.0]), levels)
    assert few.half_way is None and few.duration is None
    assert passage(one.t, 0 * one.t + 0.9, levels).half_way is None
    assert first_crossing(np.array([0.0, 1, 2]), np.array([0.1, 0.4, 0.6]), 0.5, False) == pytest.approx(1.5)
