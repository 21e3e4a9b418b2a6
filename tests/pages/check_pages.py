"""Checks the sample pages with a parser that is not ours: nesting, what they load, their policy, their tables.

usage: check_pages.py OBSMON_SAMPLES
"""

import base64
import hashlib
import html.parser
import pathlib
import re
import subprocess
import sys
import tempfile

VOID = {"meta", "link", "br", "rect", "path"}
ALLOWED = VOID | set(
    "html head title style body a nav main header footer h1 h2 h3 p strong small em code bdi span div section "
    "time ul li dl dt dd svg figure figcaption details summary script table caption thead tbody tfoot tr th td".split()
)
# What may not stand inside what.
BLOCKS = {"p", "figure", "details", "div", "section", "table", "ul", "dl", "h1", "h2", "h3"}


class Page(html.parser.HTMLParser):
    """Follows a page tag by tag; any fault is a sentence in `faults`."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.faults, self.ids, self.refs = [], [], set(), []
        self.script_policy = ""
        self.style, self.policy, self.headings, self.links = "", "", [], []
        self.columns, self.cells = None, 0
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"never closed: {self.open}")

    def fault(self, what):
        self.faults.append(f"line {self.getpos()[0]}: {what}")

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in ALLOWED:
            self.fault(f"unexpected <{tag}>")
        if len(values) != len(attributes):
            self.fault(f"<{tag}> has an attribute twice")
        if tag in BLOCKS and "p" in self.open:
            self.fault(f"<{tag}> in <p>")
        for name, value in attributes:
            if name.startswith("on") or name == "style":
                self.fault(f"<{tag} {name}>")
            if name in ("href", "src") and re.match(r"(?!data:image/svg\+xml,)([a-z]+:|//)", value, re.I):
                self.fault(f"loads or leads elsewhere: {value}")
        if "id" in values:
            if values["id"] in self.ids:
                self.fault(f"id {values['id']} twice")
            self.ids.add(values["id"])
        if "aria-labelledby" in values:
            self.refs.append(values["aria-labelledby"])
        if tag == "a":
            self.links.append(values["href"])
        if tag == "meta" and values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag == "script":
            self.script_policy = "script-src 'self'; "
            if not re.fullmatch(r"data/[0-9a-z-]+\.js", values.get("src", "")) or "defer" not in values:
                self.fault(f"a script that is not one of ours: {values}")
        if tag == "table":
            self.columns = None
        if tag == "tr":
            self.cells = 0
        if tag in ("td", "th"):
            self.cells += int(values.get("colspan", 1))
            if tag == "th" and values.get("scope") not in ("row", "col", "rowgroup"):
                self.fault("<th> without scope")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.fault(f"</{tag}> closes {self.open[-1:]}")
            return
        self.open.pop()
        if tag == "tr":
            self.columns = self.columns or self.cells
            if self.cells != self.columns:
                self.fault(f"a row of {self.cells} cells in a table of {self.columns}")

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
        elif self.open and self.open[-1] == "script":
            self.fault("a script in the page")
        elif any(c < " " and c != "\n" for c in data):
            self.fault(f"control character in {data!r}")


def check(path):
    text = path.read_bytes().decode("utf-8")
    page = Page(text)
    faults = page.faults
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    expected = (
        "default-src 'none'; img-src data:; "
        f"{page.script_policy}style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    if page.policy != expected:
        faults.append(f"policy is {page.policy}, not {expected}")
    if "@import" in page.style or "url(" in page.style:
        faults.append("the style loads something")
    if page.headings.count("h1") != 1 or page.headings[0] != "h1":
        faults.append(f"headings are {page.headings[:5]}")
    if any(b == "h3" and a == "h1" for a, b in zip(page.headings, page.headings[1:])):
        faults.append("an h3 directly below an h1")
    missing = [ref for ref in page.refs if ref not in page.ids]
    missing += [link for link in page.links if link.startswith("#") and "=" not in link and link[1:] not in page.ids]
    if missing:
        faults.append(f"nothing has the ids {missing}")
    for part in ('<html lang="en">', '<meta name="viewport"', '<meta charset="utf-8">', "<!doctype html>"):
        if part not in text:
            faults.append(f"no {part}")
    return [f"{path.name}: {fault}" for fault in faults]


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        pages = sorted(pathlib.Path(folder).glob("*.html"))
        faults = [fault for page in pages for fault in check(page)]
    print("\n".join(faults[:50]) or f"{len(pages)} pages are sound")
    return 1 if faults or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
