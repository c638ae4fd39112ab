"""The provenance of a run: an RO-Crate whose parts name each other, inputs by their content."""

import hashlib
import json

import pytest

from microsim.base.errors import InputError
from microsim.jobs.crate import CRATE, check_line, read_crate, state_of

from .conftest import DEMO


@pytest.fixture(scope="module")
def graph(small_run):
    return json.loads((small_run.folder / CRATE).read_text())["@graph"]


def references(node):
    """Every @id that is referred to."""
    if isinstance(node, dict):
        if set(node) == {"@id"}:
            return {node["@id"]}
        return set().union(*(references(part) for part in node.values()), set())
    if isinstance(node, list):
        return set().union(*(references(part) for part in node), set())
    return set()


def test_its_parts_name_each_other(graph):
    """What a validator of RO-Crates asks first: flat, every part once, every reference here or a standard."""
    names = [part["@id"] for part in graph]
    assert len(names) == len(set(names))
    lost = references(graph) - set(names)
    assert lost == {"https://w3id.org/ro/crate/1.1"}
    assert all({"@id", "@type"} <= set(part) for part in graph)
    (root,) = [part for part in graph if part["@id"] == "./"]
    assert {"name", "description", "datePublished", "license", "hasPart", "mentions"} <= set(root)
    nested = [v for part in graph for v in part.values() if isinstance(v, dict) and set(v) != {"@id"}]
    assert nested == []


def test_inputs_are_named_by_their_content(graph, small_run):
    content = (DEMO.parents[1] / "meshes" / "demo_electrode.tif").read_bytes()
    (one,) = read_crate(small_run.folder).inputs
    assert one["key"] == "volume.file" and one["name"] == "demo_electrode.tif"
    assert one["sha256"] == hashlib.sha256(content).hexdigest() and one["size"] == len(content)
    assert read_crate(small_run.folder).origin == small_run.numbers()["origin"]


def test_results_are_those_of_the_folder(small_run):
    told = read_crate(small_run.folder / CRATE).results
    assert {"result.json", "voltage.csv", "fields.h5", "report.html", "figures/voltage.png"} <= set(told)
    for name, found in told.items():
        assert found == hashlib.sha256((small_run.folder / name).read_bytes()).hexdigest()


def test_the_case_is_whole_and_reads_in_as_the_same(small_run):
    from microsim.case.case import load_case

    crate = read_crate(small_run.folder)
    assert load_case(crate.case).sha256 == small_run.numbers()["case_sha256"] and crate.name == "demo"
    assert (crate.folder / crate.place / "demo.yaml").resolve() == DEMO.resolve()


def test_it_tells_packages_machine_numbers_and_claims(graph, small_run):
    crate = read_crate(small_run.folder)
    assert {"numpy", "scipy", "numba", "processor", "Python", "cores"} <= set(crate.told)
    assert crate.numbers["time_steps"] == small_run.numbers()["time_steps"]
    assert "wall_s" not in crate.numbers
    claims = [part for part in graph if part["@id"].startswith("#claim-")]
    assert {"conservation", "sphere_area"} <= {part["name"] for part in claims}
    assert all(part["creativeWorkStatus"] and part["about"] for part in claims)


def test_nobody_s_name_is_in_it(graph):
    import getpass
    import platform

    text = json.dumps([part for part in graph if part["@id"].startswith("#machine")])
    assert platform.node() not in text and getpass.getuser() not in text.replace("root", "")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"@graph": []}', '{"@graph": [{"@id": "#run"}]}'])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / CRATE).write_text(content)
    for path in (tmp_path, tmp_path / CRATE, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="expected the ro-crate-metadata.json of a run of microsim"):
            read_crate(path)


def check(**given):
    return {
        "claim": "tau",
        "value": 2.02,
        "reference": 2.0,
        "tolerance": 0.05,
        "kind": "relative",
        "pass": True,
        "unmet": "",
        **given,
    }


def test_what_came_of_a_claim_is_worded():
    passed, failed, short = check(), check(**{"pass": False}), check(**{"pass": False, "unmet": "no data"})
    assert state_of({"checks": [passed, passed]}) == "2 checks, all passed"
    assert state_of({"checks": [passed, failed, short]}) == "3 checks, 1 failed, 1 short"
    assert state_of({"checks": [], "skipped": "no gmsh"}) == "skipped: no gmsh"
    assert state_of({}) == "not run"
    assert check_line(passed) == "tau: 2.02, reference 2, within 0.05 of it: pass"
    assert check_line(short).endswith(": short: no data") and check_line(failed).endswith("FAIL")
    assert check_line(check(kind="at most", reference=3.0)) == "tau: 2.02, reference at most 3: pass"
    assert "reference 2, ± 0.05" in check_line(check(kind="absolute"))
