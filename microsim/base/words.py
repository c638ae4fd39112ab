"""Words for people: aligned tables, sizes."""


def aligned(header, rows):
    """Align rows of values under their titles."""
    cells = [[str(title) for title in header], *([cell(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


def cell(value):
    """Word one value of a table: five digits, a dash for none."""
    return "-" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)


def beyond(value, rounding, worded=cell):
    """Word a value, or zero with its rounding where it is not larger than that: 0 +- 2e-07."""
    within = value is not None and rounding and abs(value) <= rounding
    return f"0 +- {rounding:.0e}" if within and value else worded(value)


def rounded(value, significant):
    """Word a number by its first digits, the others zero: 12690, 2200, 0.0032."""
    return f"{float(f'{value:.{significant}g}'):g}"


def times(shape):
    """Word a shape: 64 x 48 x 48."""
    return " x ".join(str(n) for n in shape)


def voxels_of(shape, size):
    """Word a volume: 64 x 48 x 48 voxels of 398 x 398 x 398 nm; size: edges (m), None where unknown."""
    return f"{times(shape)} voxels of {lengths_nm(size) + ' nm' if size else 'unknown size'}"


def lengths_nm(lengths):
    """Word the edges of a voxel (m) in nm."""
    return times(f"{length * 1e9:g}" for length in lengths)


def titled(progress, title):
    """Give a progress callable a message of its own where a step has none; None stays None."""
    return progress and (lambda done, total, message="": progress(done, total, message or title))
