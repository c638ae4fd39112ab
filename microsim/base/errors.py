"""The errors a user may meet; each is one plain sentence: expected, given, remedy."""


class MicrosimError(Exception):
    """Base of every error that microsim raises on purpose."""

    exit_code = 1


class InputError(MicrosimError):
    """Bad input: a file, key, label or value that cannot be used (exit code 2)."""

    exit_code = 2


class NotLabels(InputError):
    """Values that are no labels where labels are expected: grey values, say."""


class Missing(InputError):
    """A package or a library of the system that one job needs and this machine lacks."""


class NotConverged(MicrosimError):
    """A solver did not reach its tolerance (exit code 3); `history` holds the residuals."""

    exit_code = 3

    def __init__(self, message, history=()):
        super().__init__(message)
        self.history = tuple(float(value) for value in history)


class Interrupted(MicrosimError):
    """Ctrl-C in a job that says how it goes on (exit code 130)."""

    exit_code = 130


def why(error):
    """Return what an error says, short and on one line."""
    said = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    return " ".join(said.split())[:160]
