"""Who may come in: requests to this machine, by this machine's own pages, with the studio's token.

The token stands in the address that the command prints; the first visit turns it into a cookie that no script
and no other site can use. Pages of the folder are shown without the rights of the studio's own (a sandbox).
"""

import hmac
import os
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

HOSTS = ("127.0.0.1", "localhost")
COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
OWN_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
    " frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
# a page of the folder may be anybody's: it runs, but asks nobody for anything, the studio included
SHOWN_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline';"
    " style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'self'"
)
SHOWN = "/shown/"  # where files of the folder are served
READING = ("GET", "HEAD")


def kept_token(path):
    """Return the token of a folder's studio, the same after a restart, so that open pages go on; made anew
    where the file is missing or others may read it."""
    try:
        safe = not path.is_symlink() and path.stat().st_mode & 0o077 == 0
        token = path.read_text(encoding="ascii").strip() if safe else ""
    except (OSError, ValueError):
        token = ""
    if len(token) >= 40:
        return token
    token = secrets.token_urlsafe(32)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(token)
    return token


class Door:
    """An ASGI application around another: refuses, or lets in and adds the headers.

    app, token; port: on which the server listens. The cookie bears the port: cookies of one host are those of
    all its ports.
    """

    def __init__(self, app, token, port):
        self.app, self.token, self.cookie = app, token, f"microsim-studio-{port}"
        self.hosts = {f"{host}:{port}" for host in HOSTS}

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":  # no web sockets here
            return await send({"type": "websocket.close", "code": 1008})
        given = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        refusal = self.refusal(scope["method"], scope["path"], scope["query_string"], given)
        if refusal:
            return await self._refuse(send, *refusal)
        return await self.app(scope, receive, self._with_headers(scope, send))

    def refusal(self, method, path, query, headers):
        """Return (status, sentence) for a request that may not come in, or None."""
        found = {name: [value for key, value in headers if key == name] for name, _ in headers}
        if len(found.get("host", [])) != 1 or found["host"][0].lower() not in self.hosts:
            return 403, "expected a request to 127.0.0.1, got one to another host; use the address printed."
        origins = {f"http://{host}" for host in self.hosts}
        given = found.get("origin", [])
        if any(origin not in origins for origin in given) or method not in READING and len(given) != 1:
            return 403, "expected a request from the studio's own page, got one from elsewhere."
        first = method in READING and path == "/"  # which a link from elsewhere may open
        if not first and any(site not in ("same-origin", "none") for site in found.get("sec-fetch-site", [])):
            return 403, "expected a request from the studio's own page, got one from another site."
        if not (self._by_cookie(found.get("cookie", [])) or self._by_address(path, query)):
            return 401, "expected the studio's token, got none that fits; open the address that it printed."
        return None

    def _by_cookie(self, lines):
        try:
            values = [SimpleCookie(line).get(self.cookie) for line in lines]
        except CookieError:
            return False
        return any(self._fits(one.value) for one in values if one)

    def _by_address(self, path, query):
        given = parse_qs(query.decode("latin-1")).get("token", [])
        return path == "/" and len(given) == 1 and self._fits(given[0])

    def _fits(self, given):
        return hmac.compare_digest(given.encode(), self.token.encode())

    def _with_headers(self, scope, send):
        policy = SHOWN_POLICY if scope["path"].startswith(SHOWN) else OWN_POLICY
        headers = {**COMMON, "content-security-policy": policy}
        if self._by_address(scope["path"], scope["query_string"]):
            headers["set-cookie"] = f"{self.cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/"

        async def added(message):
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in headers.items()]
                kept = [
                    pair for pair in message.get("headers", []) if pair[0].decode().lower() not in headers
                ]
                message = {**message, "headers": [*kept, *own]}
            await send(message)

        return added

    async def _refuse(self, send, status, sentence):
        headers = {**COMMON, "content-security-policy": "default-src 'none'", "content-type": "text/plain"}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": f"microsim studio: {sentence}\n".encode()})
