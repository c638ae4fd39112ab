"""Which of several data of a file is meant: the named one, or the only one."""

from ..base.errors import InputError

SHOWN = 12


def chosen_name(path, part, names, what="array"):
    """Return the name that is meant out of names; raises InputError, which lists them, where none or several
    are."""
    names = list(names)
    if part in names:
        return part
    if part is None and len(names) == 1:
        return names[0]
    has = f"the file has {', '.join(names[:SHOWN]) or 'none'}{', ...' if len(names) > SHOWN else ''}"
    if part is None:
        raise InputError(f"expected the name of one {what} in {path}, got none; write {path}::NAME ({has}).")
    raise InputError(f"expected the name of one {what} of {path}, got {part}; {has}.")
