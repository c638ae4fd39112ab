"""The kernels that run: compiled by numba for this processor.

numba takes settings from the environment as it is imported: one that it cannot use is refused here, by name.
"""

import os
import re
import warnings

from ....base.errors import InputError

MOST_THREADS = 1024  # or one a core; a system starts so many, and none waits for a thousand to take turns
FEATURES = r"[+-][^,+-][^,]*(,[+-][^,+-][^,]*)*"  # others end the process


def _checked_numba():
    given = {name: value for name, value in os.environ.items() if name.startswith("NUMBA_")}
    features = given.get("NUMBA_CPU_FEATURES")
    if features and not re.fullmatch(FEATURES, features):
        raise _refused({"NUMBA_CPU_FEATURES": features})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            import numba
        except ValueError as error:
            raise _refused(given) from error
    words = " ".join(str(warning.message) for warning in said)
    if misread := {name: value for name, value in given.items() if f"'{name}'" in words}:
        raise _refused(misread)
    if numba.config.NUMBA_NUM_THREADS > max(MOST_THREADS, os.cpu_count() or 1):
        raise _refused({"NUMBA_NUM_THREADS": given.get("NUMBA_NUM_THREADS")})
    if numba.config.DISABLE_JIT:
        raise InputError(
            "expected numba to compile, got NUMBA_DISABLE_JIT=1; unset it, or use --backend reference."
        )


def _refused(given):
    said = ", ".join(f'{name}="{value}"' for name, value in given.items())
    return InputError(f"expected settings that numba understands, got {said}; correct or unset them.")


_checked_numba()
