"""A figure that a notebook shows and that saves itself, with no window and no pyplot."""

from base64 import b64encode
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..base.errors import InputError
from ..base.files import replacing
from .png import to_png
from .style import png_size, rendered

# format -> what keeps a time stamp out of the file
ENDINGS = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}


class NotebookFigure(Figure):
    """A matplotlib Figure, rendered in the report's style.

    A notebook shows what has _repr_png_ or _repr_mimebundle_. A plain Figure has neither: it is shown only
    where pyplot was imported and has set up the inline backend. All that a Figure can do stays, so that
    `figure.axes[0].set_title("...")` changes what is shown.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        FigureCanvasAgg(self)

    def save(self, path):
        """Write the figure as .png, .pdf or .svg; return its path.

        Raises InputError where the ending is another one or the file cannot be written.
        """
        path = Path(path)
        kind = path.suffix.lower().removeprefix(".")
        if kind not in ENDINGS:
            raise InputError(f"expected a figure that ends on .png, .pdf or .svg, got {path}; rename it.")
        with replacing(path) as part:
            part.write_bytes(rendered(self, kind, ENDINGS[kind]))
        return path

    def _repr_png_(self):
        return to_png(self)

    def _repr_mimebundle_(self, include=None, exclude=None):
        """Give a notebook the PNG and the size at which its text has the page's size."""
        png = to_png(self)
        width, height = png_size(png)
        return {"image/png": b64encode(png).decode()}, {"image/png": {"width": width, "height": height}}
