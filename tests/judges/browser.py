"""A person at a browser: cookies for each host, redirects, and the forms of the pages that come.

Names below `localhost` are this machine (RFC 6761, 6.3), whatever the system's resolver thinks of them.
"""

import http.client
import re
import socket
from html import unescape
from urllib.parse import urlencode, urljoin, urlsplit

from stack import Failed

_resolve = socket.getaddrinfo


def _loopback(host, *arguments, **options):
    name = host.decode() if isinstance(host, bytes) else host
    is_local = name is not None and name.endswith(".localhost")
    return _resolve("127.0.0.1" if is_local else host, *arguments, **options)


def resolve_localhost() -> None:
    """Lets every client in this process reach the local planes."""
    socket.getaddrinfo = _loopback


class Browser:
    """Fills forms in with what it knows: a user name, a password, and the first button of each page."""

    def __init__(self, user: str, password: str, account: str | None = None):
        self._known = {"username": user, "password": password}
        # What the built-in vendor asks for; it takes any name, and proposes one.
        if account:
            self._known["user"] = account
        self._jars = {}

    def go(self, address: str, end: str = "nowhere") -> tuple[str, str]:
        """Where the way that begins at `address` leads to: an address that begins with `end`, or a page without a form."""
        method, form = "GET", None
        for _ in range(20):
            status, location, body = self._send(method, address, form)
            if location:
                address, method, form = urljoin(address, location), "GET", None
                if address.startswith(end):
                    return address, ""
            elif "<form" in body:
                action, form = self._filled(body)
                address, method = urljoin(address, action), "POST"
            elif status == 200:
                return address, body
            else:
                raise Failed(f"{urlsplit(address).path} answered {status}: {re.sub('<[^>]*>', ' ', body)[-400:]}")
        raise Failed(f"the way from {urlsplit(address).path} has no end")

    def _filled(self, page: str) -> tuple[str, dict]:
        form = page.split("<form", 1)[1].split("</form>", 1)[0]
        fields = {}
        for field in re.findall(r"<input([^>]*)>", form):
            name = _attribute(field, "name")
            fields[name] = self._known.get(name, _attribute(field, "value"))
        for button in re.findall(r"<button([^>]*)>", form):
            if _attribute(button, "name"):
                fields[_attribute(button, "name")] = _attribute(button, "value")
                break
        return _attribute(form.split(">", 1)[0], "action"), fields

    def _send(self, method: str, address: str, form: dict | None) -> tuple[int, str, str]:
        parts = urlsplit(address)
        jar = self._jars.setdefault(parts.hostname, {})
        headers = {"Host": parts.netloc}
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, None if form is None else urlencode(form), headers)
        response = connection.getresponse()
        body = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";", 1)[0].partition("=")
            if "Max-Age=0" in cookie:
                jar.pop(name, None)
            else:
                jar[name] = value
        connection.close()
        return response.status, response.headers.get("Location") or "", body


def _attribute(element: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', element)
    return unescape(found[1]) if found else ""
