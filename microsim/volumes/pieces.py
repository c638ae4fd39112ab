"""Names of the files that the voxels of one volume lie in, as headers of NRRD and MetaImage list them."""

from pathlib import Path

from ..base.errors import InputError


def numbered_files(pattern, first, last, step, header):
    """List the names of a pattern like s%03d.raw, numbers from first to last, both included."""
    try:
        names = [pattern % number for number in range(first, last + (1 if step > 0 else -1), step)]
    except (TypeError, ValueError):
        names = []
    if not names:
        given = f"{pattern} {first} {last} {step}"
        raise InputError(
            f"expected a pattern with its first, last and step, like s%03d.raw 1 40 1, got {given} in"
            f" {header}; mend it."
        )
    return names


def files_beside(names, header):
    """Place files beside their header; raises InputError for one that is not there."""
    files = [Path(header).parent / name for name in names]
    missing = [file for file in files if not file.is_file()]
    if missing:
        more = f" (of {len(files)} files {len(missing)} are missing)" if len(files) > 1 else ""
        raise InputError(
            f"expected the voxels of {header} in the file {missing[0]}, got no such file{more}; put it there."
        )
    if not files:
        raise InputError(f"expected the names of files behind LIST in {header}, got none; mend it.")
    return files
