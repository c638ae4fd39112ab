"""The steps that options ask for, in the order in which they run."""

import pytest

from microsim.base.errors import InputError
from microsim.jobs.segment_route import Route

NAMES = ["pore", "cbd", "am"]


def test_the_steps_that_are_asked_for_run_in_order():
    every = Route(
        crop={"x": (0, 20)}, curtains_along="y", rings=True, normalise=2, align=True, to_voxel="15.2 nm",
        align_region="y=0:9", crop_after="y=9:20", denoise="nlm", unsharp="0.5", thresholds="48,130",
        pore_back=True, watershed=True, cracks="gap", crack_width=3,
    )  # fmt: skip
    assert [name for name, _ in every.steps()] == [
        *("crop", "curtains", "rings", "normalise", "align", "crop", "resample", "nlm", "unsharp"),
        *("thresholds", "pore_back", "watershed", "cracks"),
    ]
    settings = dict(every.steps()[2:])
    assert settings["normalise"] == {"axis": "z"} and settings["crop"] == {"y": [9, 20]}
    assert settings["align"] == {"axis": "z", "region": {"y": [0, 9]}}
    assert settings["resample"] == {"voxel_size_nm": [15.2] * 3} and settings["cracks"] == {"width": 3}
    assert settings["thresholds"] == {"method": "otsu", "values": [48, 130]}
    assert every.recipe(NAMES).crack == "gap"


def test_without_options_it_is_otsu_and_pore_back_labels_by_itself():
    assert Route().steps() == [("thresholds", {"method": "otsu"})]
    assert [name for name, _ in Route(pore_back=True).steps()] == ["pore_back"]
    trained = Route(method="classifier", painted="p.npy").steps("zyx")
    assert trained == [("classifier", {"painted": "p.npy", "file_axes": "zyx"})]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"align_region": {"x": (0, 3)}}, "add --align"),
        ({"painted": "p.npy"}, "--method classifier"),
        ({"method": "classifier", "painted": "p.npy", "thresholds": [9]}, "--thresholds: expected"),
        ({"thresholds": 9}, "thresholds: expected grey values"),
        ({"slicing_axis": "w"}, "slicing_axis: expected the axis x, y or z"),
        ({"crack_width": 0}, "crack_width: expected a whole number from 1"),
    ],
)
def test_wrong_options_are_one_sentence(options, words):
    with pytest.raises(InputError, match=words):
        Route(**options)
