"""The page of `microsim validate`: every claim with its sentence, checks, source, and what came of it."""

from functools import partial

import numpy as np

from ..number_format import digits
from ..page import Card, Drawing, Section, TextTable, compact_json, write_page
from ..style import DASHED, INK, MUTED, new_figure, styled

PASS, SHORT, FAIL = "#1f5fa8", "#d1781f", "#b42318"
LEAST_CHECKS = 4  # with a tolerance, for a figure of their own
LEAST_SHARE = 1e-6  # of a tolerance: what is closer is drawn there
KINDS = {"at most": "at most", "at least": "at least"}


def write(folder, *, result, progress=None):
    """Write report.html and figures/*.png of a validation; return the path of the page.

    result: numbers of a ValidationResult. progress: callable (done, total, message). Raises InputError when
    the files cannot be written.
    """
    claims = result["claims"]
    drawn = any(_shares(claim["checks"]).size for claim in claims.values())
    overview = Section(
        "overview",
        "All claims",
        (Drawing("tolerances", partial(figure, result=result), CAPTION),) if drawn else (),
        (_overview(claims),),
        lead=f"{_when(claims)} {LEAD}",
    )
    return write_page(
        folder,
        title="Validation of microsim",
        kind="Claims and their references",
        cards=_cards(claims),
        sections=[overview, *(_section(name, claim) for name, claim in claims.items())],
        records=[("Result (JSON)", compact_json(result))],
        search="Search claims, sources, figures",
        progress=progress,
    )


LEAD = (
    "Every claim is code that computes a number and holds it against a reference from elsewhere: a closed"
    " form, published data, another solver. pass: within the tolerance. short: the reference is wanted and"
    " cannot be had from the data, for the reason that stands there. skipped: what the claim needs was not"
    " there."
)
CAPTION = (
    "How much of its tolerance each check uses: a dot for each, left of the line within it; at the left edge"
    f" whatever uses less than {LEAST_SHARE:g} of it. Checks that are bounds (at most, at least) have none."
)


def state_word(check):
    """Word what came of a check."""
    return "pass" if check["pass"] else "short" if check["unmet"] else "FAIL"


def _cards(claims):
    checks = [check for claim in claims.values() for check in claim["checks"]]
    count = {word: sum(state_word(check) == word for check in checks) for word in ("pass", "short", "FAIL")}
    skipped = sum(claim["skipped"] is not None for claim in claims.values())
    return [
        Card("Claims", str(len(claims)), remark=f"{digits(len(checks))} checks"),
        Card("Within tolerance", digits(count["pass"]), passed=not count["FAIL"]),
        Card("Short", str(count["short"]), remark="wanted, not to be had from the data"),
        Card("Failed", str(count["FAIL"]), passed=not count["FAIL"]),
        Card("Skipped", str(skipped), remark="claims that need what was not there"),
    ]


def _when(claims):
    """Say when and on which code the claims were checked."""
    dates = sorted({claim["date"] for claim in claims.values() if claim.get("date")})
    builds = sorted({claim["build"] for claim in claims.values() if claim.get("build")})
    when = " to ".join(dict.fromkeys([dates[0], dates[-1]])) if dates else "at a time that was not kept"
    what = f"build {builds[0]}" if len(builds) == 1 else f"{len(builds)} builds" if builds else ""
    return f"Checked {when}{', ' if what else ''}{what}."


def _overview(claims):
    rows = []
    for name, claim in claims.items():
        shares = _shares(claim["checks"])
        used = digits(float(shares.max()), 2) if shares.size else "-"
        rows.append((name, claim["claim"], str(len(claim["checks"])), used, _state(claim)))
    header = ("Claim", "What holds", "Checks", "Largest share of a tolerance used", "Result")
    return TextTable("", header, rows, numeric=(2, 3))


def _state(claim):
    if not claim["checks"]:
        return "skipped"
    words = {state_word(check) for check in claim["checks"]}
    return next(word for word in ("FAIL", "short", "pass") if word in words)


def _paragraphs(text):
    """Join the lines of a paragraph, which wrap to the page; indented ones, as of equations, stay."""
    lines = []
    for line in text.splitlines():
        if lines and line[:1].strip() and lines[-1][:1].strip():
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return "\n".join(lines)


def _section(name, claim):
    about, checks = _paragraphs(claim.get("about") or ""), claim["checks"]
    drawings = ()
    if _shares(checks).size >= LEAST_CHECKS:
        drawings = (Drawing(f"claim_{name}", partial(claim_figure, checks), _caption(checks)),)
    when = ", ".join(
        filter(None, (claim.get("date"), claim.get("build") and f"build {claim['build']}", _took(claim)))
    )
    note = f"Skipped: {claim['skipped']}." if claim["skipped"] else ""
    tables = (_table(checks, f"{when[:1].upper()}{when[1:]}."),) if checks else ()
    return Section(name, f"{name}: {_state(claim)}", drawings, tables, note, lead=claim["claim"], about=about)


def _took(claim):
    return f"{digits(float(claim['seconds']), 2)} s" if claim["seconds"] else ""


def _caption(checks):
    wide = "" if max(_shares(checks)) <= 1 else " Beyond the lines: short or failed."
    return (
        "Deviation of each check from its reference, in units of its tolerance, in the order of the table."
        f"{wide}"
    )


def _table(checks, note):
    rows = [
        (check["claim"], _digits(check["value"]), _digits(check["reference"]), _tolerance(check),
         check["source"], _result(check))
        for check in checks
    ]  # fmt: skip
    header = ("Checked", "Value", "Reference", "Tolerance", "Source", "Result")
    return TextTable("", header, rows, numeric=(1, 2, 3), note=note)


def _digits(value):
    return "none" if value is None or not np.isfinite(value) else digits(float(value), 6)


def _tolerance(check):
    if check["kind"] in KINDS:
        return KINDS[check["kind"]]
    value = digits(float(check["tolerance"]), 2) if check["tolerance"] else "exact"
    return f"{value} absolute" if check["kind"] == "absolute" and check["tolerance"] else value


def _result(check):
    word = state_word(check)
    return f"short: {check['unmet']}" if word == "short" else word


def _signed(checks):
    """Deviations over tolerances, of the checks that have both."""
    found = [
        c["deviation"] / c["tolerance"]
        for c in checks
        if c["tolerance"] and c["deviation"] is not None and np.isfinite(c["deviation"])
    ]
    return np.array(found, float)


def _shares(checks):
    return np.abs(_signed(checks))


@styled
def figure(*, result):
    """Draw how much of its tolerance each check of each claim uses; return a Figure.

    result: numbers of a ValidationResult.
    """
    rows = {name: _shares(claim["checks"]) for name, claim in result["claims"].items()}
    rows = {name: shares for name, shares in rows.items() if shares.size}
    drawn = new_figure(0.9 + 0.19 * len(rows))
    axes = drawn.subplots()
    for place, shares in enumerate(rows.values()):
        clipped = np.maximum(shares, LEAST_SHARE)
        for inside, colour in ((clipped <= 1, PASS), (clipped > 1, SHORT)):
            at = np.full(int(inside.sum()), place)
            axes.plot(clipped[inside], at, "o", color=colour, ms=3.5, alpha=0.55, mew=0)
    axes.axvline(1, color=INK, lw=1, ls=DASHED)
    axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("Deviation from the reference, as a share of the tolerance")
    axes.grid(axis="y")
    return drawn


@styled
def claim_figure(checks):
    """Draw the signed deviations of a claim's checks in units of their tolerance; return a Figure."""
    signed = _signed(checks)
    drawn = new_figure(1.7, 7.0)
    axes = drawn.subplots()
    place, inside = np.arange(1, signed.size + 1), np.abs(signed) <= 1
    axes.axhspan(-1, 1, color=PASS, alpha=0.07, lw=0)
    axes.axhline(0, color=MUTED, lw=0.8)
    axes.vlines(place, 0, signed, color=MUTED, lw=0.8)
    axes.plot(place[inside], signed[inside], "o", color=PASS, ms=4)
    axes.plot(place[~inside], signed[~inside], "o", color=FAIL, ms=4)
    half = max(1.15, 1.1 * float(np.abs(signed).max()))
    axes.set(ylim=(-half, half), xlim=(0.3, signed.size + 0.7))
    axes.set(xlabel="Check with a tolerance, in the order of the table", ylabel="Deviation / tolerance")
    axes.xaxis.get_major_locator().set_params(integer=True)
    return drawn
