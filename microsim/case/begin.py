"""A case to begin with, for labels of one's own: every assumption stands beside its line.

first_case("phases.tif", {"pore": 0, "active": 1}, (4e-7,) * 3, (100, 100, 100), "xyz")
"""

import json
import math
import re

from ..base.errors import InputError
from ..materials import load

SETS = {  # words within a phase's name -> the set that is assumed; the first that fits
    "pore|void|hole|crack|electrolyte": "flooded",
    "cbd|binder|carbon|conductive|additive": "CBD_default",
    "graphite|anode": "Graphite_Chen2020",
    "lfp": "LFP_Prada2013",
    "lco": "LCO_Marquis2019",
    "lnmo": "LNMO_Pron2019",
    "nmc622|ncm622": "NMC622_Verbrugge2017",
    "nmc532|ncm523|nmc523": "NMC532_Xu2019",
    "^am|active|cathode|particle|solid|n[mc][mc](?!\\d)|n[mc][mc]811": "NMC811_crystal",
}
FIRST_TRY = 150_000  # voxels of which a discharge takes a minute or two
LEAST = 24  # voxels that stay across
NO_WORDS = ("null", "true", "false")  # what YAML takes for something else
BLANK = "  # which set? flooded, where electrolyte fills it"


def first_case(file, phases, voxel_size, shape, axes, mask=None, box=None):
    """Return the text of a case for a label volume: half a cell against lithium, C/2.

    file: as the case is to name it; phases: {name: label}; voxel_size: m, None where the file does not state
    it; shape: voxels [x, y, z]; axes: of the file, slowest first. What a phase is made of is told by its
    name; one whose name does not tell stands there without a material, which a run asks for. mask: which
    voxels are sample, None for all; box: (first, end) of the file's voxels that shape counts, None: all.
    Raises InputError for a phase called electrolyte, the word of a case for its salt.
    """
    if "electrolyte" in phases:
        raise InputError(
            "--phases: expected another name than electrolyte, by which a case calls its salt, got"
            f" electrolyte={phases['electrolyte']}; call it pore={phases['electrolyte']}."
        )
    sets = {name: _set_of(name) for name in phases if name != "pore"}
    named = ", ".join(f"{_word(name)}: {label}" for name, label in phases.items())
    lines = [
        f"title: {_word(f'{file}, half cell')}",
        "volume:",
        f"  file: {_word(file)}",
        f"  voxel_size_nm: {_nm(voxel_size)}",
        f"  file_axes: {axes}   # slowest first; x has to run from the separator to the current collector",
        f"  phases: {{{named}}}",
        *([f"  mask: {_word(mask)}   # what is sample; the rest is no phase"] if mask else []),
        *_crop(shape, box),
        "cell:",
        "  separator: {thickness_um: 25, porosity: 0.47, bruggeman: 1.5}   # assumed",
        "  counter_electrode: lithium",
        "  materials:   # assumed, by the names of the phases; `microsim materials` lists all sets",
        *(f"    {_word(name)}: {one or BLANK}" for name, one in sets.items()),
        "    electrolyte: LiPF6_EC_EMC_3_7",
        *_start(sets.values()),
        "# a measured map, of sto, soc or lithium, is compared where the next line has no #:",
        "# compare: {measured: soc.tif, voxel_size_nm: 600, quantity: soc, match: mean}",
    ]
    return "\n".join(lines) + "\n"


def _word(text):
    """A text as YAML takes it for one."""
    plain = re.fullmatch(r"[^\W\d][\w./+-]*", text) and text.lower() not in NO_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def _set_of(name):
    return next((one for words, one in SETS.items() if re.search(words, name.lower())), "")


def _nm(voxel_size):
    if voxel_size is None:
        return "  # edge of a voxel: the file does not state it"
    edges = [f"{1e9 * edge:.9g}" for edge in voxel_size]
    return edges[0] if len(set(edges)) == 1 else f"[{', '.join(edges)}]"


def _crop(shape, box):
    """The voxels that were looked at; the middle of a large volume across, as deep as it is."""
    kept, count = dict(zip("xyz", box, strict=True)) if box else {}, math.prod(shape)
    why = ""
    if count > FIRST_TRY:
        side = max(math.isqrt(FIRST_TRY // shape[0]), LEAST)
        corner = [first for first, _ in box or ((0, 0),) * 3]
        for axis, at, n in zip("yz", corner[1:], shape[1:], strict=True):
            kept[axis] = (at + (n - min(n, side)) // 2, at + (n + min(n, side)) // 2)
        why = f"   # for a first try; of {count} voxels" if box else ""
        why = why or f"   # for a first try; without this line all {count} voxels"
    told = ", ".join(f"{axis}: [{low}, {high}]" for axis, (low, high) in kept.items())
    return [f"  crop: {{{told}}}{why}"] if kept else []


def _start(sets):
    """Where the discharge begins and ends: full of charge, and at the end of what is known of the OCP."""
    found = [load(name) for name in sets if name]
    active = next((one for one in found if one.kind == "active"), load("NMC811_crystal"))
    low, high = active.sto_window
    end = math.ceil(10 * float(active.U(high)) - 1e-6) / 10
    start = "initial_soc: 1   # charged"
    if active.sto_100 > active.sto_0:
        empty = math.ceil(1e3 * max(low, active.sto_0)) / 1e3
        start = f"initial_sto: {empty:g}   # empty: against lithium a discharge fills an anode"
    return [f"  {start}", "protocol:", f"  - Discharge at C/2 until {end:g} V"]
