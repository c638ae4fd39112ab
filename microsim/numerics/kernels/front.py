"""CPU kernels (numba) of a liquid front that moves through a graph of cells, link by link.

Cells are wet, dry or closed (they hold gas that cannot leave). A meniscus stands on every link from a wet to a dry
cell; it lets liquid into the dry cell and never out of it.
"""

import heapq

import numpy as np
from numba import njit, prange

DRY, WET, CLOSED = 0, 1, 2
TIE = 0.01  # share of a stage's length within which cells are taken to be full together


@njit(parallel=True, cache=True)
def wet_links(indptr, neighbour, weight, state, out):
    """Copy the weights of links between wet cells; all other links get 0."""
    for i in prange(indptr.size - 1):
        for slot in range(indptr[i], indptr[i + 1]):
            both = state[i] == WET and state[neighbour[slot]] == WET
            out[slot] = weight[slot] if both else 0.0


@njit(parallel=True, cache=True)
def front_residual(indptr, neighbour, weight, ground, entry, suction, state, p, residual, menisci):
    """Balance every wet cell; return the volume that passes the menisci of wet cells per unit time.

        r_i = g_i (p_in - p_i) + sum_wet w_ij (p_j - p_i) - sum_dry w_ij max(p_i + s_j, 0)

    menisci[i] becomes the sum of w_ij over the menisci that move: the slope of the last term.
    """
    total = 0.0
    for i in prange(indptr.size - 1):
        r, m = 0.0, 0.0
        if state[i] == WET:
            r = ground[i] * (entry - p[i])
            for slot in range(indptr[i], indptr[i + 1]):
                j = neighbour[slot]
                if state[j] == WET:
                    r += weight[slot] * (p[j] - p[i])
                elif state[j] == DRY and p[i] + suction[j] > 0:
                    r -= weight[slot] * (p[i] + suction[j])
                    m += weight[slot]
                    total += weight[slot] * (p[i] + suction[j])
        residual[i], menisci[i] = r, m
    return total


@njit(parallel=True, cache=True)
def inflows(indptr, neighbour, weight, ground, entry, suction, state, p, flow):
    """Sum the flow into each dry cell through its menisci and from the inlet; return the total."""
    total = 0.0
    for j in prange(indptr.size - 1):
        q = 0.0
        if state[j] == DRY:
            q = ground[j] * max(entry + suction[j], 0.0)
            for slot in range(indptr[j], indptr[j + 1]):
                i = neighbour[slot]
                if state[i] == WET:
                    q += weight[slot] * max(p[i] + suction[j], 0.0)
        flow[j] = q
        total += q
    return total


@njit(cache=True)
def _pressure_behind(indptr, neighbour, weight, suction, entry, state, j, flow):
    """Pressure in a cell just filled: what its inflow's resistance brings equals what its new menisci draw.

        (p_in - p_j) q_j / (p_in + s_j) = sum_dry w_jk max(p_j + s_k, 0)
    """
    supply = flow / (entry + suction[j])
    p = -np.inf
    while True:
        pull, total = supply * entry, supply
        for slot in range(indptr[j], indptr[j + 1]):
            k = neighbour[slot]
            if state[k] == DRY and entry + suction[k] > 0 and (p == -np.inf or p + suction[k] > 0):
                pull -= weight[slot] * suction[k]
                total += weight[slot]
        if pull / total <= p * (1 - 1e-12 * np.sign(p)):
            return p
        p = pull / total


@njit(cache=True)
def advance(indptr, neighbour, weight, suction, entry, state, flow, level, arrival, p, now, share, volume):
    """Fill dry cells at the given inflows (cells per unit time) until a stage is over; return the time reached.

    The next cell to be full comes from a heap. What flowed into it then flows into the dry cells behind it: less, by
    the way that was added, and shared out by their suction. The other flows stay until the pressure is solved anew.
    The stage is over when cells with `share` of the inflow at its start are full and `volume` cells have been
    filled; cells that would follow within TIE of its length are still filled. Updates state, level (filled part),
    arrival and p (of the cells filled); flow is used up.
    """
    n = indptr.size - 1
    since, own, total = np.full(n, now), flow.copy(), flow.sum()
    heap = [(np.inf, -1)]
    for j in range(n):
        if flow[j] > 0:
            heap.append((now + (1 - level[j]) / flow[j], j))
    heapq.heapify(heap)
    spent, gained, end, t = 0.0, 0.0, np.inf, now
    while heap[0][0] <= end + TIE * (end - now) and heap[0][1] >= 0:
        t, j = heapq.heappop(heap)
        if state[j] != DRY:
            continue  # more inflow came since this entry was made, and a newer one came first
        gained += 1 - level[j]
        spent += own[j]
        state[j], level[j], arrival[j] = WET, 1.0, t
        if end == np.inf and spent >= share * total and gained >= volume:
            end = t
        p[j] = _pressure_behind(indptr, neighbour, weight, suction, entry, state, j, flow[j])
        for slot in range(indptr[j], indptr[j + 1]):
            k = neighbour[slot]
            if state[k] == DRY and p[j] + suction[k] > 0:
                level[k] = min(level[k] + flow[k] * (t - since[k]), 1.0)
                since[k] = t
                flow[k] += weight[slot] * (p[j] + suction[k])
                heapq.heappush(heap, (t + (1 - level[k]) / flow[k], np.int64(k)))
    for j in range(n):
        if state[j] == DRY and flow[j] > 0:
            level[j] = min(level[j] + flow[j] * (t - since[j]), 1.0)
    return t
