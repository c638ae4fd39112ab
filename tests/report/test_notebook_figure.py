"""A notebook shows a figure without pyplot, and it saves itself; matplotlib's own settings stay."""

import base64
import struct
import subprocess
import sys

import matplotlib
import pytest

from microsim.base.errors import InputError
from microsim.report.png import to_png
from microsim.report.style import DPI, SCREEN_DPI, new_figure


def small_figure():
    figure = new_figure(2.0, 3.0)
    figure.subplots().plot([1, 2], [3, 4])
    return figure


def test_a_notebook_gets_a_png():
    figure = small_figure()
    png = figure._repr_png_()
    assert png.startswith(b"\x89PNG") and png == to_png(figure)
    data, about = figure._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == png
    width, height = struct.unpack(">II", png[16:24])
    assert about["image/png"]["width"] == pytest.approx(width * SCREEN_DPI / DPI, abs=0.5)
    assert about["image/png"]["height"] == pytest.approx(height * SCREEN_DPI / DPI, abs=0.5)


def test_what_is_changed_is_shown():
    figure = small_figure()
    before = figure._repr_png_()
    figure.axes[0].set_title("changed")
    assert figure._repr_png_() != before


@pytest.mark.parametrize(("name", "begin"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")])
def test_a_figure_saves_itself_the_same_each_time(tmp_path, name, begin):
    path = small_figure().save(tmp_path / "new" / name)
    assert path == tmp_path / "new" / name and path.read_bytes().startswith(begin)
    assert small_figure().save(tmp_path / name).read_bytes() == path.read_bytes()


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.png, \.pdf or \.svg"):
        small_figure().save(tmp_path / "a.bmp")
    assert not list(tmp_path.iterdir())


def test_matplotlibs_settings_stay(tmp_path):
    with matplotlib.rc_context({"font.size": 7.5, "axes.labelsize": 30.0}):
        before = dict(matplotlib.rcParams)
        small_figure().save(tmp_path / "a.svg")
        small_figure()._repr_mimebundle_()
        assert dict(matplotlib.rcParams) == before


def test_ipython_shows_it_without_pyplot():
    pytest.importorskip("IPython")
    script = (
        "import sys\n"
        "from IPython.core.formatters import DisplayFormatter\n"
        "from microsim.report.style import new_figure\n"
        "data, about = DisplayFormatter().format(new_figure(1.0, 1.0))\n"
        "assert 'image/png' in data and 'width' in about['image/png'], data\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
