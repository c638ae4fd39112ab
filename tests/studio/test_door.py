"""The door of the studio: token, host, origin, and the headers of every answer."""

import asyncio

import pytest

from microsim.studio.door import Door, kept_token

TOKEN = "t" * 43
PORT = 8765
HOST = ("host", f"127.0.0.1:{PORT}")
COOKIE = ("cookie", f"other=1; microsim-studio-{PORT}={TOKEN}")
ORIGIN = ("origin", f"http://127.0.0.1:{PORT}")


async def inner(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public")]})
    await send({"type": "http.response.body", "body": b"in"})


def asked(path="/api/state", *headers, method="GET", query=b""):
    """Status, headers and body of an answer."""
    sent = []

    async def send(message):
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": pairs}
    asyncio.run(Door(inner, TOKEN, PORT)(scope, None, send))
    found = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    return sent[0]["status"], dict(found), sent[1]["body"].decode()


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (200, {"headers": [HOST, COOKIE]}),
        (200, {"headers": [("host", f"localhost:{PORT}"), COOKIE]}),
        (200, {"headers": [HOST, COOKIE, ORIGIN], "method": "POST"}),
        (200, {"headers": [HOST], "path": "/", "query": b"token=" + TOKEN.encode()}),
        (
            200,
            {
                "headers": [HOST, ("sec-fetch-site", "cross-site")],
                "path": "/",
                "query": b"token=" + TOKEN.encode(),
            },
        ),
        # no token, or another
        (401, {"headers": [HOST]}),
        (401, {"headers": [HOST, ("cookie", f"microsim-studio-{PORT}={TOKEN[:-1]}")]}),
        (401, {"headers": [HOST, ("cookie", f"microsim-studio-{PORT}=")]}),
        (401, {"headers": [HOST, ("cookie", f"microsim-studio-{PORT + 1}={TOKEN}")]}),
        (401, {"headers": [HOST], "path": "/"}),
        (
            401,
            {"headers": [HOST], "query": b"token=" + TOKEN.encode()},
        ),  # in the address of anything but the page
        (401, {"headers": [HOST], "path": "/", "query": b"token=" + TOKEN.encode() + b"&token=x"}),
        (401, {"headers": [HOST], "path": "/", "query": "token=é".encode()}),
        # another host: a name that was made to lead here
        (403, {"headers": [("host", f"evil.example:{PORT}"), COOKIE]}),
        (403, {"headers": [("host", "127.0.0.1"), COOKIE]}),
        (403, {"headers": [("host", f"127.0.0.1:{PORT}.evil.example"), COOKIE]}),
        (403, {"headers": [HOST, HOST, COOKIE]}),
        (403, {"headers": [COOKIE]}),
        # another page
        (403, {"headers": [HOST, COOKIE, ("origin", "http://evil.example")]}),
        (403, {"headers": [HOST, COOKIE, ("origin", "null")]}),
        (403, {"headers": [HOST, COOKIE, ("origin", f"https://127.0.0.1:{PORT}")]}),
        (403, {"headers": [HOST, COOKIE, ("origin", "http://127.0.0.1:9999")], "method": "POST"}),
        (403, {"headers": [HOST, COOKIE], "method": "POST"}),
        (403, {"headers": [HOST, COOKIE, ORIGIN, ("sec-fetch-site", "cross-site")], "method": "POST"}),
        (403, {"headers": [HOST, COOKIE, ("sec-fetch-site", "same-site")]}),
    ],
)
def test_who_may_come_in(status, request_):
    given = dict(request_)
    path = given.pop("path", "/api/state")
    found, headers, body = asked(path, *given.pop("headers"), **given)
    assert found == status
    assert body == "in" if status == 200 else body.startswith("microsim studio: expected")
    assert "access-control-allow-origin" not in headers


def test_the_first_visit_sets_a_cookie_that_no_script_and_no_other_site_uses():
    _, headers, _ = asked("/", HOST, query=b"token=" + TOKEN.encode())
    assert headers["set-cookie"] == f"microsim-studio-{PORT}={TOKEN}; HttpOnly; SameSite=Strict; Path=/"
    assert "set-cookie" not in asked("/", HOST, COOKIE)[1]


def test_no_answer_lets_a_page_fetch_from_elsewhere():
    for path in ("/", "/api/state", "/shown/report.html", "/static/app.js"):
        _, headers, _ = asked(path, HOST, COOKIE)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "http" not in policy and "*" not in policy
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
        assert ("sandbox allow-scripts" in policy) == path.startswith("/shown/")
        assert "allow-same-origin" not in policy


def test_web_sockets_are_closed():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(Door(inner, TOKEN, PORT)({"type": "websocket"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_a_token_is_kept_where_nobody_else_reads_it(tmp_path):
    path = tmp_path / "token"
    token = kept_token(path)
    assert len(token) >= 40 and path.stat().st_mode & 0o777 == 0o600 and kept_token(path) == token
    path.chmod(0o644)
    other = kept_token(path)
    assert other != token and path.stat().st_mode & 0o777 == 0o600
    path.write_text("short")
    assert len(kept_token(path)) >= 40


def test_a_token_is_not_written_through_a_link(tmp_path):
    (tmp_path / "else").write_text("x" * 43)
    (tmp_path / "else").chmod(0o600)
    (tmp_path / "token").symlink_to(tmp_path / "else")
    assert kept_token(tmp_path / "token") != "x" * 43 and not (tmp_path / "token").is_symlink()
    assert (tmp_path / "else").read_text() == "x" * 43
