"""What all walks do: sign in, consent, and look at each page closely."""

import os

from chromium import Failed

ADELE = ("adele@woodgrove.example", "mock-secret-adele")
BOB = ("bob@woodgrove.example", "mock-secret-bob")

WIDE, NARROW = 1280, 360


def expect(holds, *what):
    if not holds:
        raise Failed(f"unexpected: {what}")


class Shots:
    """Numbered screenshots, on a desk's screen and on a telephone's. What every page must have is looked for, too."""

    def __init__(self, folder):
        self.folder = folder
        self.taken = 0

    def __call__(self, page, name):
        self.taken += 1
        path = os.path.join(self.folder, f"{self.taken:02}-{name}")
        page.screenshot(path + ".png", WIDE)
        try:
            usable_by_all(page)
        finally:
            width = page.screenshot(path + "-narrow.png", NARROW)
        expect(width <= NARROW, name, "is wider than the screen of a telephone", width)


def usable_by_all(page):
    """What those need who do not see the page, or see it on another screen."""
    expect(page.all("html[lang=en] meta[name=viewport]"), "language and viewport", page.html())
    nodes = [n for n in page.accessible() if not n.get("ignored")]
    names = {}
    for node in nodes:
        names.setdefault(node["role"]["value"], []).append(node.get("name", {}).get("value", ""))
    headings = [n for n in nodes if n["role"]["value"] == "heading"]
    levels = [p["value"]["value"] for n in headings for p in n["properties"] if p["name"] == "level"]
    expect(levels.count(1) == 1, "one main heading", levels)
    expect(names["RootWebArea"] != [""], "a title", page.html())
    for role in ("button", "checkbox", "link", "textbox"):
        expect("" not in names.get(role, []), "a name for each", role, page.html("body"))
    for field in page.all("[aria-invalid=true]"):
        said = page.html("#" + page.attribute(field, "aria-describedby"))
        expect('role="alert"' in said, "what is wrong with it is said", page.html("body"))


def not_shot(*_):
    """For pages that another walk has looked at."""


def sign_in(page, who, walk, shot, first=True):
    """From the e-mail address to the consent's "Accept", each the first time."""
    if first:
        page.wait("#loginfmt:focus")
        page.type(who[0])
        shot(page, walk + "-email")
        page.press("Enter")
    page.wait("#passwd:focus")
    page.type(who[1])
    shot(page, walk + "-password")
    page.press("Enter")


def accept(page, walk, shot):
    page.wait("button[value=accept]")
    shot(page, walk + "-consent")
    page.push("button[value=accept]")
