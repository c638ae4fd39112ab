"""The job datasets: what is listed, and each entry by its name."""

from microsim.jobs.datasets import datasets

from .volumes import printed, timeless


def test_it_lists_what_the_command_lists(capsys):
    found = datasets()
    assert printed(capsys, "datasets") == timeless(found.numbers())
    assert "nrel_nmc" in repr(found) and "nrel_nmc" in found._repr_html_()
    assert len(list(found)) == len(found) > 3
    assert found["nrel_nmc"].sha256 == found.numbers()["datasets"]["nrel_nmc"]["sha256"]
