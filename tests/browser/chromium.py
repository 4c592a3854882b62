"""Headless Chromium, driven over the pipe of its DevTools protocol.

Nothing is read or done by scripts in the page, so that pages can be walked with scripts switched off.
"""

import base64
import fcntl
import hashlib
import json
import os
import select
import shutil
import signal
import socket
import ssl
import subprocess
import time

PROGRAM = shutil.which("chromium")

KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " ")}


class Failed(Exception):
    """What was waited for did not come, or the browser refused."""


def key_hash(port, ca_file):
    """The hash of the public key of a server at localhost, whose certificate is checked against the CA first."""
    context = ssl.create_default_context(cafile=ca_file)
    with socket.create_connection(("localhost", port), 10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as s:
            certificate = ssl.DER_cert_to_PEM_cert(s.getpeercert(binary_form=True))
    pem = subprocess.run(
        ["openssl", "x509", "-noout", "-pubkey"], input=certificate, capture_output=True, text=True, check=True
    ).stdout
    key = base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


class Chromium:
    """The browser. Besides the public authorities it trusts servers with these keys; it reaches this machine only."""

    def __init__(self, folder, trusted_keys):
        # Above what the shell below gives to the browser.
        def high(fd):
            moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
            os.close(fd)
            return moved

        theirs_in, ours_out = map(high, os.pipe())
        ours_in, theirs_out = map(high, os.pipe())
        options = [
            "--headless",
            "--remote-debugging-pipe",
            "--user-data-dir=" + folder,
            "--ignore-certificate-errors-spki-list=" + ",".join(trusted_keys),
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
            "--no-proxy-server",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--hide-scrollbars",
        ]
        if os.geteuid() == 0:
            options.append("--no-sandbox")  # Chromium refuses to start as root with it
        self.log = os.path.join(folder, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", PROGRAM, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(theirs_in, theirs_out),
                start_new_session=True,
            )
        os.close(theirs_in)
        os.close(theirs_out)
        self.to, self.of = ours_out, ours_in
        self.buffered = b""
        self.last = 0
        self.answers = {}
        self.new_documents = set()  # the sessions whose nodes have other numbers now

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(5)
        except (Failed, OSError, subprocess.TimeoutExpired):
            pass
        try:  # what it has started is in its group
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.to)
        os.close(self.of)

    def ended(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return Failed("Chromium has ended:\n" + log.read()[-4000:])

    def listen(self, seconds):
        """Takes in what the browser says, for so long at most or until something has come."""
        if not select.select([self.of], [], [], seconds)[0]:
            return
        some = os.read(self.of, 1 << 20)
        if not some:
            raise self.ended()
        *whole, self.buffered = (self.buffered + some).split(b"\0")
        for message in map(json.loads, whole):
            if "id" in message:
                self.answers[message["id"]] = message
            elif message["method"] == "DOM.documentUpdated":
                self.new_documents.add(message["sessionId"])

    def send(self, method, session=None, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            try:
                data = data[os.write(self.to, data):]
            except BrokenPipeError:
                raise self.ended() from None

    def call(self, method, session=None, **parameters):
        self.send(method, session, **parameters)
        until = time.monotonic() + 20
        while self.last not in self.answers:
            if time.monotonic() > until:
                raise Failed(f"no answer to {method}")
            self.listen(0.1)
        answer = self.answers.pop(self.last)
        if "error" in answer:
            raise Failed(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def page(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        return Page(self, target)


class Page:
    """One tab. Only the keyboard is used in it."""

    def __init__(self, browser, target):
        self.browser = browser
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("DOM.enable")
        self.call("CSS.enable")
        self.show_on(1280)
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.root = None

    def run_scripts(self, on):
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def send(self, method, **parameters):
        self.browser.send(method, self.session, **parameters)

    def open(self, url):
        problem = self.call("Page.navigate", url=url).get("errorText")
        if problem:
            raise Failed(f"{url}: {problem}")

    def url(self):
        return self.browser.call("Target.getTargetInfo", targetId=self.target)["targetInfo"]["url"]

    def title(self):
        return self.browser.call("Target.getTargetInfo", targetId=self.target)["targetInfo"]["title"]

    def all(self, selector):
        """The nodes that there are."""
        if self.root is None or self.session in self.browser.new_documents:
            self.browser.new_documents.discard(self.session)
            self.root = self.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        return self.call("DOM.querySelectorAll", nodeId=self.root, selector=selector)["nodeIds"]

    def html(self, selector="html"):
        """What there is of it, or nothing."""
        try:
            found = self.all(selector)
            return self.call("DOM.getOuterHTML", nodeId=found[0])["outerHTML"] if found else ""
        except Failed:  # the page has gone meanwhile
            return ""

    def attribute(self, node, name):
        flat = self.call("DOM.getAttributes", nodeId=node)["attributes"]
        return dict(zip(flat[::2], flat[1::2])).get(name, "")

    def style(self, selector, name):
        """The computed value of a property."""
        all_of_it = self.call("CSS.getComputedStyleForNode", nodeId=self.all(selector)[0])["computedStyle"]
        return {p["name"]: p["value"] for p in all_of_it}[name]

    def accessible(self):
        """The nodes of what screen readers are told."""
        return self.call("Accessibility.getFullAXTree")["nodes"]

    def cookies(self, url):
        return self.call("Network.getCookies", urls=[url])["cookies"]

    def forget_cookies(self):
        """From now on it is a browser that nobody has used before."""
        self.call("Network.clearBrowserCookies")

    def wait(self, selector, containing="", seconds=15):
        until = time.monotonic() + seconds
        while True:
            found = self.html(selector)
            if found and containing in found:
                return found
            if time.monotonic() > until:
                raise Failed(f"no {selector} {containing!r} at {self.url()}:\n{self.html('body')}")
            self.browser.listen(0.02)

    def press(self, key, shift=False):
        code, text = KEYS[key]
        names = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code}
        names["modifiers"] = 8 if shift else 0
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **names)
        self.call("Input.dispatchKeyEvent", type="keyUp", **names)

    def type(self, text):
        for character in text:
            self.send("Input.dispatchKeyEvent", type="keyDown", key=character, text=character)
        self.call("DOM.enable")  # answered after what came before

    def tab_to(self, selector):
        """Goes there with Tab alone: what cannot be reached so is not found."""
        self.wait(selector)
        for _ in range(20):
            if self.html(selector + ":focus"):
                return
            self.press("Tab")
        raise Failed(f"{selector} is not reached with Tab at {self.url()}:\n{self.html('body')}")

    def push(self, selector):
        self.tab_to(selector)
        self.press("Enter")

    def show_on(self, width):
        """A screen as wide as that; narrow ones are telephones'."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def screenshot(self, path, width):
        """The whole page on such a screen. Returns how wide it has become."""
        self.show_on(width)
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        how = {"format": "png", "captureBeyondViewport": size["height"] > 800, "optimizeForSpeed": True}
        data = self.call("Page.captureScreenshot", **how)["data"]
        with open(path, "wb") as image:
            image.write(base64.b64decode(data))
        return size["width"]
