"""What all results share: they print, show themselves as HTML and write their numbers."""

import json
from dataclasses import dataclass

import pytest

from microsim.jobs.result import Result, SavedFile, Table


@dataclass(frozen=True, repr=False)
class Half(Result):
    value: float

    files = {"copy": SavedFile("copy", "A copy.")}  # noqa: RUF012

    @property
    def title(self):
        return "half of <it>"

    def numbers(self):
        return {"half": self.value / 2, "nothing": float("nan")}

    def tables(self):
        return [Table(("name", "half"), [("a", self.value / 2), ("b", None)]), "a line & more"]


def test_it_prints():
    assert repr(Half(3.0)).splitlines() == [
        "half of <it>",
        "name  half",
        "a     1.5",
        "b     -",
        "a line & more",
    ]


def test_it_shows_itself_as_html():
    page = Half(3.0)._repr_html_()
    assert "<b>half of &lt;it&gt;</b>" in page and "<td>1.5</td>" in page and "a line &amp; more" in page


def test_it_writes_its_numbers(tmp_path):
    path = Half(3.0).save(tmp_path / "half.json")
    assert json.loads(path.read_text()) == {"half": 1.5, "nothing": None}


def test_it_cannot_be_changed():
    with pytest.raises(AttributeError):
        Half(3.0).value = 4.0
