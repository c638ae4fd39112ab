"""Write docs/accuracy.md and validation/results.json from what `microsim validate --json FILE` wrote: `make
accuracy`, or

python docs/accuracy.py FILE [FILE ...]
"""

import json
import sys
from pathlib import Path

from microsim import __version__
from microsim.base.files import write_json
from microsim.base.gallery import folder
from microsim.jobs.bearing import RESULTS
from microsim.jobs.validate import claim_names, claim_text, validate

PAGE = Path(__file__).with_name("accuracy.md")
HEAD = """# Accuracy

Every claim below is code that computes a number and holds it against a reference from elsewhere: a closed
form, published data, another solver. `microsim validate` runs them all, `microsim validate NAME` one; this
page is what microsim {version} gave (`make accuracy` writes it anew). Tolerances are relative unless *abs*
stands behind them; "at most" and "at least" bound the value by the reference. *short*: the reference is
wanted and cannot be had from the data; the reason stands there. The same with pictures, dates and builds,
and a field that searches: <a href="validation.html">the validation page</a>, which `microsim validate --out
DIR` writes.

{claims} claims, {checks} checks.

| claim | what holds | checks | largest share of a tolerance used |
|---|---|---|---|
{summary}
"""


def main(files):
    results = {}
    for file in files:
        results |= json.loads(Path(file).read_text(encoding="utf-8"))["claims"]
    missing = [name for name in claim_names() if name not in results]
    if missing:
        raise SystemExit(
            f"expected every claim in {', '.join(files)}, {', '.join(missing)} missing; run them"
        )
    write_json(folder("validation") / RESULTS, validate(claim_names(), kept=files).numbers())
    names, parts = claim_names(), []
    summary = "\n".join(_summary(name, results[name]) for name in names)
    for name in names:
        parts += [f"## {name}", *_docstring(name), _table(results[name])]
    count = sum(len(results[name]["checks"]) for name in names)
    head = HEAD.format(version=__version__, claims=len(names), checks=count, summary=summary)
    PAGE.write_text("\n\n".join([head.rstrip(), *parts]) + "\n", encoding="utf-8")


def _docstring(name):
    first, rest = claim_text(name)
    return [plain(first)] + ([f"```text\n{rest}\n```"] if rest else [])


def _summary(name, result):
    checks = result["checks"]
    held = [abs(c["deviation"]) / c["tolerance"] for c in checks if c["tolerance"] > 0]
    used = f"{max(held):.2g}" if held else "-"
    return f"| [{name}](#{name}) | {plain(claim_text(name)[0])} | {len(checks)} | {used} |"


def _table(result):
    if not result["checks"]:
        return f"Not run: {result['skipped']}."
    rows = ["| checked | value | reference | tolerance | source |", "|---|---|---|---|---|"]
    for c in result["checks"]:
        tolerance = c["kind"]
        if c["kind"] in ("relative", "absolute"):
            tolerance = f"{c['tolerance']:.2g}" + " abs" * (c["kind"] == "absolute")
        short = "" if c["pass"] else f" *short*: {c['unmet']}" if c["unmet"] else " **fails**"
        cells = c["claim"], f"{c['value']:.6g}", f"{c['reference']:.6g}", tolerance, c["source"] + short
        rows.append("| " + " | ".join(map(plain, cells)) + " |")
    return "\n".join(rows)


def plain(text):
    """Take what Markdown would read as a mark from a text."""
    for mark in "\\|*_$<>[]":
        text = text.replace(mark, "\\" + mark)
    return text.replace("\\*short\\*", "*short*").replace("\\*\\*fails\\*\\*", "**fails**")


if __name__ == "__main__":
    main(sys.argv[1:])
