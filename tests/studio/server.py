"""A studio that runs as users start it, and requests as any program may send them."""

import http.client
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

ROOT = Path(__file__).parents[2]


class Client:
    """Requests with the studio's cookie; `address`: as it was printed."""

    def __init__(self, address, process):
        self.address, self.process = address, process
        self.host = urlsplit(address).netloc
        token = urlsplit(address).query.partition("=")[2]
        self.cookie = f"microsim-studio-{self.host.partition(':')[2]}={token}"

    def raw(self, path, method="GET", body=None, **headers):
        """Return status and body of a request whose path goes as it is."""
        wire = http.client.HTTPConnection(self.host, timeout=60)
        given = {"Cookie": self.cookie, "Origin": f"http://{self.host}"} | headers
        wire.request(method, path, body, {name: value for name, value in given.items() if value is not None})
        reply = wire.getresponse()
        content = reply.read()
        wire.close()
        return reply.status, content

    def get(self, answer, /, **query):
        """Return the data of an answer."""
        status, content = self.raw(f"/api/{answer}?{urlencode(query)}")
        assert status == 200, content
        return json.loads(content)

    def post(self, act, /, status=200, **body):
        """Return the data of an answer, or the sentence of a refusal."""
        found, content = self.raw(
            f"/api/{act}", "POST", json.dumps(body), **{"Content-Type": "application/json"}
        )
        assert found == status, content
        return json.loads(content) if status == 200 else content.decode()

    def end(self):
        """End the server as Ctrl-C does; return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


@contextmanager
def serving(folder, port=0):
    """Start a studio; give a Client of it."""
    for package in ("starlette", "uvicorn"):
        pytest.importorskip(package, reason=f"the package {package} (extra studio) is not installed")
    command = [sys.executable, "-m", "microsim", "studio", str(folder), "--no-browser", "--port", str(port)]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("studio: http://127.0.0.1:"), line
        yield Client(line.split()[1], process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(20)
        process.stdout.close()
