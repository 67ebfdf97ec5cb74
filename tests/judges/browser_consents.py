"""Chromium takes a person through a login and a third party's consent, and through all that can go wrong on the way.

It decides whether the pages can be read and used by anybody, with a phone and without scripts, whether their policies let
through what they must, and whether the cookies are what their names promise. A picture of every page is kept in
build/screenshots/. At the end it looks at a page with every one of these faults, and has to see them.
"""

import shutil
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from client import REDIRECT, Client
from devtools import Chromium
from inspection import Inspection
from person import Person
from stack import REPOSITORY, SECRETS, Failed, LocalAws, Stack

PICTURES = REPOSITORY / "build" / "screenshots"
FIRST = {"username": "first@example.com", "password": SECRETS["FIRST_USER_PASSWORD"]}
SECOND = {"username": "second@example.com", "password": "Judge-password-5678!"}
# A client that describes itself in a document of which the front has a copy.
DOCUMENT = "https://claude.ai/oauth/claude-code-client-metadata"

ALLOW, SIGN_IN, AUTHORIZE = "Continue to sign-in", "Continue", "Authorize"
OVER = "This link is not good any more"


def story(chromium: Chromium, endpoint: str, look: Inspection) -> None:
    """Every page that a person can come to, in the order in which they come."""
    parts = urlsplit(endpoint)
    front = f"{parts.scheme}://{parts.netloc}"
    with Person(chromium, FIRST, look) as person, Person(chromium, SECOND, look) as other:
        client = Client(endpoint, "An editor")
        refused_sign_ins(person, client, front)
        client.sign_in(person)
        look.cookies(person, parts.hostname)
        github = next(tool for tool in client.tools() if tool.startswith("github___"))
        confluence = next(tool for tool in client.tools() if tool.startswith("confluence___"))

        link = client.link_of(github)
        expect(other, link, "This link was made for somebody else")
        declined(person, link)
        link = client.link_of(github)
        person.open(link)
        look.cookies(person, parts.hostname)
        person.press(AUTHORIZE)
        reached(person, "Connected")
        expect(person, link, OVER)
        if "/connect/" in str(client.ask("tools/call", name=github, arguments={})):
            raise Failed(f"{github} asks for a consent that it was given")

        handed_on(person, other, client.link_of(confluence))
        expect(person, f"{front}/connect/unavailable", "Connecting is not possible right now")
        for who in (person, other):
            look.cookies(who, parts.hostname)
            look.complaints(who)


def refused_sign_ins(person: Person, client: Client, front: str) -> None:
    """What comes before a login that succeeds: requests and forms that are not in order, and a person who declines."""
    expect(person, f"{front}/authorize?client_id=nobody", "This sign-in request is not in order")
    loopback = "http://localhost:33418/callback"
    person.open(client.address(client_id=DOCUMENT, redirect_uri=loopback))
    person.open(Client(client.endpoint, "An editor with a long name that tells nothing " * 2).address())
    person.press("Cancel")
    if "error=access_denied" not in person.way[-1]:
        raise Failed(f"a person who declined was sent to {person.way[-1]}")
    person.open(client.address())
    person.press(ALLOW)
    person.fill({"username": FIRST["username"], "password": "not the password"})
    person.press(SIGN_IN)
    reached(person, "Sign in")


def declined(person: Person, link: str) -> None:
    """The person changes their mind at the third party."""
    person.open(link)
    if person.look("!!document.getElementsByName('username').length"):
        person.fill()
        person.press(SIGN_IN)
    person.press("Cancel")
    reached(person, "Not connected")


def handed_on(person: Person, victim: Person, link: str) -> None:
    """The third party's own address, sent on to somebody else, connects nobody, however the two go on."""
    person.open(link)
    victim.go(person.address)
    reached(victim, OVER)
    person.press(AUTHORIZE)
    if person.heading() == "Connected":
        raise Failed("a consent was completed whose address somebody else had used")


def expect(person: Person, address: str, heading: str) -> None:
    """Opens an address, goes through a sign-in where there is one, and wants this page."""
    person.go(address)
    reached(person, heading)


def reached(person: Person, heading: str) -> None:
    """Wants this page."""
    if person.heading() != heading:
        raise Failed(f"instead of {heading!r} came {person.heading()!r}: {person.text()[:300]}")


def without_scripts(chromium: Chromium, endpoint: str) -> None:
    """The whole way once more, in a browser that runs no script."""
    with Person(chromium, FIRST, has_scripts=False) as person:
        client = Client(endpoint, "An editor")
        client.sign_in(person)
        tool = next(tool for tool in client.tools() if tool.startswith("confluence___"))
        expect(person, client.link_of(tool), "Connected")


FAULTY = b"""<!doctype html><html><head><meta name="viewport" content="width=device-width"></head><body>
<h1>One</h1><h1>Two</h1><p style="color: #eee">Hardly to be seen</p><form><input name="user"></form>
<div class="wide">Wide</div><script>document.title = 'A script ran'</script></body></html>"""

# What is wrong with it, in the words of the inspection.
FAULTS = (
    "no title",
    "no language",
    "2 first headings",
    "0 main parts",
    "a script",
    "an inline style",
    "no label for user",
    "color-contrast",
    "pixels too wide for a phone",
    "lacks HttpOnly",
    "lacks SameSite",
    "lacks __Host-",
    "lacks Secure",
    "ContentSecurityPolicyIssue",
)


class Faulty(BaseHTTPRequestHandler):
    """A page with every fault."""

    def do_GET(self):
        style = b"<style nonce=a>.wide { width: 2000px } p { color: #eee; background: #fff }</style></head>"
        page = FAULTY.replace(b"</head>", style)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'nonce-a'")
        self.send_header("Set-Cookie", "login=1")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        """Nothing: the judge says what matters."""


def planted(chromium: Chromium) -> list[str]:
    """The faults of the faulty page that the inspection does not see."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Faulty)
    Thread(target=server.serve_forever, daemon=True).start()
    look = Inspection(None)
    try:
        with Person(chromium, {}, look) as person:
            person.open(f"http://localhost:{server.server_address[1]}/")
            look.cookies(person, "localhost")
            look.complaints(person)
    finally:
        server.shutdown()
        server.server_close()
    seen = "\n".join(look.problems)
    return [f"a planted fault was not seen: {fault}" for fault in FAULTS if fault not in seen]


def main() -> None:
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    look = Inspection(PICTURES)
    with Stack("judge-browser") as stack:
        stack.run("up", "--local", "--yes")
        stack.environment["SECOND"] = SECOND["password"]
        stack.run("users", "add", SECOND["username"], "--password-env", "SECOND", "--local")
        endpoint = stack.config()["mcp_url"]
        with LocalAws(stack), Chromium(stack.folder) as chromium:
            story(chromium, endpoint, look)
            without_scripts(chromium, endpoint)
            missed = planted(chromium)
    problems = look.problems + missed
    if problems:
        raise Failed("\n  ".join([f"{len(problems)} problems", *problems]))
    shots = len(list(PICTURES.iterdir()))
    print(f"browser_consents: {look.count()} pages, {shots} pictures, {len(FAULTS)} planted faults seen")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"browser_consents: {failed}")
