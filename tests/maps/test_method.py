"""How a spectrum becomes a number: settings in the words of the command line or as they are."""

import numpy as np
import pytest

from microsim.base.arguments import REQUIRED
from microsim.base.errors import InputError
from microsim.maps.method import WINDOWS, Method, Windows, method_spread

FULL = Windows((8250.0, 8330.0), (8380.0, 8500.0), (8335.0, 8370.0), 8348.0, 1)


def test_words_and_values_give_the_same_method():
    typed = Method("lcf", level="0.4", three="8325,8348,8456", background="0", shift="fit", fit_range="1:2")
    given = Method("lcf", level=0.4, three=(8325, 8348, 8456), background=None, shift=None, fit_range=(1, 2))
    assert typed == given and typed.three == (8325.0, 8348.0, 8456.0)
    assert Method(width=np.float64(2)).width == 2.0


def test_settings_survive_a_calibration_s_file():
    method = Method("three-energy", three=(8325, 8348, 8456), windows=FULL, normalised=True)
    assert Method.of(method.as_dict()) == method
    assert Method.of({"name": "lcf", "references": ["a"]}) == Method("lcf")


def test_each_setting_is_an_option_and_windows_are_their_own():
    spread = method_spread()
    assert {"name", "kind", "shift", *WINDOWS} < set(spread.parts)
    assert not any(default is REQUIRED for default, _ in spread.parts.values())
    made = spread.make(name="edge", level=0.6, pre=(8250.0, 8320.0))
    assert made == Method(level=0.6, windows={"pre": "8250:8320"}) and spread.make().windows is None
    assert spread.read("lcf", "method") == spread.read({"name": "lcf"}, "method") == Method("lcf")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": "edgy"}, "name: expected edge, lcf or three-energy"),
        ({"kind": "top"}, "kind: expected half, peak or derivative"),
        ({"level": 2}, "level: expected a number from 0.01 to 0.99"),
        ({"three": (8348, 8325, 8456)}, "three: expected three rising energies"),
        ({"three": 8348}, "three: expected three rising energies"),
        ({"fit_range": "8300"}, "fit_range: expected two rising energies"),
        ({"shift": "fit"}, "--shift: expected a number for the method edge, got fit"),
        ({"windows": {"e1": 8345}}, "windows: expected the keys e0, pre, post, post_degree, edge, got e1"),
        ({"windows": {"post": (9, 8)}}, "post: expected two rising energies"),
    ],
)
def test_wrong_settings_are_one_sentence(settings, words):
    with pytest.raises(InputError, match=words):
        Method(**settings)
