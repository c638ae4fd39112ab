"""Dense linear algebra on one thread while a job runs.

The systems are a few hundred unknowns; the library's own threads spin between calls beside the kernels' (in
a notebook a discharge took 17.6 processor seconds in place of 9.3), and sums of long vectors would depend on
how many there are.
"""

import os
from contextlib import contextmanager


@contextmanager
def algebra_on_one_thread():
    """Hold the libraries behind numpy and scipy to one thread within a `with` block.

    A library reads the environment once, as it is loaded: a variable that was set later holds nothing, so
    that those which are loaded are told.
    """
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        import scipy.linalg  # noqa: F401  (brings a library of its own, which else would be loaded within)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield
