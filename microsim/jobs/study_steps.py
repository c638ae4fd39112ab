"""A study as a journal: commands, one after the other, and the figures that they lead to beside a paper's.

    title: Directional electrode of 1 mm
    source: Huang et al., Adv. Energy Mater. 2022, doi 10.1002/aenm.202105119
    let: {pores: "--phases pore=0,am=1 --conducting pore"}      # {pores} in a command is these words
    sizes:                                  # more of them; --full takes the second set
      small: {n: 100}
      full: {n: 200}
    steps:                                  # each a command of microsim, run in the study's folder of results
      electrode: generate {here}/ice.yaml --out electrode.tif
      pores: transport electrode.tif --voxel-size-nm 5000 {pores}
      real: {command: transport nrel_nmc ..., needs: nrel_nmc}    # only where that data set is at hand
    rows:
      - {what: tau through the thickness, value: pores.axes.x.tau, paper: 1.6, explained: why it differs}
    figures:
      - {voltage: [none, cei], names: [no CEI, CEI], title: ...}  # of runs, and what the legend calls them
      - {profile: sto, of: [none, cei]}     # over the depth, at the end of a run
      - {picture: pores/figures/flux.png, caption: ...}           # of a page that a step wrote

{here} is the folder of the study's file, {out} that of the results. Each command gets --json STEP.json; those
that fill a folder (run, study, fit, ensemble) get --out STEP.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import InputError
from ..base.schema import choice, entry, listed, mapping, say, section, text
from .step_figures import StepFigure

PLACEHOLDER = re.compile(r"\{(\w+)\}")
NAME = re.compile(r"[A-Za-z_]\w*$")
FOLDERS = ("run", "study", "fit", "ensemble")  # commands whose results are a folder
PROFILES = ("sto", "c_e", "phi_e", "phi_s", "j")


@dataclass(frozen=True)
class StudyStep:
    """One command: its name, words, and the data set without which it is left out ("" for none)."""

    name: str
    words: tuple
    needs: str = ""

    @property
    def command(self):
        return shlex.join(("microsim", *self.words))


@dataclass(frozen=True)
class Row:
    """One figure of the table.

    what       what it is
    value      StepFigure
    unit       its unit
    paper      the source's own figure, number or text; None: it gives none
    explained  why the two differ, or what is said of it
    """

    what: str
    value: StepFigure
    unit: str = ""
    paper: object = None
    explained: str = ""


def _names(raw, path):
    names = raw if isinstance(raw, list) else [raw]
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"{path}: expected a list of names, got {say(raw)}; write it as [a, b].")
    return tuple(names)


@dataclass(frozen=True)
class Shown:
    """One figure of the page: voltage of runs, a profile of runs, or a picture that a step drew."""

    title: str = entry(text, default="")
    voltage: tuple = entry(_names, default=())
    profile: str = entry(choice(*PROFILES), default="")
    of: tuple = entry(_names, default=())
    names: tuple = entry(_names, default=())  # by which the legend calls the runs
    picture: str = entry(text, default="")
    caption: str = entry(text, default="")

    @property
    def steps(self):
        return self.voltage or self.of or (Path(self.picture).parts[0],)


@dataclass(frozen=True)
class StepsStudy:
    """A study of steps as its file has it; size: which of the two, "small" or "full"."""

    title: str
    name: str
    source: str
    about: str
    size: str
    steps: tuple
    rows: tuple
    shown: tuple
    path: Path


KEYS = ("title", "source", "about", "let", "sizes", "steps", "rows", "figures")


def is_steps(raw):
    """Tell a study of steps from a sweep."""
    return isinstance(raw, dict) and "steps" in raw


def load_steps(path, raw, out, full=False):
    """Read a study of steps; nothing runs. Raises InputError.

    path: its file. raw: its content. out: folder of the results. full: the larger of its sizes.
    """
    if unknown := set(raw) - set(KEYS):
        raise InputError(f"{path}: expected {listed(KEYS)}, got {listed(sorted(unknown))}; correct the keys.")
    size = "full" if full else "small"
    places = {"here": path.parent.resolve(), "out": Path(out).resolve()}
    words = {**_let(raw.get("let") or {}), **_sizes(raw, size)}
    given = mapping(_command, "a command for each step")(raw["steps"], "steps")
    steps = tuple(_step(name, *command, words, places) for name, command in given.items())
    names = [step.name for step in steps]
    rows = tuple(_row(one, f"rows.{k}", names) for k, one in enumerate(_list(raw, "rows")))
    shown = tuple(section(Shown, one, f"figures.{k}") for k, one in enumerate(_list(raw, "figures")))
    for k, one in enumerate(shown):
        _check_shown(one, f"figures.{k}", names)
    about = [text(raw[key], key) if raw.get(key) else "" for key in ("title", "source", "about")]
    return StepsStudy(about[0] or path.stem, path.stem, *about[1:], size, steps, rows, shown, path)


def _let(raw):
    return mapping(lambda value, path: value, "words by their names")(raw, "let") if raw else {}


def _sizes(raw, size):
    if not raw.get("sizes"):
        if size == "full":
            raise InputError("--full: expected a study with sizes: {small:, full:}, got none; leave it out.")
        return {}
    sizes = raw["sizes"]
    if not isinstance(sizes, dict) or set(sizes) != {"small", "full"}:
        raise InputError(f"sizes: expected small and full, got {say(sizes)}; give both.")
    if set(sizes["small"]) != set(sizes["full"]):
        missing = sorted(set(sizes["small"]) ^ set(sizes["full"]))
        raise InputError(
            f"sizes: expected the same names in both, got {listed(missing)} in one; give it twice."
        )
    return sizes[size]


def _list(raw, key):
    found = raw.get(key) or []
    if not isinstance(found, list):
        raise InputError(f"{key}: expected a list, got {say(found)}; begin each entry with -.")
    return found


def _command(raw, path):
    """Take a command, or {command:, needs:}."""
    parts = {"command": raw} if isinstance(raw, str) else raw
    if not isinstance(parts, dict) or not {"command"} <= set(parts) <= {"command", "needs"}:
        raise InputError(f"{path}: expected a command, or command and needs, got {say(raw)}; correct it.")
    return text(parts["command"], path), parts.get("needs", "")


def _step(name, command, needs, values, places):
    """Make a step of a command as it stands in the file; places: paths, which stay one word each."""
    where = f"steps.{name}"
    if not NAME.match(name):
        raise InputError(f"{where}: expected a name of letters, digits and _, got {say(name)}; rename it.")
    for _ in range(3):  # words may hold other words
        command = PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), command)
    unknown = [key for key in PLACEHOLDER.findall(command) if key not in places]
    if unknown:
        known = listed([*places, *values])
        raise InputError(f"{where}: expected {known} in braces, got {listed(unknown)}; correct it.")
    words = _words(command, where)
    words = [PLACEHOLDER.sub(lambda found: str(places[found[1]]), word) for word in words]
    if words[0] in FOLDERS and "--out" not in words:
        words += ["--out", name]
    if "--json" not in words:
        words += ["--json", f"{name}.json"]
    return StudyStep(name, tuple(words), _known_data(needs, where))


def _words(command, where):
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(f"{where}: expected a command, got {error}: {say(command)}; correct it.") from error
    words = words[1:] if words[:1] == ["microsim"] else words
    if not words:
        raise InputError(f"{where}: expected a command, got an empty one; write one.")
    return words


def _known_data(name, where):
    from ..volumes.datasets import DATASETS, find

    if name and find(name) is None:
        raise InputError(f"{where}.needs: expected one of {listed(DATASETS)}, got {say(name)}; correct it.")
    return name


def _row(raw, where, steps):
    keys = ("what", "value", "unit", "paper", "explained")
    if not isinstance(raw, dict) or not {"what", "value"} <= set(raw) <= set(keys):
        raise InputError(
            f"{where}: expected what and value, out of {listed(keys)}, got {say(raw)}; add them."
        )
    return Row(**{**raw, "value": StepFigure(raw["value"], steps, f"{where} ({raw['what']})")})


def _check_shown(shown, where, steps):
    if sum(map(bool, (shown.voltage, shown.profile, shown.picture))) != 1 or bool(shown.of) != bool(
        shown.profile
    ):
        raise InputError(
            f"{where}: expected one of voltage: [runs], profile: with of: [runs], picture: file; give one."
        )
    if unknown := [name for name in shown.steps if Path(name).parts[0] not in steps]:
        raise InputError(f"{where}: expected steps ({listed(steps)}), got {listed(unknown)}; name one.")
    if shown.names and (shown.picture or len(shown.names) != len(shown.steps)):
        runs = len(shown.voltage or shown.of)
        raise InputError(
            f"{where}.names: expected one for each of the {runs} runs, got {len(shown.names)}; give them in "
            "the order of the runs."
        )
