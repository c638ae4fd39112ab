"""How the keys and cases of a study are worded: a case by the name that its user gave it, otherwise by what
differs."""

import json
import math

from ..base.quantities import ENDINGS, ending_of


def case_label(case, keys, without=None):
    """Word a case: its user's name, and the value of each of the keys that vary and that it sets.

    keys: that vary between the cases shown; of a case with a name only those that are swept (`sweep`) count.
    """
    named = case.get("label")
    shown = [key for key in keys if key != without and case["swept"].get(key) is not None]
    if named:
        shown = [key for key in shown if key in (case.get("sweep") or ())]
    words = [f"{short(key)} {value_words(case['swept'][key])}" for key in shown]
    return ", ".join([named, *words] if named else words)


def short(key):
    """Word a dotted key by its last part, with the part before where that is a number, and its unit."""
    parts = key.split(".")
    word = "C-rate" if key == "c_rate" else ".".join(parts[-2:]) if parts[-1].isdigit() else parts[-1]
    factor, unit = ENDINGS.get(ending_of(word), (0, ""))
    return f"{word.removesuffix(ending_of(word))} ({unit})" if factor == 1 else word


def goal_title(goal):
    """Word a goal of a search with its unit: Energy (Wh kg⁻¹)."""
    return f"{goal['label']} ({goal['unit']})" if goal["unit"] else goal["label"]


def value_words(value):
    """Word a swept value, without brackets where it is a section."""
    if value is None:
        return "–"
    if isinstance(value, dict):  # a section: its model or base by name, what else it sets beside it
        return ", ".join(
            value_words(part) if key in ("model", "base") else f"{key} {value_words(part)}"
            for key, part in value.items()
        )
    return (
        f"{value:g}"
        if is_number(value)
        else value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False)
    )


def is_number(value):
    """Whether a value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
