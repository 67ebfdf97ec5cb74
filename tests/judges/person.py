"""A person at Chromium, who reads each page, fills its form in and presses the button that goes on.

What stands for `browser.Browser` where the browser itself has to agree: with policies, cookies and pages.
"""

import json
from urllib.parse import urljoin

from devtools import Chromium
from stack import Failed

# The most pages that a way may have.
MOST_PAGES = 12

# The form of a page: where its visible fields and its buttons are.
FORM = """(() => {
  const form = document.querySelector('form');
  const shown = element => element.type !== 'hidden';
  const button = element => ({ label: element.textContent.trim(), value: element.value });
  return form && {
    fields: [...form.querySelectorAll('input')].filter(shown).map(field => field.name),
    buttons: [...form.querySelectorAll('button')].map(button),
  };
})()"""

PLACE = """(() => {
  const element = %s;
  element.scrollIntoView({ block: 'center' });
  const { x, y, width, height } = element.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
})()"""


class Person:
    """Knows what to write into fields; `on_page` is called with this person at every page that comes."""

    def __init__(self, browser: Chromium, known: dict[str, str], on_page=None, *, has_scripts: bool = True):
        self._browser, self._known, self._on_page = browser, known, on_page
        # A context of its own: nobody else's cookies.
        self._context = browser.call("Target.createBrowserContext")["browserContextId"]
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=self._context)["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Audits"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setScriptExecutionDisabled", value=not has_scripts)
        self.address = "about:blank"
        # What the browser had to say against pages, and every address that it was sent to.
        self.complaints, self.way = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._browser.call("Target.disposeBrowserContext", browserContextId=self._context)

    def call(self, method: str, **parameters) -> dict:
        """Asks something of this person's page."""
        return self._browser.call(method, self._session, **parameters)

    def look(self, expression: str):
        """The value of an expression on the page. It is the tools' and works where pages have no scripts."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise Failed(f"{self.address}: {json.dumps(answer['exceptionDetails'])[:400]}")
        return answer["result"].get("value")

    def text(self) -> str:
        """What the page says."""
        return self.look("document.body.innerText")

    def heading(self) -> str:
        """What the page is about."""
        return self.look("document.querySelector('h1')?.textContent ?? ''")

    def cookies(self) -> list[dict]:
        """All that this browser has stored."""
        return self._browser.call("Storage.getCookies", browserContextId=self._context)["cookies"]

    def open(self, address: str) -> None:
        """Goes to an address, as from a link in an editor."""
        self._take_events()
        self.call("Page.navigate", url=address)
        self._arrive()

    def press(self, label: str) -> None:
        """Presses the button, or follows the link, that bears this label."""
        found = f"[...document.querySelectorAll('button, a')].find(e => e.textContent.trim() === {json.dumps(label)})"
        if not self.look(f"!!{found}"):
            raise Failed(f"{self.address} has no button {label!r}: {self.text()[:400]}")
        x, y = self.look(PLACE % found)
        self._take_events()
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        self._arrive()

    def fill(self, known: dict[str, str] | None = None) -> None:
        """Writes what this person knows, or `known`, into the fields of the page."""
        known = known or self._known
        for name in self.look(FORM)["fields"]:
            if name in known:
                self.look(f"document.getElementsByName({json.dumps(name)})[0].select()")
                self.call("Input.insertText", text=known[name])

    def go(self, address: str, end: str = "nowhere") -> tuple[str, str]:
        """Where the way that begins at `address` leads to: an address that begins with `end`, or a page without a form."""
        begin = len(self.way)
        self.open(address)
        for _ in range(MOST_PAGES):
            reached = next((passed for passed in self.way[begin:] if passed.startswith(end)), None)
            if reached:
                return reached, ""
            form = self.look(FORM)
            if not form:
                return self.address, self.look("document.documentElement.outerHTML")
            self.fill()
            self.press(form["buttons"][0]["label"])
        raise Failed(f"the way from {address} has no end but {self.heading()!r}")

    def _arrive(self) -> None:
        """Waits for the next page, and shows it to whoever wants to see pages."""
        self._browser.wait("Page.loadEventFired")
        self._take_events()
        self.address = self.look("location.href")
        if self._on_page and not self.address.startswith("chrome-error:"):
            self._on_page(self)
            self._take_events()

    def _take_events(self) -> None:
        mine = [event for event in self._browser.events if event.get("sessionId") == self._session]
        self._browser.events = [event for event in self._browser.events if event not in mine]
        for event in mine:
            about = event["params"]
            match event["method"]:
                case "Network.requestWillBeSent" if about["type"] == "Document":
                    self.way.append(urljoin(about["request"]["url"], about["request"].get("urlFragment", "")))
                # A status that is no success is an answer like another: the page says what it means.
                case "Log.entryAdded" if about["entry"]["source"] != "network":
                    self.complaints.append(about["entry"])
                # A login is redirects through hosts that nobody touches; that is no tracking.
                case "Audits.issueAdded" if about["issue"]["code"] != "BounceTrackingIssue":
                    self.complaints.append(about["issue"])
                case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                    self.complaints.append(about)
