"""The registry: every entry is complete, files are found or fetched, and only the published bytes pass."""

import dataclasses
import hashlib
import logging
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO

import numpy as np
import pooch
import pytest
import tifffile

from microsim.base.errors import InputError
from microsim.volumes.datasets import DATASETS, find, locate
from microsim.volumes.volume import read_voxels

LABELS = (np.arange(3 * 4 * 5) % 53).astype("u1").reshape(3, 4, 5)


def sentence(call, *args):
    with pytest.raises(InputError) as caught:
        call(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ---- the entries -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATASETS)
def test_an_entry_is_complete(name):
    entry = DATASETS[name]
    assert entry.name == name and entry.licence and entry.citation and entry.note
    assert re.fullmatch("[0-9a-f]{64}", entry.sha256)
    assert entry.url is None or re.fullmatch(
        r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/[\w./%-]+", entry.url
    )
    assert entry.kind in ("labels", "grey") and (entry.kind == "labels" or entry.labels is None)
    assert entry.voxel_size_m is None or 1e-9 <= entry.voxel_size_m <= 1e-4


def test_no_two_entries_share_a_name_or_a_file():
    for attribute in ("file", "sha256", "url"):
        assert len({getattr(entry, attribute) for entry in DATASETS.values()}) == len(DATASETS)


@pytest.mark.parametrize("name", DATASETS)
def test_the_real_file_is_as_published_and_reads(name, data, monkeypatch):
    monkeypatch.setenv("MICROSIM_DATA", str(data))
    if not list(data.rglob(DATASETS[name].file)):
        pytest.skip(f"MICROSIM_DATA has no {DATASETS[name].file}")
    if name in ("berea", "taufactor_foam"):
        assert locate(name).name == DATASETS[name].file  # 64 and 125 MB unpacked: the hash is enough here
        return
    volume = read_voxels(name, kind=DATASETS[name].kind)
    assert volume.sha256 == DATASETS[name].sha256 and volume.source == name
    if DATASETS[name].labels:
        assert sorted(DATASETS[name].labels.values()) == np.unique(volume.values).tolist()
    size = DATASETS[name].voxel_size_m
    assert volume.voxel_size == (size and (size,) * 3)


def test_the_nrel_electrode_has_its_thickness_first(data, monkeypatch):
    monkeypatch.setenv("MICROSIM_DATA", str(data))
    volume = read_voxels("nrel_nmc-1-cal_generatedCBD_bridge.tif")
    assert volume.values.shape == (251, 301, 301)
    fractions = np.bincount(volume.values.ravel()) / volume.values.size
    assert fractions == pytest.approx([0.4005, 0.4995, 0.1000], abs=5e-5)
    assert volume.voxel_size == (398e-9,) * 3


# ---- finding and fetching ----------------------------------------------------------------------------------


@pytest.fixture
def content():
    file = BytesIO()
    tifffile.imwrite(file, LABELS, photometric="minisblack")
    return file.getvalue()


@pytest.fixture
def toy(content, monkeypatch, tmp_path):
    """A data set of the tests' own, an empty cache folder, and no MICROSIM_DATA."""
    entry = dataclasses.replace(
        DATASETS["nrel_nmc"],
        name="toy",
        file="toy_v1.tiff",
        url=None,
        sha256=hashlib.sha256(content).hexdigest(),
        voxel_size_m=2e-6,
    )
    monkeypatch.setitem(DATASETS, "toy", entry)
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache")
    monkeypatch.delenv("MICROSIM_DATA", raising=False)
    return entry


@pytest.fixture
def server(content):
    """Answers GET /toy with the file, anything else with 404; counts the downloads."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served.append(self.path)
            self.send_response(200 if self.path == "/toy" else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    served, server = [], HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["toy", "toy_v1.tiff", "toy_v1"])
def test_a_file_is_found_anywhere_in_the_folder(name, toy, content, monkeypatch, tmp_path):
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "toy_v1.tiff").write_bytes(content)
    monkeypatch.setenv("MICROSIM_DATA", str(tmp_path / "data"))
    assert find(name) is toy and locate(name) == tmp_path / "data" / "deep" / "toy_v1.tiff"
    volume = read_voxels(name)
    np.testing.assert_array_equal(volume.values, LABELS)
    assert volume.voxel_size == (2e-6,) * 3
    assert read_voxels(name, voxel_size=1e-6).voxel_size == (1e-6,) * 3


def test_the_size_of_the_registry_wins_over_that_of_the_file(toy, monkeypatch, tmp_path):
    metadata = {"unit": "um", "spacing": 5, "axes": "ZYX"}
    tifffile.imwrite(tmp_path / "toy_v1.tiff", LABELS, imagej=True, resolution=(0.2, 0.2), metadata=metadata)
    sha256 = hashlib.sha256((tmp_path / "toy_v1.tiff").read_bytes()).hexdigest()
    monkeypatch.setitem(DATASETS, "toy", dataclasses.replace(toy, sha256=sha256))
    monkeypatch.setenv("MICROSIM_DATA", str(tmp_path))
    assert read_voxels("toy").voxel_size == (2e-6,) * 3
    assert read_voxels(tmp_path / "toy_v1.tiff").voxel_size == (5e-6,) * 3


def test_other_bytes_in_the_folder_are_refused(toy, monkeypatch, tmp_path):
    (tmp_path / "toy_v1.tiff").write_bytes(b"other")
    monkeypatch.setenv("MICROSIM_DATA", str(tmp_path))
    said = sentence(locate, "toy")
    assert toy.sha256 in said and hashlib.sha256(b"other").hexdigest() in said


def test_a_folder_that_is_none_is_refused(toy, monkeypatch, tmp_path):
    monkeypatch.setenv("MICROSIM_DATA", str(tmp_path / "gone"))
    assert "MICROSIM_DATA to name a folder" in sentence(locate, "toy")


def test_an_existing_file_goes_before_a_data_set(toy, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    tifffile.imwrite("toy_v1.tiff", LABELS[:2], photometric="minisblack")
    assert read_voxels("toy_v1.tiff").values.shape == (2, 4, 5)


def test_an_unknown_name_gives_the_closest():
    assert "did you mean nrel_nmc" in sentence(locate, "nrel")
    assert "known are nrel_nmc, slicegan_nmc" in sentence(locate, "0")
    assert find("nrel") is None


def test_a_data_set_without_address_says_where_to_ask(toy):
    said = sentence(locate, "toy")
    assert "no public address" in said and toy.citation in said


def test_a_file_is_downloaded_once(toy, server, content, monkeypatch, tmp_path, capfd):
    address, served = server
    monkeypatch.setitem(DATASETS, "toy", dataclasses.replace(toy, url=f"{address}/toy"))
    told = []
    path = locate("toy", progress=lambda *args: told.append(args))
    assert path == tmp_path / "cache" / "toy_v1.tiff" and path.read_bytes() == content
    assert told[-1] == (len(content), len(content), "downloading toy_v1.tiff")
    assert locate("toy") == path and served == ["/toy"]
    path.write_bytes(b"damaged")
    assert locate("toy").read_bytes() == content and len(served) == 2
    assert capfd.readouterr() == ("", "")


def test_a_failed_download_leaves_nothing(toy, server, monkeypatch, tmp_path):
    address, _ = server
    monkeypatch.setitem(DATASETS, "toy", dataclasses.replace(toy, url=f"{address}/gone"))
    assert "404" in sentence(locate, "toy") and "MICROSIM_DATA names" in sentence(locate, "toy")
    monkeypatch.setitem(DATASETS, "toy", dataclasses.replace(toy, url=f"{address}/toy", sha256="0" * 64))
    assert "hash" in sentence(locate, "toy").lower()
    monkeypatch.setitem(DATASETS, "toy", dataclasses.replace(toy, url="http://127.0.0.1:9/toy"))
    assert "expected to download" in sentence(locate, "toy")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_download_writes_no_log_and_leaves_pooch_as_it_was(toy, server, monkeypatch):
    log, heard = pooch.get_logger(), []
    before = log.level
    log.setLevel("INFO")
    handler = logging.Handler()
    handler.emit = heard.append
    monkeypatch.setattr(log, "handlers", [*log.handlers, handler])
    monkeypatch.setitem(DATASETS, "toy", dataclasses.replace(toy, url=f"{server[0]}/toy"))
    locate("toy")
    level = log.level
    log.setLevel(before)
    assert heard == [] and level == logging.INFO
