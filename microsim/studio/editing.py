"""Cases and recipes in an editor: their text, what is wrong with it and where, and help for their keys."""

import hashlib
import os
import re
from pathlib import Path

from ..base import gallery
from ..base.errors import InputError
from ..base.files import write_text
from ..base.schema import parse_yaml, say, section
from ..case.begin import first_case

ENDINGS = (".yaml", ".yml")
HELP = "case.md"  # in docs/; in a wheel beside the gallery (pyproject.toml)
LINE = re.compile(r", line (\d+)")  # how a sentence on YAML names a line
CELL = re.compile(r"\|(?=(?:[^`]*`[^`]*`)*[^`]*$)")  # a bar outside of backticks
TEMPLATES = "cases"


def text_of(place, name):
    """Return {"text", "sha256"} of a case or recipe; sha256 "" of a file that is not there yet."""
    path = _yaml_path(place, name)
    if not os.path.exists(path):
        return {"text": "", "sha256": ""}
    content = (place.root / place.file(name)).read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{name}: expected UTF-8 text, got other bytes; save it as UTF-8.") from None
    return {"text": text, "sha256": hashlib.sha256(content).hexdigest()}


def save_text(place, name, text, before):
    """Write a case or recipe, unless it is no longer what the editor read (`before`, its sha256); return the
    new sha256."""
    path = _yaml_path(place, name)
    if not isinstance(text, str):
        raise InputError(f"text: expected that of {name}, got {say(text)}; use the editor.")
    if text_of(place, name)["sha256"] != before:
        raise InputError(
            f"{name}: expected the file as this editor read it, got one that changed since; read it again."
        )
    write_text(path, text)
    return text_of(place, name)["sha256"]


def check_text(place, name, text):
    """Say what a text is and what is wrong with it: {"kind", "sentence", "line"}; line from 1, None for none.

    Its files must lie in the studio's folder, beside it or as they are named there.
    """
    path = _yaml_path(place, name)
    kind = ""
    try:
        raw = parse_yaml(text, name)
        place.check_named(raw, place.root / path.parent)
        kind = yaml_kind(raw)
        told = _checked(raw, kind, path)
    except InputError as error:
        sentence = " ".join(str(error).split())
        return {"kind": kind, "sentence": sentence, "line": line_of(text, sentence), "told": ""}
    return {"kind": kind, "sentence": "", "line": None, "told": told}


def yaml_kind(raw):
    """Tell what plain data are by their keys: case, steps of segment, electrode, study, ensemble or other."""
    keys = set(raw) if isinstance(raw, dict) else set()
    if "base" in keys or keys & {"sweep", "goals"}:
        return "study"
    if keys & {"volume", "protocol", "cell"}:
        return "case"
    if {"phases", "steps"} <= keys:
        return "segment"
    return "electrode" if {"shape", "seed"} & keys and "active_fraction" in keys else "other"


def _checked(raw, kind, path):
    """Read what can be read without its data; return what it says in short."""
    if kind == "case":
        from ..case.case import parse_case

        case = parse_case(raw, path)
        _need_sizes(raw)
        steps = len(case.protocol)
        return f"A case, as it should be: {case.title}; {steps} step{'s' * (steps != 1)}."
    if kind == "segment":
        from ..segment.recipe import read_recipe

        recipe = read_recipe(raw)
        return f"Steps of segment, as they should be: {len(recipe.steps)} for {', '.join(recipe.phases)}."
    if kind == "electrode":
        from ..generate.recipe import ElectrodeRecipe

        section(ElectrodeRecipe, raw, "")
        return "An electrode to generate, as it should be."
    return "Valid YAML; what it asks for is checked as it runs."


def _need_sizes(raw):
    """Refuse a voxel size that was begun and left empty, as of a file that states none: a run would."""
    for name in ("volume", "compare"):
        for part in raw[name] if isinstance(raw.get(name), list) else [raw.get(name)]:
            if isinstance(part, dict) and part.get("voxel_size_nm", 0) is None:
                raise InputError(
                    f"{name}.voxel_size_nm: expected the edge of a voxel in nm, got nothing; type it, or take"
                    " the line out where the file states it."
                )


def line_of(text, sentence):
    """Find the line (from 1) that a sentence speaks of, by its number or its dotted key; None."""
    named = LINE.search(sentence)
    if named:
        return int(named[1])
    words, colon, _ = sentence.partition(": ")
    if not colon or " " in words:
        return None
    return _line_of_key(text, words.split("."))


def _line_of_key(text, keys):
    from ruamel.yaml import YAML, MappingNode, SequenceNode, YAMLError

    try:
        node = YAML(typ="rt", pure=True).compose(text)
    except (YAMLError, ValueError, RecursionError):
        return None
    line = None
    for key in keys:
        if isinstance(node, MappingNode):
            found = next((pair for pair in node.value if pair[0].value == key), None)
        elif isinstance(node, SequenceNode) and key.isdecimal() and int(key) < len(node.value):
            found = (node.value[int(key)],) * 2
        else:
            found = None
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def case_help():
    """Return what docs/case.md says of the keys: [{"section", "rows": [{"keys", "default", "text"}]}]."""
    places = (gallery.PACKAGE / "gallery" / HELP, gallery.PACKAGE.parent / "docs" / HELP)
    page = next((path for path in places if path.is_file()), None)
    found = [{"section": "", "rows": []}]
    for line in page.read_text(encoding="utf-8").splitlines() if page else ():
        if line.startswith("#"):
            found.append({"section": line.strip("# ").lower(), "rows": []})
        elif line.startswith("| `"):
            keys, *between, text = [cell.strip() for cell in CELL.split(line)[1:-1]]
            keys = re.findall("`([^`]+)`", keys)
            found[-1]["rows"].append({"keys": keys, "default": "".join(between), "text": text})
    return [part for part in found if part["rows"]]


def templates():
    """List the cases that ship, to begin a new one with."""
    return sorted(path.name for path in gallery.folder(TEMPLATES).glob("*.yaml"))


def template(name):
    """Return the text of a case that ships."""
    if name not in templates():
        raise InputError(f"expected a case that ships with microsim, got {say(name)}; take one of the list.")
    text = (gallery.folder(TEMPLATES) / name).read_text(encoding="utf-8")
    return text.replace("../meshes/", "meshes/")  # which are found from every folder


def begun_text(shown, name, phases):
    """Return the text of a case to begin with, for a label volume and the names of its labels.

    shown: sections.VolumeShown; name: of its file, beside which the case will lie; phases: {name: label}.
    """
    good = isinstance(phases, dict) and all(type(one) is int for one in phases.values())
    if not good or sorted(phases.values()) != sorted(shown.labels) or not all(phases):
        raise InputError(f"phases: expected one name for each label, got {say(phases)}; name each once.")
    volume = shown.volume
    return first_case(Path(name).name, phases, volume.voxel_size, volume.values.shape, volume.file_axes)


def _yaml_path(place, name):
    path = place.inside(name)
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"expected the name of a YAML file, got {say(name)}; end it with .yaml.")
    return Path(path)
