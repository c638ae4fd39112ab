"""What ships beside the code is found from a checkout and from a wheel, and by its name from anywhere."""

import pytest

from microsim.base import gallery
from microsim.base.errors import InputError


def test_a_checkout_holds_the_folders_beside_the_package():
    for name in gallery.FOLDERS:
        assert gallery.folder(name) == gallery.PACKAGE.parent / name
    with pytest.raises(InputError, match="expected the folder tests"):
        gallery.folder("tests")


def test_a_wheel_holds_them_within_the_package(tmp_path, monkeypatch):
    shipped = tmp_path / "site" / "microsim" / "gallery" / "cases"
    shipped.mkdir(parents=True)
    (tmp_path / "site" / "cases").mkdir()  # of another package
    monkeypatch.setattr(gallery, "PACKAGE", tmp_path / "site" / "microsim")
    assert gallery.folder("cases") == shipped


def test_a_shipped_file_is_found_by_its_name_unless_the_user_has_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert gallery.located("cases/demo.yaml") == gallery.folder("cases") / "demo.yaml"
    for own in ("cases/mine.yaml", "demo.yaml", "elsewhere/demo.yaml", "", "cases/" + 300 * "x"):
        assert str(gallery.located(own)) == (own or ".")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "demo.yaml").write_text("title: mine")
    assert str(gallery.located("cases/demo.yaml")) == "cases/demo.yaml"


def test_cases_studies_and_volumes_that_ship_are_read_from_an_empty_folder(tmp_path, monkeypatch, capsys):
    from microsim.case.case import load_case
    from microsim.cli import main
    from microsim.generate.recipe import load_electrode_recipe
    from microsim.jobs.study_cases import load_study

    monkeypatch.chdir(tmp_path)
    assert load_case("cases/demo.yaml").name == "demo"
    assert len(load_study("studies/rate.yaml").variants) == 12
    assert load_electrode_recipe("meshes/demo_electrode.yaml").shape == (64, 48, 48)
    assert main(["info", "meshes/demo_electrode.tif", "--phases", "pore=0,am=1,cbd=2"]) == 0
    assert main(["run", "cases/absent.yaml"]) == 2
