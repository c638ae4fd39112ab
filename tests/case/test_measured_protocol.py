"""A cycler's steps as protocol: words, scales, and the half cycles beside the run."""

import pytest

from microsim.base.errors import InputError
from microsim.case.measured_protocol import with_measured

HEAD = """EC-Lab ASCII FILE
Nb header lines : 5
Mass of active material : {mass} mg
Characteristic mass : {other} mg
"""


def write(folder, mass=0.0, other=0.0, name="cell.mpt", two_rates=False):
    """A charge of 0.02 mAh in 720 s to 4.2 V, a rest of 60 s, a discharge of 0.018 mAh in 1296 s to 3.0 V."""
    rows = ["0\t3.0\t0\t0\t1"]
    rows += [f"{t}\t{3 + 1.2 * t / 720:.6f}\t0.1\t{t / 36000:.9f}\t1" for t in range(6, 721, 6)]
    rows += [f"{720 + t}\t4.15\t0\t{0.02:.9f}\t1" for t in range(6, 61, 6)]
    down = range(6, 1297, 6)
    rows += [f"{780 + t}\t{4.1 - 1.1 * t / 1296:.6f}\t-0.05\t{0.02 - t / 72000:.9f}\t2" for t in down]
    names = "time/s\tEwe/V\t<I>/mA\t(Q-Qo)/mA.h\tcycle number"
    (folder / name).write_text(HEAD.format(mass=mass, other=other) + "\n".join([names, *rows]) + "\n")
    return {"file": name}


def expanded(folder, item, **case):
    return with_measured({"protocol": ["Rest for 5 s", item], **case}, folder)


@pytest.mark.parametrize(
    ("key", "value", "charge", "discharge"),
    [
        ("mass_mg", 0.1, "Charge at 1000 mA/g", "Discharge at 500 mA/g"),
        ("area_cm2", 2.0, "Charge at 0.5 A/m2", "Discharge at 0.25 A/m2"),
        ("capacity_mAh", 0.2, "Charge at 0.5 C", "Discharge at 0.25 C"),
    ],
)
def test_steps_in_words(tmp_path, key, value, charge, discharge):
    found, (said,) = expanded(tmp_path, {**write(tmp_path), key: value})
    assert found["protocol"] == [
        *("Rest for 5 s", f"{charge} for 720 s or until 4.2 V", "Rest for 60 s"),
        f"{discharge} for 1296 s or until 3 V",
    ]
    assert "3 steps, currents over the" in said and said.startswith("read 347 points of")


@pytest.mark.parametrize(("ends", "says"), [("time", "for 720 s"), ("voltage", "until 4.2 V")])
def test_what_ends_a_step(tmp_path, ends, says):
    found, _ = expanded(tmp_path, {**write(tmp_path), "mass_mg": 0.1, "ends": ends})
    assert found["protocol"][1] == f"Charge at 1000 mA/g {says}"


def test_cycles_are_those_of_the_file(tmp_path):
    found, _ = expanded(tmp_path, {**write(tmp_path), "mass_mg": 0.1, "cycles": 2})
    assert [words.split()[0] for words in found["protocol"]] == ["Rest", "Discharge"]
    with pytest.raises(InputError, match=r"expected cycles of the file \(1, 2\), got 3; correct cycles"):
        expanded(tmp_path, {**write(tmp_path), "mass_mg": 0.1, "cycles": [1, 3]})


def test_half_cycles_stand_beside_the_run(tmp_path):
    item = {**write(tmp_path), "mass_mg": 0.1}
    found, _ = expanded(tmp_path, item, compare={"measured": "map.tif"})
    first, charge, discharge = found["compare"]
    assert first == {"measured": "map.tif"}
    assert charge == {
        "voltage": "cell.mpt",
        "half_cycle": 1,
        "step": "step:1",
        "by": "charge",
        "mass_mg": 0.1,
    }
    assert (discharge["half_cycle"], discharge["step"]) == (2, "step:3")
    own = [{"voltage": "cell.mpt", "half_cycle": 2}]
    assert "compare" not in expanded(tmp_path, {**item, "compare": False})[0]
    assert expanded(tmp_path, item, compare=own)[0]["compare"] == own
    by = expanded(tmp_path, {**write(tmp_path), "capacity_mAh": 0.02})[0]["compare"][0]
    assert by["by"] == "time" and "mass_mg" not in by


def test_the_mass_of_the_header_where_it_holds_the_charge(tmp_path):
    found, (said,) = expanded(tmp_path, write(tmp_path, mass=0.1))
    assert found["protocol"][1].startswith("Charge at 1000 mA/g")
    assert "currents over the mass of its header, 0.1 mg" in said


@pytest.mark.parametrize(
    ("mass", "other", "says"),
    [
        (
            7000.0,
            1000.0,
            r"mass of active material 7000 mg, characteristic mass 1000 mg, of which none holds",
        ),
        (0.1, 0.2, "of which two differ"),
        (0.0, 0.0, "got nothing; add mass_mg .*, area_cm2 or capacity_mAh"),
    ],
)
def test_a_header_that_does_not_tell_is_refused(tmp_path, mass, other, says):
    with pytest.raises(InputError, match=says):
        expanded(tmp_path, write(tmp_path, mass, other))


def test_two_scales_are_refused(tmp_path):
    with pytest.raises(InputError, match="expected one of mass_mg .* got mass, area; keep one"):
        expanded(tmp_path, {**write(tmp_path), "mass_mg": 1, "area_cm2": 1})


def test_a_current_that_varies_is_a_profile(tmp_path):
    rows = [f"{t}\t{4 - t / 200}\t{-0.1 * (1 + t / 100):.5f}" for t in range(101)]
    text = HEAD.format(mass=0, other=0) + "\n".join(["time/s\tEwe/V\t<I>/mA", *rows])
    (tmp_path / "drive.mpt").write_text(text)
    found, _ = expanded(tmp_path, {"file": "drive.mpt", "mass_mg": 0.5})
    assert found["protocol"][1] == {
        "profile": "drive.mpt",
        "mass_mg": pytest.approx(0.5),
        "from_s": pytest.approx(0.0),
        "to_s": pytest.approx(100.0),
    }


def test_other_protocols_stay(tmp_path):
    raw = {"protocol": ["Rest for 5 s"]}
    assert with_measured(raw, tmp_path) == (raw, ())
    assert with_measured({"protocol": "Rest"}, None) == ({"protocol": "Rest"}, ())
