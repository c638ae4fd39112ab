"""The studio's server: what a browser asks for, answered from the folder.

    serve("electrodes", port=8765)

Every answer is data or a plain sentence (status 400); nothing is kept here that a restart would lose.
"""

import os
import socket
from pathlib import Path

from .. import __version__
from ..base.errors import InputError, MicrosimError, why
from ..base.locks import locked
from ..base.packages import need
from ..jobs.arguments import axes_order, voxel_size_nm
from .door import HOSTS, Door, kept_token
from .places import Place
from .sections import Shelf

STATIC = Path(__file__).parent / "static"
REPORT = Path(__file__).parents[1] / "report"
SCRIPTS = ("volumes.js", "turn.js", "theme.js")  # of the pages of a run, used here too
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".yaml": "text/plain; charset=utf-8",
    ".yml": "text/plain; charset=utf-8",
}


class Studio:
    """What the routes share: the folder, and the volumes that were read."""

    def __init__(self, folder):
        self.place, self.shelf = Place.of(folder), Shelf()

    def shown(self, query):
        """Return the VolumeShown of the volume that a query names, with the voxel size and axes that it gives."""
        size = voxel_size_nm(query["voxel_size_nm"], "voxel size") if query.get("voxel_size_nm") else None
        axes = axes_order(query["file_axes"], "axes of the file") if query.get("file_axes") else None
        return self.shelf.get(self.place.volume(query.get("name", "")), size, axes)

    # ---- answers: query -> plain data, or (bytes, {header: value}) ----

    def state(self, query):
        return {"folder": self.place.root.name, "version": __version__}

    def files(self, query):
        return {"files": self.place.listing(query.get("path", ""))}

    def volume(self, query):
        return self.shown(query).about()

    def section(self, query):
        try:
            index = int(query.get("index", ""))
        except ValueError:
            raise InputError(
                f"index: expected a whole number, got {query.get('index')!r}; correct it."
            ) from None
        axis = query.get("axis")
        if axis not in ("x", "y", "z"):
            raise InputError(f"axis: expected x, y or z, got {axis!r}; name one of them.")
        return self.shown(query).section(axis, index).tobytes(), {}

    def coarse(self, query):
        codes, stride = self.shown(query).coarse()
        return codes.tobytes(), {"x-shape": ",".join(map(str, codes.shape)), "x-stride": str(stride)}


ANSWERS = ("state", "files", "volume", "section", "coarse")


def application(folder, token, port):
    """Make the ASGI application of a folder's studio, its door included."""
    from starlette.applications import Starlette
    from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
    from starlette.routing import Route

    studio = Studio(folder)

    def told(answer):
        def endpoint(request):
            found = answer(dict(request.query_params))
            if isinstance(found, tuple):
                return Response(found[0], headers=found[1], media_type="application/octet-stream")
            return JSONResponse(found)

        return endpoint

    def file(path):
        return FileResponse(path, media_type=TYPES.get(path.suffix.lower(), "application/octet-stream"))

    def index(request):
        return file(STATIC / "index.html")

    def static(request):
        name = request.path_params["name"]
        if name in os.listdir(STATIC):
            return file(STATIC / name)
        if name in SCRIPTS:
            return file(REPORT / "scripts" / name)
        return file(REPORT / "style.css") if name == "style.css" else Response(status_code=404)

    def shown(request):
        return file(studio.place.root / studio.place.file(request.path_params["name"]))

    def sentence(request, error):
        return PlainTextResponse(" ".join(str(error).split()), status_code=400)

    routes = [Route("/", index), Route("/static/{name}", static), Route("/shown/{name:path}", shown)]
    routes += [Route(f"/api/{name}", told(getattr(studio, name))) for name in ANSWERS]
    handlers = {MicrosimError: sentence, OSError: lambda request, error: sentence(request, why(error))}
    return Door(Starlette(routes=routes, exception_handlers=handlers), token, port)


def serve(folder=".", port=8765, told=print):
    """Serve a folder's studio on 127.0.0.1 until Ctrl-C; told(line) is called with its address.

    Raises InputError for a folder that is none or has a studio already, and for a port that is taken.
    """
    uvicorn = need("uvicorn", "the studio")
    need("starlette", "the studio")
    place = Place.of(folder)
    os.chdir(place.root)  # names are those of the folder, as for a terminal there
    place.own.mkdir(mode=0o700, exist_ok=True)
    try:
        with locked(place.own / ".lock", lambda: True), _listening(port) as listener:
            token = kept_token(place.own / "token")
            told(f"http://{HOSTS[0]}:{listener.getsockname()[1]}/?token={token}")
            app = application(place.root, token, listener.getsockname()[1])
            config = uvicorn.Config(
                app, log_level="warning", lifespan="off", server_header=False, timeout_graceful_shutdown=2
            )
            uvicorn.Server(config).run(sockets=[listener])
    except BlockingIOError:
        raise InputError(
            f"expected a folder without a studio, got {folder}, which has one; use its address, or end it."
        ) from None


def _listening(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOSTS[0], port))
    except OSError as error:
        listener.close()
        raise InputError(
            f"--port: expected a free port of this machine, got {port} ({why(error)}); name another, or 0."
        ) from error
    listener.listen()
    return listener
