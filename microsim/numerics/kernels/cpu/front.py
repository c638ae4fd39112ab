"""CPU kernels of a liquid front that moves through a graph of cells, link by link.

Cells are wet, dry or closed (they hold gas that cannot leave). A meniscus stands on every link from a wet to
a dry cell; it lets liquid into the dry cell and never out of it.
"""

import heapq

import numpy as np

from ...codes import DRY, TIE, WET
from .compiled import compiled, inlined
from .sums import in_order
from .threads import spread

LAST = 1e300  # a time that no cell is full at


@spread("indptr", less=1)
def wet_links(first, stop, indptr, neighbour, weight, state, out):
    """Copy the weights of links between wet cells; all other links get 0."""
    for i in range(first, stop):
        for slot in range(indptr[i], indptr[i + 1]):
            both = state[i] == WET and state[neighbour[slot]] == WET
            out[slot] = weight[slot] if both else 0.0


@spread("indptr", less=1)
def front_residual(
    first, stop, indptr, neighbour, weight, ground, entry, suction, state, p, residual, menisci
):
    """Balance every wet cell.

        r_i = g_i (p_in - p_i) + sum_wet w_ij (p_j - p_i) - sum_dry w_ij max(p_i + s_j, 0)

    menisci[i] becomes the sum of w_ij over the menisci that move: the slope of the last term.
    """
    for i in range(first, stop):
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
        residual[i], menisci[i] = r, m


def inflows(indptr, neighbour, weight, ground, entry, suction, state, p, flow):
    """Sum the flow into each dry cell through its menisci and from the inlet; return the total."""
    _inflows(indptr, neighbour, weight, ground, entry, suction, state, p, flow)
    return in_order(flow)


@spread("indptr", less=1)
def _inflows(first, stop, indptr, neighbour, weight, ground, entry, suction, state, p, flow):
    for j in range(first, stop):
        q = 0.0
        if state[j] == DRY:
            q = ground[j] * max(entry + suction[j], 0.0)
            for slot in range(indptr[j], indptr[j + 1]):
                i = neighbour[slot]
                if state[i] == WET:
                    q += weight[slot] * max(p[i] + suction[j], 0.0)
        flow[j] = q


@compiled
def _pressure_behind(indptr, neighbour, weight, suction, entry, state, j, flow):
    """Pressure in a cell just filled: what its inflow's resistance brings equals what its new menisci draw.

        (p_in - p_j) q_j / (p_in + s_j) = sum_dry w_jk max(p_j + s_k, 0)

    The left side is the cell's own way to the inlet, taken as one resistance. No menisci: p_in.
    """
    supply = flow / (entry + suction[j])
    p, last = entry, np.inf
    while p < last:  # weak menisci, which would be drawn back, drop out one after the other and p falls
        last, pull, total = p, supply * entry, supply
        for slot in range(indptr[j], indptr[j + 1]):
            k = neighbour[slot]
            if state[k] == DRY and last + suction[k] > 0:
                pull -= weight[slot] * suction[k]
                total += weight[slot]
        p = pull / total
    return p


@inlined
def _next_time(heap, state):
    """When the next cell is full; entries from before more inflow came, which a newer one preceded, are
    thrown away."""
    while heap[0][1] >= 0 and state[heap[0][1]] != DRY:
        heapq.heappop(heap)
    return heap[0][0]


@compiled
def advance(indptr, neighbour, weight, suction, entry, state, flow, level, arrival, p, now, change):
    """Fill dry cells at the given inflows (cells per unit time) until a stage is over; return the time
    reached.

    The next cell to be full comes from a heap. What flowed into it then flows into the dry cells behind it:
    less, by the way that was added, and shared out by their suction. Where none is left, the flow goes to all
    others alike: they keep their values and the clock goes slower. The stage is over, and the pressure due,
    when the total has changed by the share `change`; cells that would follow within TIE of its length are
    still filled. Updates state, level (filled part), arrival and p (of the cells filled); flow is used up.
    """
    n = indptr.size - 1
    since, total = np.full(n, now), flow.sum()
    heap = [(np.inf, -1)]
    for j in range(n):
        if flow[j] > 0:
            heap.append((now + (1 - level[j]) / flow[j], j))
    heapq.heapify(heap)
    full = np.empty(n, np.int64)
    left, ended, end, t, clock = total, 0.0, np.inf, now, now
    while _next_time(heap, state) <= min(end + TIE * (end - now), LAST):
        count, together, pace = 0, heap[0][0] + TIE * (heap[0][0] - now), left / (left + ended)
        while _next_time(heap, state) <= together:
            before = t
            t, j = heapq.heappop(heap)
            clock += pace * (t - before)
            left -= flow[j]
            state[j], level[j], arrival[j] = WET, 1.0, clock
            full[count] = j
            count += 1
        for j in full[:count]:
            p[j] = _pressure_behind(indptr, neighbour, weight, suction, entry, state, j, flow[j])
            onward = 0.0
            for slot in range(indptr[j], indptr[j + 1]):
                k = neighbour[slot]
                if state[k] == DRY and p[j] + suction[k] > 0:
                    level[k] = min(level[k] + flow[k] * (t - since[k]), 1.0)
                    since[k] = t
                    onward += weight[slot] * (p[j] + suction[k])
                    flow[k] += weight[slot] * (p[j] + suction[k])
                    heapq.heappush(heap, (t + (1 - level[k]) / flow[k], np.int64(k)))
            left += onward
            if onward == 0:
                ended += flow[j]
        if end == np.inf and abs(left - total) >= change * total:
            end = t
    for j in range(n):
        if state[j] == DRY and flow[j] > 0:
            level[j] = min(level[j] + flow[j] * (t - since[j]), 1.0)
    return clock
