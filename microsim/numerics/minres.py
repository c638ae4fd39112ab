"""MINRES: least residual for symmetric systems that need not be definite, with a definite preconditioner."""

import numpy as np

from ..base.errors import NotConverged
from .backend import kernels


def minres(apply, precondition, r, *, enough, maximum=300):
    """Solve K x = r for x from zero; return x and the history of |r - K x| in the norm of P^-1.

    apply(v, out) writes K v, precondition(r, out) writes P^-1 r; K symmetric, P symmetric and positive
    definite. Stops when enough(history) says so; raises NotConverged with the history after `maximum` steps.
    `r` (float32 or float64) sets the precision and is overwritten. Keeps seven vectors.
    Paige & Saunders, SIAM J. Numer. Anal. 12 (1975) 617; preconditioned as by Elman, Silvester & Wathen,
    Finite Elements and Fast Iterative Solvers (2014), algorithm 4.1.
    """
    x, oldest, newest, before, product, z = (np.zeros_like(r) for _ in range(6))
    number = r.dtype.type
    precondition(r, z)
    beta = left = np.sqrt(max(kernels.vectors.inner(r, z), 0.0))
    last, dbar, epsilon, c, s, history = 1.0, 0.0, 0.0, -1.0, 0.0, [float(beta)]
    while beta > 0 and not enough(history):
        if len(history) > maximum:
            raise NotConverged(
                f"MINRES stopped after {maximum} steps with {left / history[0]:.1e} of the first residual",
                history,
            )
        z *= number(1 / beta)
        apply(z, product)
        kernels.vectors.add_scaled(number(-beta / last), before, product)
        alpha = kernels.vectors.inner(z, product)
        kernels.vectors.add_scaled(number(-alpha / beta), r, product)
        precondition(product, before)  # the Lanczos vector before the last has done its work
        last, beta = beta, np.sqrt(max(kernels.vectors.inner(product, before), 0.0))
        far, near, gamma_bar = epsilon, c * dbar + s * alpha, s * dbar - c * alpha
        gamma = max(np.hypot(gamma_bar, beta), np.finfo(float).tiny)
        epsilon, dbar, c, s = s * beta, -c * beta, gamma_bar / gamma, beta / gamma
        kernels.vectors.minres_update(
            z, number(far), number(near), number(gamma), number(c * left), oldest, newest, x
        )
        oldest, newest = newest, oldest
        before, r, product, z = r, product, z, before
        left *= s
        history.append(float(left))
    return x, history
