"""Names with values, and boxes of voxels, as one types them: "pore=0,am=1", "x=0:96,y=4:80"."""

from .errors import InputError
from .schema import say, voxel_ranges


def name_values(option, given, read, bare=None):
    """Read "pore=0,am=1"; a name without value stands for `bare`, where there is one."""
    values = {}
    for item in given.split(","):
        name, equals, value = (part.strip() for part in item.partition("="))
        if not name or name in values or not (equals or bare is not None):
            example = "pore=0,am=1" if bare is None else "pore or pore=1.0,cbd=0.1"
            lacks = f", where {name} has no =" if name and name not in values else ""
            raise InputError(
                f"{option}: expected each name once, like {example}, got {say(given)}{lacks}; correct it."
            )
        values[name] = read(value, f"{option} {name}") if equals else bare
    return values


def voxel_box(given, path):
    """Read voxels to keep: "x=0:96,y=4:80", or {"x": (0, 96)}, the end not included."""
    if isinstance(given, str):
        given = name_values(path, given, lambda ends, _: ends.split(":"))
    if not isinstance(given, dict):
        raise InputError(
            f'{path}: expected voxels to keep like x=0:96,y=4:80 or {{"x": (0, 96)}}, got {say(given)};'
            " write it so."
        )
    ends = {axis: list(pair) if hasattr(pair, "__len__") else pair for axis, pair in given.items()}
    return voxel_ranges(ends, path)
