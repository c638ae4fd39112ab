"""The studio's server: what a browser asks for, answered from the folder.

    serve("electrodes", port=8765)

Every answer is data or a plain sentence (status 400); nothing is kept here that a restart would lose.
"""

import json
import os
import socket
from contextlib import chdir
from pathlib import Path

from .. import __version__
from ..base.axes import AXES
from ..base.errors import InputError, MicrosimError, why
from ..base.files import replacing
from ..base.locks import locked
from ..base.packages import need
from ..base.schema import choice, whole
from ..jobs.arguments import axes_order, voxel_size_nm
from .door import HOSTS, Door, kept_token
from .editing import begun_text, case_help, check_text, save_text, template, templates, text_of
from .painting import Easel
from .places import Place
from .queue import Queue
from .runs import can_compare, found_runs, label_notes
from .sections import Shelf

STATIC = Path(__file__).parent / "static"
REPORT = Path(__file__).parents[1] / "report"
SCRIPTS = ("volumes.js", "turn.js", "theme.js")  # of the pages of a run, used here too
SERVER = {"log_level": "warning", "lifespan": "off", "server_header": False, "timeout_graceful_shutdown": 2}
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
    """What the routes share: the folder, its jobs, and the volumes that were read."""

    def __init__(self, folder, at_once=1):
        self.place, self.shelf = Place.of(folder), Shelf()
        self.queue, self.easel = Queue(self.place, at_once), Easel(self.place)

    def shown(self, query):
        """Return the volume that a query names, with the voxel size and axes that it gives."""
        size = voxel_size_nm(query["voxel_size_nm"], "voxel size") if query.get("voxel_size_nm") else None
        axes = axes_order(query["file_axes"], "axes of the file") if query.get("file_axes") else None
        return self.shelf.get(self.place.volume(query.get("name", "")), size, axes)

    # ---- answers: query -> plain data, or (bytes, {header: value}) ----

    def state(self, query):
        return {
            "folder": self.place.root.name,
            "version": __version__,
            "jobs": self.queue.told(),
            "painted": self.easel.stamps(),
        }

    def files(self, query):
        return {"files": self.place.listing(query.get("path", ""))}

    def volume(self, query):
        notes = label_notes(self.place, self.place.volume(query.get("name", "")))
        return {**self.shown(query).about(), **notes}

    def section(self, query):
        axis, shown = _axis(query), self.shown(query)
        return shown.section(axis, _index(query, axis, shown.volume.values)).tobytes(), {}

    def coarse(self, query):
        codes, stride = self.shown(query).coarse()
        return codes.tobytes(), {"x-shape": ",".join(map(str, codes.shape)), "x-stride": str(stride)}

    def job(self, query):
        record = self.queue.record(_number(query.get("number")))
        return {**record.told(), "out": record.text("out.txt"), "err": record.text("err.txt")}

    def painted(self, query):
        name, found = query.get("name", ""), self._painted(query)
        told = {"file": found.path, "counts": found.counts, "stamp": found.stamp, "undo": len(found.strokes)}
        return {**told, "classes": self.easel.classes(name)}

    def painted_section(self, query):
        axis, found = _axis(query), self._painted(query)
        section = found.values.take(_index(query, axis, found.values), axis=AXES.index(axis))
        return section.astype("<u2").tobytes(), {}

    def runs(self, query):
        return {"runs": found_runs(self.place), "can_compare": can_compare()}

    def text(self, query):
        return text_of(self.place, query.get("name", ""))

    def help(self, query):
        return {"sections": case_help(), "templates": templates()}

    def template(self, query):
        return {"text": template(query.get("name"))}

    def _painted(self, query):
        return self.easel.get(query.get("name", ""), self.shown(query), query.get("file_axes"))

    # ---- acts: plain data -> plain data ----

    def start(self, asked):
        return {"number": self.queue.add(asked.get("line"))}

    def stop(self, asked):
        self.queue.record(_number(asked.get("number"))).stop(now=asked.get("now") is True)
        return {}

    def check(self, asked):
        return check_text(self.place, asked.get("name"), str(asked.get("text", "")))

    def begin(self, asked):
        return {"text": begun_text(self.shown(_named(asked)), asked.get("name", ""), asked.get("phases"))}

    def save(self, asked):
        given = [asked.get(name) for name in ("name", "text", "sha256")]
        return {"sha256": save_text(self.place, *given)}

    def stroke(self, asked):
        given = [asked.get(name) for name in ("axis", "index", "points", "radius", "label")]
        self._painted(_named(asked)).stroke(*given)
        return self.painted(_named(asked))

    def undo(self, asked):
        self._painted(_named(asked)).undo()
        return self.painted(_named(asked))

    def classes(self, asked):
        self._painted(_named(asked))
        self.easel.name_classes(asked["name"], asked.get("classes"))
        return self.painted(_named(asked))


ANSWERS = (
    "state",
    "files",
    "volume",
    "section",
    "coarse",
    "job",
    "painted",
    "painted_section",
    "runs",
    "text",
    "help",
    "template",
)
ACTS = ("start", "stop", "stroke", "undo", "classes", "check", "begin", "save")
MOST = 10**7  # bytes of what a browser may send


def _axis(query):
    return choice(*AXES)(query.get("axis"), "axis")


def _index(query, axis, values):
    return whole(0, values.shape[AXES.index(axis)] - 1)(query.get("index", ""), "index")


def _named(asked):
    """What an act says of a volume, as a query says it."""
    names = ("name", "voxel_size_nm", "file_axes")
    return {name: asked[name] for name in names if isinstance(asked.get(name), str)}


def _number(given):
    try:
        return int(given)
    except (TypeError, ValueError):
        raise InputError(f"number: expected that of a job, got {given!r}; take one of the list.") from None


async def _body(request):
    """Read what a browser sends with an act: a JSON object, of a type that no form of another page has."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InputError("expected JSON from the studio's page, got another type; use the page.")
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MOST:
            raise InputError(f"expected at most {MOST} bytes from a page, got more; send less.")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):  # the latter of lists in lists in lists ...
        found = None
    if not isinstance(found, dict):
        raise InputError("expected a JSON object from the studio's page, got something else; use the page.")
    return found


async def _upload(studio, request):
    """Write a file that a browser sends, as it is, under a name that nothing has yet."""
    if request.headers.get("content-type", "") != "application/octet-stream":  # which no form of a page sends
        raise InputError("expected a file from the studio's page, got another type; use the page.")
    from anyio import open_file

    path = studio.place.fresh(request.query_params.get("name", ""))
    with replacing(path) as part:
        async with await open_file(part, "wb") as file:
            async for piece in request.stream():
                await file.write(piece)
    return path


def application(studio, token, port):
    """Make the ASGI application of a Studio, its door included."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse

    def sentence(request, error):
        said = str(error) if isinstance(error, MicrosimError) else why(error)
        said = " ".join(said.split()).encode("utf-8", "backslashreplace")  # a name that is no UTF-8
        return PlainTextResponse(said, status_code=400)

    def full(request, error):
        return PlainTextResponse("expected memory for this, got none left; crop the volume.", status_code=400)

    def failed(request, error):
        said = f"the studio failed, which is its fault and not yours: {type(error).__name__}: {why(error)}"
        return PlainTextResponse(said, status_code=500)

    handlers = {MicrosimError: sentence, OSError: sentence, MemoryError: full, Exception: failed}
    routes = [*_page_routes(studio), *_data_routes(studio)]
    return Door(Starlette(routes=routes, exception_handlers=handlers), token, port)


def _data_routes(studio):
    """Routes of answers and acts."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    def done(act):
        async def endpoint(request):
            return JSONResponse(await run_in_threadpool(act, await _body(request)))

        return endpoint

    def told(answer):
        def endpoint(request):
            found = answer(dict(request.query_params))
            if isinstance(found, tuple):
                return Response(found[0], headers=found[1], media_type="application/octet-stream")
            return JSONResponse(found)

        return endpoint

    async def upload(request):
        path = await _upload(studio, request)
        return JSONResponse({"path": path.relative_to(studio.place.root).as_posix()})

    sent = Route("/api/upload", upload, methods=["POST"])
    acts = [sent, *(Route(f"/api/{name}", done(getattr(studio, name)), methods=["POST"]) for name in ACTS)]
    return [*(Route(f"/api/{name}", told(getattr(studio, name))) for name in ANSWERS), *acts]


def _page_routes(studio):
    """Routes of the page itself, its scripts and style, and files of the folder."""
    from starlette.responses import FileResponse, Response
    from starlette.routing import Route

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

    return [Route("/", index), Route("/static/{name}", static), Route("/shown/{name:path}", shown)]


def serve(folder=".", port=8765, at_once=1, told=print):
    """Serve a folder's studio on 127.0.0.1 until Ctrl-C; told(line) is called with its address.

    at_once: how many jobs run at a time; others wait.

    Raises InputError for a folder that is none or has a studio already, and for a port that is taken.
    """
    uvicorn = need("uvicorn", "the studio")
    need("starlette", "the studio")
    place = Place.of(folder)
    place.own.mkdir(mode=0o700, exist_ok=True)
    try:
        # names are those of the folder, as for a terminal there
        with locked(place.own / ".lock", lambda: True), _listening(port) as listener, chdir(place.root):
            token, port = kept_token(place.own / "token"), listener.getsockname()[1]
            studio = Studio(place.root, at_once)
            app = application(studio, token, port)
            config = uvicorn.Config(app, **SERVER)
            config.load()
            studio.queue.watch()
            told(f"http://{HOSTS[0]}:{port}/?token={token}")
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
