"""The documentation: its commands run as they stand there, its references lead somewhere, the site builds."""

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from dataclasses import fields, is_dataclass
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
import typer

import microsim
import microsim.case
from microsim.base.schema import offered_keys
from microsim.cell.unknowns import BLOCKS
from microsim.cli import app, main
from microsim.jobs.validate import claim_names

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def blocks(page):
    """The commands of each block of a page that has some."""
    line = re.compile(r"^\$ microsim (.*)$", re.MULTILINE)
    return filter(None, (line.findall(block) for block in page.read_text().split("```")[1::2]))


COMMANDS = [
    pytest.param(commands, id=f"{page.stem}-{k}")
    for page in sorted(DOCS.glob("*.md"))
    for k, commands in enumerate(blocks(page))
]


def words(page):
    """What stands between backticks on a page."""
    return set(re.findall(r"[\w.\-/]+", " ".join(re.findall(r"`([^`\n]+)`", (DOCS / page).read_text()))))


@pytest.mark.parametrize("commands", COMMANDS)
def test_a_tutorial_s_commands_run(commands, data, tmp_path, monkeypatch, capsys):
    """Those of one block one after the other: a later one may read what an earlier one wrote."""
    for folder in ("cases", "meshes", "studies"):
        (tmp_path / folder).symlink_to(DOCS.parent / folder)
    monkeypatch.chdir(tmp_path)
    for command in commands:
        code = main(shlex.split(command))
        printed = capsys.readouterr()
        assert code == 0, printed.err
        assert len(printed.out.splitlines()) > 2 and not printed.err, command


# -- every reference leads somewhere -------------------------------------------------------------------------


def texts():
    folders = ("microsim", "tests", "validation", "benchmarks", "cases", "docs", "studies", "meshes")
    found = [ROOT / "README.md", *(p for folder in folders for p in sorted((ROOT / folder).rglob("*")))]
    return [p for p in found if p.suffix in (".py", ".md", ".yaml", ".ipynb") and p.name != "test_docs.py"]


def test_every_cited_document_is_in_the_repository():
    for path in texts():
        text = path.read_text()
        for cited in re.findall(r"\bdocs/[\w/]+\.(?:md|ipynb)", text):
            assert (ROOT / cited).exists(), f"{path} cites {cited}"
        lost = re.findall(r"(?:REFERENCES|DESIGN|CONTRACT|HOUSE)(?:\.md| [A-Z]?\d| section)", text)
        lost += re.findall(r"\b(?:thick-cathode|directional|multi-scale|nanoCT) study\b", text, re.IGNORECASE)
        assert not lost, f"{path} cites {lost[0]}, which nobody else has"


def test_every_module_that_the_docs_name_is_there():
    for page in DOCS.glob("*.md"):
        for named in re.findall(r"`((?:\w+/)*(?!NAME)\w+\.py)`", page.read_text()):  # NAME: of a new one
            at = (
                ROOT / named,
                *(p for f in ("microsim", "validation") for p in (ROOT / f).rglob(Path(named).name)),
            )
            assert any(p.exists() and p.as_posix().endswith(f"/{named}") for p in at), f"{page.name}: {named}"


def test_the_map_of_the_rooms_has_every_room():
    rooms = {folder.name for folder in (ROOT / "microsim").iterdir() if (folder / "__init__.py").exists()}
    shown = re.findall(r"^\| `(\w+)` \|", (DOCS / "extending.md").read_text(), re.MULTILINE)
    assert set(shown) == rooms


# -- the reference pages are complete ------------------------------------------------------------------------


def test_the_case_page_has_every_key():
    modules = [import_module(f"microsim.case.{m.name}") for m in iter_modules(microsim.case.__path__)]
    things = {thing for module in modules for thing in vars(module).values() if isinstance(thing, type)}
    sections = [
        thing for thing in things if is_dataclass(thing) and any("read" in f.metadata for f in fields(thing))
    ]
    keys = {}  # of a field with several units the first
    for section in sections:
        for key, (name, _) in reversed(offered_keys(section).items()):
            instead = key != name and not key.startswith(f"{name}_")
            keys[section.__name__, key if instead else name] = key
    missing = sorted(set(keys.values()) - words("case.md") - words("ensemble.md") - words("generate.md"))
    assert len(keys) > 60 and not missing


def test_the_method_has_every_unknown():
    page = (DOCS / "method.md").read_text()
    for block in BLOCKS:
        row = rf"^\| `{block.name}` \| `{block.balance}`.* \| {re.escape(block.unit)} \|$"
        assert re.search(row, page, re.MULTILINE), block.name


def test_the_commands_page_has_every_command():
    commands = set(typer.main.get_command(app).commands)
    shown = set(re.findall(r"^\| \[`microsim (\w+)", (DOCS / "commands.md").read_text(), re.MULTILINE))
    assert shown == commands


def test_the_results_page_has_every_key(tmp_path):
    case = ROOT / "cases" / "dfn_xu2019.yaml"
    settings = ["volume.slab.cells=6", "protocol.0=Discharge at 1C for 2 minutes", "cell.shells=8"]
    options = [part for setting in settings for part in ("--set", setting)]
    assert main(["run", str(case), "--out", str(tmp_path), *options]) == 0
    found = set(json.loads((tmp_path / "result.json").read_text()))
    assert len(found) > 25 and not found - words("results.md")


def test_the_accuracy_page_has_every_claim():
    spec = importlib.util.spec_from_file_location("accuracy", DOCS / "accuracy.py")
    accuracy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(accuracy)
    page = (DOCS / "accuracy.md").read_text()
    for name in claim_names():
        _, _, part = page.partition(f"\n## {name}\n\n")
        says = accuracy.plain(accuracy.claim_text(name)[0])
        assert part.startswith(f"{says}\n"), f"{name}: `make accuracy` writes the page anew"


# -- the site ------------------------------------------------------------------------------------------------


class _Fetched(HTMLParser):
    """Collects what a page makes the browser fetch."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        here = dict(attributes)
        if tag in ("script", "img", "iframe", "source") or (tag == "link" and here.get("rel") != "canonical"):
            self.found.append(here.get("src") or here.get("href") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    for package in ("sphinx", "myst_nb", "furo", "latex2mathml"):
        pytest.importorskip(package, reason="the documentation's packages (extra docs) are not installed")
    out = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(DOCS), str(out)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=1800,
    )
    assert built.returncode == 0, built.stderr[-4000:]
    return out


def test_the_site_builds_without_a_warning_and_fetches_nothing(site):
    pages = sorted(site.glob("*.html"))
    assert len(pages) > 12
    for page in pages:
        parser = _Fetched()
        parser.feed(page.read_text())
        assert parser.found and not [url for url in parser.found if re.match(r"(https?:)?//", url)], page


def test_equations_need_no_script(site):
    page = (site / "method.html").read_text()
    assert page.count("<math") > 100 and "$" not in page


def test_the_api_page_has_every_name(site):
    page = (site / "api.html").read_text()
    assert not [name for name in microsim.__all__ if f'id="microsim.{name}"' not in page]
    assert 'href="api_results.html#microsim.jobs.transport.TortuosityResult"' in page
