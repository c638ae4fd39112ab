"""A measured map against the local porosity on its own pixels, region by region of the depth.

Pearson's r and the slope of a straight line, with 95 % intervals of a bootstrap over blocks: neighbours of a
map are alike, and a block is twice as wide as the distance at which their correlation falls below ALIKE
(Kuensch, Ann. Statist. 17 (1989) 1217). Noise sigma hides part of a correlation,

    r_true = r / sqrt(1 - <sigma^2> / var(map))
"""

import numpy as np

DRAWS, SEED, LEVEL = 1000, 0, 0.95
ALIKE = 0.3
FEWEST, FEWEST_BLOCKS = 5, 4  # pixels of a correlation, blocks of an interval


def against_porosity(values, porosity, sigma, regions):
    """Return one dict a region, and one of all pixels at the end: pixels, blocks, mean, porosity, pearson_r,
    slope, their intervals, pearson_r_without_noise; None for what few or constant pixels do not tell.

    values, porosity: [x, y, z] on the map's pixels, NaN where not known; sigma: [x, y, z] or None; regions:
    number of each pixel's region [x, y, z], from 0, -1 for none.
    """
    known = np.isfinite(values) & np.isfinite(porosity) & (regions >= 0)
    if not known.any():
        return []
    block = _blocks(values, known)
    v, p, of = values[known], porosity[known], regions[known]
    noise = None if sigma is None else sigma[known] ** 2
    parts = [of == k for k in range(int(of.max()) + 1)] + [np.ones(of.size, bool)]
    return [_told(v[at], p[at], block[at], None if noise is None else noise[at]) for at in parts]


def _blocks(values, known):
    """The block of each known pixel."""
    rest = np.where(known, values - values[known].mean(), 0.0)
    edges = [_block_edge(rest, known, axis) for axis in range(3)]
    return np.unique(np.argwhere(known) // np.array(edges), axis=0, return_inverse=True)[1].ravel()


def _block_edge(rest, known, axis):
    """Width of a block along an axis, pixels: 1 where neighbours are not alike."""
    spread = np.mean(rest[known] ** 2)
    for lag in range(1, rest.shape[axis] // 2 + 1):
        a, b = (np.moveaxis(part, axis, 0) for part in (rest, known))
        both = b[lag:] & b[:-lag]
        if not both.any() or np.sum(a[lag:] * a[:-lag]) <= ALIKE * spread * np.count_nonzero(both):
            return max(2 * (lag - 1), 1)
    return max(rest.shape[axis] // 2, 1)


def _told(v, p, block, noise):
    own = np.unique(block, return_inverse=True)[1]
    told = {"pixels": int(v.size), "blocks": int(own.max(initial=-1)) + 1}
    told |= {"mean": float(v.mean()) if v.size else None, "porosity": float(p.mean()) if v.size else None}
    r, slope = _line(v, p) if v.size >= FEWEST else (None, None)
    told |= {"pearson_r": r, "slope": slope, "intervals": None, "pearson_r_without_noise": None}
    if r is None:
        return told
    if told["blocks"] >= FEWEST_BLOCKS:
        told["intervals"] = _intervals(v, p, own)
    left = None if noise is None else 1 - float(noise.mean()) / v.var()
    if left is not None and left > 0:
        told["pearson_r_without_noise"] = float(np.clip(r / np.sqrt(left), -1, 1))
    return told


def _line(v, p):
    """Pearson's r of map and porosity and the slope of the map with it; None where one is constant."""
    dv, dp = v - v.mean(), p - p.mean()
    size, base = np.sqrt(dv @ dv * (dp @ dp)), dp @ dp
    if size < 1e-12 * v.size:
        return None, None
    return float(np.clip(dv @ dp / size, -1, 1)), float(dv @ dp / base)


def _intervals(v, p, own):
    """95 % intervals of r and slope over blocks that are drawn again."""
    rng, count = np.random.default_rng(SEED), int(own.max()) + 1
    sums = np.stack([np.bincount(own, w, count) for w in (np.ones_like(v), v, p, v * v, p * p, v * p)])
    drawn = rng.multinomial(count, np.full(count, 1 / count), DRAWS) @ sums.T
    n, sv, sp, vv, pp, vp = drawn.T
    cov, var_v, var_p = vp / n - sv * sp / n**2, vv / n - (sv / n) ** 2, pp / n - (sp / n) ** 2
    fine = (var_v > 0) & (var_p > 0)
    ends = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    r, slope = cov[fine] / np.sqrt(var_v[fine] * var_p[fine]), cov[fine] / var_p[fine]
    r = np.clip(r, -1, 1)  # sums of squares round
    return {
        "pearson_r": [float(q) for q in np.quantile(r, ends)],
        "slope": [float(q) for q in np.quantile(slope, ends)],
    }
