"""What every page has to be: readable by anybody, on a phone too, and nothing that the browser complains about.

The rules of accessibility are axe-core's; the rest is what HTML and the policies of our own pages promise.
"""

import json
from base64 import b64decode
from pathlib import Path
from urllib.parse import urlsplit

from node import module
from person import Person

# Phones of today at their narrow end, and a small laptop.
WIDTHS = {"phone": (390, 844), "desktop": (1280, 800)}

STRUCTURE = """(() => {
  const wrong = [], root = document.documentElement;
  const count = selector => document.querySelectorAll(selector).length;
  if (!document.title.trim()) wrong.push('no title');
  if (!root.lang) wrong.push('no language');
  if (count('h1') !== 1) wrong.push(`${count('h1')} first headings`);
  if (count('main') !== 1) wrong.push(`${count('main')} main parts`);
  if (count('script')) wrong.push('a script');
  if (count('[style], [onclick], [onload], [onerror]')) wrong.push('an inline style or handler');
  for (const field of document.querySelectorAll('input:not([type=hidden])'))
    if (!field.labels.length) wrong.push(`no label for ${field.name}`);
  for (const link of document.querySelectorAll('[src], link[href]')) wrong.push(`it loads ${link.src ?? link.href}`);
  return wrong;
})()"""

TOO_WIDE = """document.documentElement.scrollWidth - document.documentElement.clientWidth"""

# What is worth stopping for, by axe-core's own measure.
AXE = """axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations
  .filter(rule => ['serious', 'critical'].includes(rule.impact))
  .map(rule => `${rule.id}: ${rule.nodes[0].html.slice(0, 120)}`))"""


class Inspection:
    """Looks at every page that a person comes to, keeps a picture of each, and notes what is wrong."""

    def __init__(self, pictures: Path | None):
        self.pages, self.problems = {}, []
        self._pictures = pictures
        self._axe = module("axe-core/axe.min.js").read_text()

    def __call__(self, person: Person) -> None:
        """Looks at one page, unless one that says the same was looked at."""
        host = urlsplit(person.address).hostname
        content = person.text()
        if content in self.pages.setdefault(host, {}).values():
            return
        name = self._name(host, person.heading())
        self.pages[host][name] = content
        wrong = list(person.look(STRUCTURE))
        person.look(f"{self._axe};0")
        for width, (across, down) in WIDTHS.items():
            person.call(
                "Emulation.setDeviceMetricsOverride", width=across, height=down, deviceScaleFactor=1, mobile=False
            )
            self._keep(person, f"{name}-{width}")
            beyond = person.look(TOO_WIDE)
            if beyond > 0:
                wrong.append(f"{beyond} pixels too wide for a {width}")
        person.call("Emulation.clearDeviceMetricsOverride")
        for scheme in ("light", "dark"):
            preference = {"name": "prefers-color-scheme", "value": scheme}
            person.call("Emulation.setEmulatedMedia", features=[preference])
            wrong += [f"{rule} ({scheme})" for rule in person.look(AXE)]
        self._keep(person, f"{name}-dark")
        person.call("Emulation.setEmulatedMedia", features=[])
        self.problems += [f"{name}: {problem}" for problem in dict.fromkeys(wrong)]

    def cookies(self, person: Person, own_host: str) -> None:
        """Looks at what the browser has stored; `own_host` is the front's."""
        for cookie in person.cookies():
            wrong = [] if cookie["httpOnly"] else ["HttpOnly"]
            if cookie.get("sameSite") not in ("Lax", "Strict"):
                wrong.append("SameSite")
            if cookie["domain"] == own_host:
                if not cookie["name"].startswith("__Host-"):
                    wrong.append("__Host-")
                if not cookie["secure"]:
                    wrong.append("Secure")
                if cookie["path"] != "/":
                    wrong.append("Path=/")
            self.problems += [f"the cookie {cookie['name']} of {cookie['domain']} lacks {what}" for what in wrong]

    def complaints(self, person: Person) -> None:
        """What the browser itself complained of."""
        self.problems += [f"Chromium: {json.dumps(complaint)[:600]}" for complaint in person.complaints]

    def count(self) -> int:
        """How many pages were seen."""
        return sum(map(len, self.pages.values()))

    def _name(self, host: str, heading: str) -> str:
        who = host.removesuffix(".localhost").replace("localhost", "front")
        words = "".join(letter if letter.isalnum() else "-" for letter in heading.lower()).strip("-")
        name, at = f"{who}-{words[:60]}", 1
        while (name if at == 1 else f"{name}-{at}") in self.pages[host]:
            at += 1
        return name if at == 1 else f"{name}-{at}"

    def _keep(self, person: Person, name: str) -> None:
        if self._pictures:
            shot = person.call("Page.captureScreenshot", format="png", captureBeyondViewport=False)
            (self._pictures / f"{name}.png").write_bytes(b64decode(shot["data"]))
