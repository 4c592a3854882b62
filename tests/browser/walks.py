#!/usr/bin/python3
"""People at Chromium sign in, by keyboard, at `outkit mock`, for `outkit login` and `outkit connect`; and meet the
pages of a world that changes.

Arguments: the outkit program, the folder that the screenshots go to, and of that world (pages.py) the address of its
Entra, the file with its authority, and the descriptor that takes orders.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import chromium
import pages
from chromium import Chromium, Failed
from steps import ADELE, BOB, Shots, accept, expect, not_shot, sign_in


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Program:
    """An outkit that is running, and what it has said."""

    def __init__(self, folder, *arguments):
        self.arguments = arguments
        self.paths = [tempfile.mkstemp(dir=folder)[1] for _ in range(2)]
        with open(self.paths[0], "wb") as out, open(self.paths[1], "wb") as err:
            self.process = subprocess.Popen([TOOL, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def said(self):
        out = []
        for path in self.paths:
            with open(path, encoding="utf-8") as f:
                out.append(f.read())
        return out

    def wait_for(self, pattern, of=1):
        until = time.monotonic() + 20
        while True:
            over = self.process.poll() is not None
            if found := re.search(pattern, self.said()[of], re.DOTALL):
                return found
            if over or time.monotonic() > until:
                raise Failed(f"{self.arguments} did not say {pattern}: {self.said()}")
            time.sleep(0.02)

    def ends_well(self):
        code = self.process.wait(20)
        out, err = self.said()
        if code != 0:
            raise Failed(f"{self.arguments} ended with {code}: {out}{err}")
        return out, " ".join(err.split())


def code_flow(page, login, shot):
    """The person whom the configuration names, by the code flow."""
    with login("--no-browser") as program:
        page.open(program.wait_for(r"https://localhost:\d+/\S+")[0])
        sign_in(page, ADELE, "code", shot, first=False)  # the configuration names the account
        accept(page, "code", shot)
        out, err = program.ends_well()
        page.wait("h1", "You can close this window")
        expect(page.style("main", "background-color") == "rgb(255, 255, 255)", "the page's policy blocks its style")
        shot(page, "code-done")
    expect(out.startswith("signed in as " + ADELE[0]) and "has signed in" not in err, out, err)


def cancelled(page, login, shot):
    """They press Cancel, and learn at the application's own page that it has been told."""
    with login("--no-browser", user="dora@woodgrove.example") as program:
        page.open(program.wait_for(r"https://localhost:\d+/\S+")[0])
        page.push("button[value=cancel]")
        page.wait("h1", "The sign-in did not succeed")
        shot(page, "cancelled")
        expect("access_denied" not in page.html(), page.html())
        expect(program.process.wait(20) == 1 and "cancelled" in program.said()[1], program.said())


def other_account(page, login):
    """Somebody else at the same browser, who presses "Use another account"."""
    with login("--no-browser", user="dora@woodgrove.example") as program:
        page.open(program.wait_for(r"https://localhost:\d+/\S+")[0])
        page.wait("#passwd:focus")
        page.push("button[value=another]")
        sign_in(page, BOB, "other", not_shot)
        accept(page, "other", not_shot)
        out, err = program.ends_well()
    expect(out.startswith("signed in as " + BOB[0]), out)
    expect("names dora@woodgrove.example, and " + BOB[0] + " has signed in" in err, err)


def device_code(program):
    said = program.wait_for(r"(https://localhost:\d+/\S+).*\bcode\s+([A-Z0-9]+).*Only if")
    return said[1], said[2]


def runs_scripts(page):
    script = "document.querySelector('p').className = 'ran'"
    page.open(f"data:text/html,<p></p><script>{script}</script><footer>end</footer>")
    page.wait("footer")
    return page.html("p.ran") != ""


def device_flow(page, login, shot):
    """The device flow, with scripts switched off. Stops at what the program is yet to learn."""
    page.forget_cookies()
    expect(runs_scripts(page))
    page.run_scripts(False)
    expect(not runs_scripts(page))
    with login("--device") as program:
        address, code = device_code(program)
        page.open(address)
        page.wait("#otc:focus")
        page.type(code)
        shot(page, "device-code")
        page.press("Enter")
        sign_in(page, ADELE, "device", not_shot)
        page.wait("button[value=continue]")
        shot(page, "device-confirm")
        page.push("button[value=continue]")
        page.wait("main", "You have signed in")
        shot(page, "device-done")
        page.run_scripts(True)
        yield  # the program asks every 5 seconds only
        out, err = program.ends_well()
    expect(out.startswith("signed in as " + ADELE[0]) and "has signed in" not in err, out, err)


def wrong_pick(page, login, shot):
    """Two have signed in at the browser, and the one who is not meant is picked. Stops as above."""
    with login("--device") as program:
        address, code = device_code(program)
        page.open(address)
        page.wait("#otc:focus")
        page.type(code)
        page.press("Enter")
        page.wait("main", "Pick an account")
        for somebody in (ADELE, BOB):
            page.wait("main", somebody[0])
        shot(page, "wrong-pick")
        page.push("button[name=pick]:nth-of-type(2)")
        page.push("button[value=continue]")
        page.wait("main", "You have signed in")
        yield
        out, err = program.ends_well()
    expect(out.startswith("signed in as " + BOB[0]), out)
    expect(f"names {ADELE[0]}, and {BOB[0]} has signed in" in err, err)


def connect(page, address, shot):
    """The button of `outkit connect`; then for its other application, where the browser offers the wrong account."""
    page.forget_cookies()
    page.open(address)
    page.wait("form button")
    shot(page, "connect-begin")
    page.push("form:nth-of-type(1) button")
    sign_in(page, BOB, "connect", not_shot)
    accept(page, "connect", not_shot)
    page.wait("tbody", "connected", 20)
    page.push("form:nth-of-type(2) button")
    page.wait("main", "Pick an account")
    page.push("button[name=pick]")
    accept(page, "connect-pick", not_shot)
    page.wait("tbody tr:nth-child(2)", "connected", 20)
    shot(page, "connect-wrong-account")
    table = page.html("tbody")
    expect(table.count(BOB[0]) == 2 and ADELE[0] not in table, table)
    # The person sees it, and uses another account.
    page.push("form:nth-of-type(1) button")
    page.push("button[value=another]")
    sign_in(page, ADELE, "connect-right", not_shot)
    accept(page, "connect-right", not_shot)
    page.wait("tbody tr:nth-child(3)", "connected", 20)
    shot(page, "connect-connected")
    expect(ADELE[0] in page.html("tbody tr:nth-child(3)"), page.html("tbody"))


def main():
    with tempfile.TemporaryDirectory(prefix="outkit-browser-") as folder:
        config = os.path.join(folder, "config.json")
        redirect = f"http://localhost:{free_port()}/oauth"
        with Program(folder, "mock", "--redirect-uri", redirect, "--write-config", config) as mock, Program(
            folder, "connect", "--mock", "--no-browser", "--port", "0"
        ) as page_of_connect:
            about = json.loads(mock.wait_for(r"^\{.*\}\n", 0)[0])
            address = page_of_connect.wait_for(r"http://localhost:\d+", 0)[0]
            connect_ca = page_of_connect.wait_for(r"certificates in\s+(\S+)\n")[1]

            def login(*arguments, user=None):
                of = config
                if user:
                    of = os.path.join(folder, "other.json")
                    with open(config, encoding="utf-8") as f:
                        changed = json.load(f)
                    changed["user"] = user
                    with open(of, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
                        json.dump(changed, f)
                store = os.path.join(folder, "in/tokens")
                return Program(folder, "login", "--config", of, "--store", store, *arguments)

            profile = os.path.join(folder, "profile")
            os.mkdir(profile)
            keys = [key_of(about["endpoints"]["login"], about["ca_file"])]
            keys.append(key_of(sign_in_of(address), connect_ca))
            keys.append(key_of(WORLD[0], WORLD[1]))
            with Chromium(profile, keys) as browser:
                shot = Shots(SHOTS)
                began = time.monotonic()

                def done(what):
                    print(f"{what} after {time.monotonic() - began:.1f} s")

                page = browser.page()
                code_flow(page, login, shot)
                done("code flow")
                cancelled(page, login, shot)
                done("cancelled")
                with contextlib.ExitStack() as programs:
                    waiting = [device_flow(page, login, shot)]
                    programs.callback(waiting[0].close)
                    next(waiting[0])
                    done("device flow")
                    other_account(page, login)
                    done("another account")
                    waiting.append(wrong_pick(page, login, shot))
                    programs.callback(waiting[1].close)
                    next(waiting[1])
                    done("the wrong account picked")
                    connect(page, address, shot)
                    done("connect")
                    pages.walk_all(page, pages.World(WORLD[0], WORLD[1], int(WORLD[2])), shot, done)
                    for walk in waiting:
                        next(walk, None)
                    done("everything")


def key_of(url, ca_file):
    return chromium.key_hash(int(re.search(r":(\d+)", url)[1]), ca_file)


def sign_in_of(address):
    """Where the page of `outkit connect` sends people: its policy for forms names it."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        return re.search(r"form-action 'self' (https://localhost:\d+)", answer.headers["Content-Security-Policy"])[1]


if __name__ == "__main__":
    TOOL, SHOTS, *WORLD = sys.argv[1:]
    shutil.rmtree(SHOTS, ignore_errors=True)  # those of another time
    os.makedirs(SHOTS)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if not chromium.PROGRAM:
        sys.exit("there is no chromium")
    try:
        main()
    except Failed as failed:
        sys.exit(str(failed))
