"""The seam: every backend has the same kernels, each is compared with its slow twin; none knows a battery."""

import ast
import io
import re
import tokenize
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.numerics import backend
from microsim.numerics.backend import kernels

from ..missing import hide
from .twins import FOLDER, public, trade

HERE = Path(__file__).parent
HELPERS = {
    "cpu": {
        "across",
        "bits",
        "compiled",
        "compiling",
        "cut_planes",
        "gaps",
        "lanes",
        "store",
        "sums",
        "threads",
    },
    "reference": {"cut_planes", "gaps", "rows_of", "places"},
    "gpu": {"device", "sums"},
}
TRADES = sorted(
    path.stem for path in (FOLDER / "reference").glob("[a-z]*.py") if path.stem not in HELPERS["reference"]
)
BATTERY = {
    *(
        "battery",
        "batteries",
        "cathode",
        "cathodes",
        "anode",
        "anodes",
        "electrode",
        "electrodes",
        "electrolyte",
    ),
    *(
        "separator",
        "collector",
        "lithium",
        "li",
        "ion",
        "ions",
        "ionic",
        "electron",
        "electrons",
        "electronic",
    ),
    *(
        "electrochemistry",
        "salt",
        "salts",
        "charge",
        "charges",
        "charged",
        "capacity",
        "voltage",
        "soc",
        "sto",
    ),
    *(
        "lithiation",
        "cbd",
        "binder",
        "pore",
        "pores",
        "porous",
        "porosity",
        "particle",
        "particles",
        "active",
    ),
    *("current", "currents", "ocp", "ocv", "kappa", "sigma", "phi", "psi", "c_e", "c_s", "phi_e", "phi_s"),
    *("overpotential", "butler", "volmer", "faraday"),
}


@pytest.mark.parametrize("name", TRADES)
def test_every_kernel_has_a_slow_twin_of_the_same_arguments(name):
    fast = public(trade("cpu", name))
    assert fast
    assert fast == public(trade("reference", name))


def test_every_backend_has_the_same_trades():
    for name in backend.BACKENDS:
        files = {path.stem for path in (FOLDER / name).glob("[a-z]*.py")} - HELPERS[name]
        assert files == set(TRADES) or (name in backend.SET_UP_BY and files < set(TRADES))


def compared():
    """Names that the tests of this folder hand to `agree`."""
    for path in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "agree":
                yield node.args[0].value


def test_every_kernel_is_compared_with_its_twin():
    wanted = {f"{name}.{kernel}" for name in TRADES for kernel in public(trade("cpu", name))}
    assert wanted - set(compared()) == set()


# -- words ---------------------------------------------------------------------------------------------------


def words(source):
    """Words of a module: identifiers, also in their parts, comments and strings, all in small letters."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NAME, tokenize.COMMENT, tokenize.STRING):
            for name in re.findall(r"[A-Za-z][A-Za-z_]*", token.string):
                yield name.lower()
                yield from (part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))


@pytest.mark.parametrize("path", sorted(FOLDER.parent.rglob("*.py")), ids=lambda path: path.name)
def test_numerics_knows_no_word_of_batteries(path):
    assert set(words(path.read_text(encoding="utf-8"))) & BATTERY == set()


@pytest.mark.parametrize("said", ["def f(c_e): pass", "# of pores", '"""Salt."""', "class SaltBalance: pass"])
def test_a_word_of_batteries_is_found(said):
    assert set(words(said)) & BATTERY


# -- choosing ------------------------------------------------------------------------------------------------


def test_another_backend_runs_where_it_is_chosen():
    a = np.ones(3, np.float32)
    assert kernels.vectors is trade("cpu", "vectors")
    with backend.running("reference"):
        assert kernels.vectors is trade("reference", "vectors")
        assert kernels.vectors.inner(a, a) == 3
    assert kernels.vectors is trade("cpu", "vectors")


def test_what_does_not_exist_is_refused():
    with pytest.raises(InputError, match="one of cpu, reference, gpu, got tpu"):
        backend.choose("tpu")
    assert repr(kernels) == "Kernels('cpu')"


def test_the_package_of_a_backend_is_named_where_it_is_missing(monkeypatch):
    hide(monkeypatch, "warp")
    with pytest.raises(InputError, match=r"the package warp for --backend gpu.*pip install .*\[gpu\]"):
        backend.choose("gpu")
    assert kernels.vectors is trade("cpu", "vectors")


def test_a_device_that_is_not_there_is_told(monkeypatch):
    warp = pytest.importorskip("warp")
    monkeypatch.setenv("MICROSIM_GPU", "cuda:99")
    with pytest.raises(InputError, match="MICROSIM_GPU: expected one of the devices cpu.*, got cuda:99"):
        backend.choose("gpu")
    if len(warp.get_devices()) == 1:  # the processor
        monkeypatch.setenv("MICROSIM_GPU", "")
        with pytest.raises(InputError, match="expected a CUDA device, found none; use --backend cpu"):
            backend.choose("gpu")
    assert kernels.vectors is trade("cpu", "vectors")
