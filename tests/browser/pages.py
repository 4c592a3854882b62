"""People meet the pages of the mock Entra: the world is changed, the pages follow, and the application hears of it.

The world is that of world.json; tests/interop/browser.cpp holds it and takes orders that change it.
"""

import base64
import hashlib
import http.server
import json
import queue
import re
import secrets
import socket
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request

from steps import ADELE, BOB, accept, expect, not_shot, sign_in

WOODGROVE = "00000000-0000-4000-8000-00000000a001"
MAIL_PROGRAM = "00000000-0000-4000-8000-00000000c001"
SCRIPT = "00000000-0000-4000-8000-00000000c002"
SCRIPT_NAME = "<script>document.title='taken'</script>{{login}}<b onclick=alert(1)>&amp;"
CAROL = ("carol@fabrikam.example", "mock-secret-carol")
MIA = ("mia@woodgrove.example", "mock-secret-mia")
OTTO = ("otto@woodgrove.example", "mock-secret-otto")
TESS = ("tess@tailspin.example", "mock-secret-tess")


class World:
    """Where the mock Entra is, and what changes its world."""

    def __init__(self, login, ca_file, orders):
        self.login = login
        self.trust = ssl.create_default_context(cafile=ca_file)
        self.orders = socket.socket(fileno=orders).makefile("rw", encoding="utf-8", newline="\n")

    def order(self, *words):
        self.orders.write(" ".join(words) + "\n")
        self.orders.flush()
        problem = self.orders.readline()
        expect(problem == "\n", words, problem)

    def switch(self, name, value, subject=""):
        self.order("set", name, value, subject)

    def advance(self, seconds):
        self.order("advance", str(seconds))

    def rename(self, application, name):
        self.order("rename", application, name)

    def post(self, path, **form):
        """The JSON that a program gets, and whether it is good news."""
        data = urllib.parse.urlencode(form).encode()
        try:
            with urllib.request.urlopen(self.login + path, data, 10, context=self.trust) as answer:
                return True, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return False, json.load(refused)


class Application:
    """A program that people sign in to: it listens at its redirect URI."""

    def __init__(self, world):
        self.world = world
        self.came = came = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.hear(urllib.parse.urlsplit(self.path).query)

            def do_POST(self):
                self.hear(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def hear(self, form):
                if urllib.parse.urlsplit(self.path).path == "/oauth":
                    came.put((self.command, dict(urllib.parse.parse_qsl(form, strict_parsing=True))))
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!DOCTYPE html><title>Application</title><h1>Back at the application</h1>")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.redirect_uri = f"http://localhost:{self.server.server_port}/oauth"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def address(self, client_id=MAIL_PROGRAM, **changed):
        """Where it sends the browser."""
        self.client_id = client_id
        self.state = secrets.token_urlsafe(8) + "<&'\""
        self.verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile Mail.Read",
            "state": self.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.world.login}/organizations/oauth2/v2.0/authorize?" + urllib.parse.urlencode(asked | changed)

    def hears(self, page, method="GET"):
        """What has come back, once the browser shows the application."""
        page.wait("h1", "Back at the application")
        got, fields = self.came.get(timeout=15)
        expect(got == method and fields.pop("state", None) == self.state, got, fields)
        return fields

    def hears_of(self, who, page, method="GET"):
        """A code has come back, and it is for tokens of this person. How they have signed in, says the access token."""
        fields = self.hears(page, method)
        expect(set(fields) == {"code", "session_state"}, fields)
        good, tokens = self.world.post(
            "/organizations/oauth2/v2.0/token",
            client_id=self.client_id,
            grant_type="authorization_code",
            code=fields["code"],
            redirect_uri=self.redirect_uri,
            code_verifier=self.verifier,
        )
        expect(good and "Mail.Read" in tokens["scope"], tokens)
        expect(claims_of(tokens["id_token"])["preferred_username"] == who[0], tokens)
        return claims_of(tokens["access_token"])["amr"]

    def has_heard_nothing(self):
        expect(self.came.empty(), self.came.queue)


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def stops(page, first, *others):
    """Where Tab leads, from what has the focus: everywhere, in this order, and each is marked; and back again."""
    page.wait(first + ":focus")
    all_of_them = page.all("input:not([type=hidden]), button, a")
    expect(len(all_of_them) == 1 + len(others), "another number of stops", page.html("main"))
    for selector in others:
        page.press("Tab")
        expect(page.html(selector + ":focus"), selector, "is not next with Tab", page.html(":focus"))
        expect(page.style(selector, "outline-style") == "solid", "no ring around", selector)
    for selector in (*others[-2::-1], first):
        page.press("Tab", shift=True)
        expect(page.html(selector + ":focus"), selector, "is not next with Shift+Tab", page.html(":focus"))


def keyboard(page, app, shot):
    """A sign-in by Tab, Space and Enter, in the order in which the page is read."""
    page.open(app.address())
    stops(page, "#loginfmt", "button[value=email]", "button[value=cancel]")
    page.press("Enter")  # nothing is typed: the browser does not send it
    page.wait("#loginfmt:focus:invalid")
    page.type("nobody@woodgrove.example")
    page.press("Enter")
    page.wait("#loginfmt:focus[aria-invalid=true]")
    page.wait("#problem", "We couldn't find an account with that username.")
    shot(page, "keyboard-nobody")
    page.press("Tab")
    page.press("Tab")
    page.press("Enter")
    expect(app.hears(page) == {"error": "access_denied", "error_subcode": "cancel"})

    page.open(app.address(login_hint=ADELE[0]))
    stops(page, "#passwd", "#kmsi", "button[value=password]", "button[value=cancel]", "button[value=another]")
    page.type("guessed")
    page.press("Enter")
    page.wait("#passwd:focus[aria-invalid=true]")
    page.wait("#problem", "Your account or password is incorrect.")
    expect("guessed" not in page.html(), page.html())
    shot(page, "keyboard-wrong-password")
    page.type(ADELE[1])
    page.press("Tab")
    page.press(" ")
    page.wait("#kmsi:checked")
    page.press("Tab")
    page.press("Enter")
    page.wait("button[value=accept]")
    page.press("Tab")
    stops(page, "button[value=accept]", "button[value=decline]")
    page.press("Enter")
    app.hears_of(ADELE, page)
    for_now_only = [c["session"] for c in page.cookies(app.world.login) if c["name"] == "ESTSMOCKAUTH"]
    expect(for_now_only == [False], "the browser does not keep the sign-in", for_now_only)


def approval(page, app, shot):
    """The tenant lets nobody consent; then people may ask; then they may consent."""
    app.world.switch("tenant.user_consent", "disabled", WOODGROVE)
    page.open(app.address(login_hint=BOB[0]))
    sign_in(page, BOB, "approval", not_shot, first=False)
    page.wait("h1", "Need admin approval")
    said = page.wait("main", "AADSTS90094")
    expect("Mail program needs permission to access resources in your organization" in said, said)
    expect(page.html("button[value=accept]") == "", said)
    shot(page, "approval-needed")
    page.push("button[value=cancel]")
    expect(app.hears(page) == {"error": "access_denied", "error_subcode": "cancel"})

    app.world.switch("tenant.admin_consent_requests", "on", WOODGROVE)
    page.open(app.address(login_hint=BOB[0]))
    page.wait("h1", "Approval required")
    page.wait("main", "AADSTS90095")
    page.tab_to("#justification")
    page.type("I read mail")
    shot(page, "approval-asked")
    page.press("Enter")
    page.wait("h1", "Request sent")
    shot(page, "approval-sent")
    page.push("button[value=cancel]")
    expect(app.hears(page)["error"] == "access_denied")

    app.world.switch("tenant.user_consent", "allowed", WOODGROVE)
    page.open(app.address(login_hint=BOB[0]))
    accept(page, "approval", not_shot)
    app.hears_of(BOB, page)


def second_factor(page, app, shot):
    """It is set up on the way, asked for in another browser, denied, and at last approved."""
    app.world.switch("mailbox.conditional_access", "mfa-registration", BOB[0])
    page.open(app.address(login_hint=BOB[0]))
    page.wait("h1", "More information required")
    shot(page, "factor-set-up")
    page.press("Enter")
    app.hears_of(BOB, page)

    app.world.switch("mailbox.conditional_access", "mfa", BOB[0])
    page.forget_cookies()
    page.open(app.address(login_hint=BOB[0]))
    sign_in(page, BOB, "factor", not_shot, first=False)
    page.wait("h1", "Approve sign in request")
    shot(page, "factor-asked")
    page.push("button[value=deny]")
    page.wait("main", "AADSTS500121")
    shot(page, "factor-denied")
    app.has_heard_nothing()
    page.open(app.address(login_hint=BOB[0]))
    page.wait("h1", "Approve sign in request")
    page.push("button[value=approve]")
    expect("mfa" in app.hears_of(BOB, page), "the second factor is not in the token")
    app.world.switch("mailbox.conditional_access", "unset", BOB[0])


def new_password(page, app, shot):
    """One that is due, with each mistake beside its field; and one that cannot be changed here."""
    page.open(app.address(login_hint=MIA[0]))
    sign_in(page, MIA, "password", not_shot, first=False)
    page.wait("h1", "Update your password")
    page.wait("main", "AADSTS50055")
    shot(page, "password-due")

    def change(old, new, again):
        page.wait("#oldpasswd:focus")
        for text, then in ((old, "Tab"), (new, "Tab"), (again, "Enter")):
            page.type(text)
            page.press(then)

    new = "mock-secret-new-one"
    for wrong, field, says in (
        (("guessed", new, new), "oldpasswd", "Your current password is incorrect."),
        ((MIA[1], "short", "short"), "newpasswd", "Choose a password that's harder for people to guess"),
        ((MIA[1], new, new + "?"), "confirmpasswd", "These passwords don't match."),
    ):
        change(*wrong)
        page.wait(f"#{field}[aria-invalid=true] + .error", says)
        expect(len(page.all("[aria-invalid=true]")) == 1, page.html("main"))
        expect(new not in page.html() and "guessed" not in page.html(), page.html())
        shot(page, "password-wrong-" + field)
    change(MIA[1], new, new)
    accept(page, "password", not_shot)
    app.hears_of(MIA, page)

    page.open(app.address(login_hint=MIA[0], prompt="login"))
    sign_in(page, MIA, "password", not_shot, first=False)
    page.wait("#problem", "Your account or password is incorrect.")
    sign_in(page, (MIA[0], new), "password", not_shot, first=False)
    app.hears_of(MIA, page)

    page.open(app.address(login_hint=OTTO[0]))
    sign_in(page, OTTO, "password", not_shot, first=False)
    page.wait("#problem", "Your password has expired. Change it where it lives")
    page.wait("main", "AADSTS50144")
    shot(page, "password-expired-elsewhere")
    app.has_heard_nothing()


def form_post(page, app, shot):
    """The answer as a form: sent by its script, or by the person where scripts are off."""
    page.open(app.address(response_mode="form_post", login_hint=CAROL[0]))
    sign_in(page, CAROL, "post", not_shot, first=False)
    accept(page, "post", not_shot)
    app.hears_of(CAROL, page, "POST")

    page.run_scripts(False)
    page.open(app.address(response_mode="form_post", login_hint=CAROL[0]))
    page.wait("button:focus", "Submit")
    page.wait("noscript", "Script is disabled")
    shot(page, "post-without-script")
    app.has_heard_nothing()
    page.press("Enter")
    app.hears_of(CAROL, page, "POST")
    page.run_scripts(True)


def errors(page, app, shot):
    """Pages at which a sign-in ends: the application hears nothing."""
    for walk, address, says in (
        ("redirect", app.address(redirect_uri=app.redirect_uri + "/"), "AADSTS50011: The redirect URI"),
        ("application", app.address(client_id=WOODGROVE), "AADSTS700016: Application with identifier"),
    ):
        page.open(address)
        page.wait("h1", "Sign in")
        page.wait("[role=alert]", says)
        for detail in ("Request Id", "Correlation Id", "Timestamp"):
            page.wait("dl", detail)
        expect(page.html("form") == "", page.html("main"))
        shot(page, "error-" + walk)

    app.world.switch("tenant.conditional_access", "blocked", WOODGROVE)
    page.open(app.address(login_hint=ADELE[0]))
    page.wait("h1", "You cannot access this right now")
    page.wait("[role=alert]", "AADSTS53003")
    shot(page, "error-blocked")
    app.has_heard_nothing()
    app.world.switch("tenant.conditional_access", "pass", WOODGROVE)
    page.open(app.address(login_hint=ADELE[0]))
    app.hears_of(ADELE, page)


def device_codes(page, app, shot):
    """Codes that are wrong, used or too old; and a person who says no."""

    def new_code():
        good, device = app.world.post(
            "/organizations/oauth2/v2.0/devicecode", client_id=MAIL_PROGRAM, scope="openid profile Mail.Read"
        )
        expect(good, device)
        return device

    def poll(device):
        return app.world.post(
            "/organizations/oauth2/v2.0/token",
            client_id=MAIL_PROGRAM,
            grant_type="urn:ietf:params:oauth:grant-type:device_code",
            device_code=device["device_code"],
        )

    def enter(code):
        page.wait("#otc:focus")
        page.type(code)
        page.press("Enter")

    first = new_code()
    page.open(first["verification_uri"])
    stops(page, "#otc", "button[value=code]")
    enter("WRONG1234")
    page.wait("#otc:focus[aria-invalid=true][value=WRONG1234]")
    page.wait("#problem", "That code didn't work.")
    shot(page, "device-wrong-code")
    app.world.advance(901)
    page.open(first["verification_uri"])
    enter(first["user_code"])
    page.wait("#problem", "That code has expired.")
    page.wait("main", "AADSTS70019")
    shot(page, "device-expired-code")
    good, answer = poll(first)
    expect(not good and answer["error"] == "expired_token", answer)

    second = new_code()
    enter(second["user_code"][:4].lower() + "-" + second["user_code"][4:].lower())
    page.wait("h1", "Are you trying to sign in to Mail program?")
    page.push("button[value=cancel]")
    page.wait("main", "You have declined to sign in")
    shot(page, "device-declined")
    good, answer = poll(second)
    expect(not good and answer["error"] == "authorization_declined", answer)

    third = new_code()
    page.open(third["verification_uri"])
    enter(third["user_code"])
    page.wait("button[value=continue]:focus")
    page.press("Enter")
    page.wait("main", "You have signed in")
    page.open(third["verification_uri"])
    enter(third["user_code"])
    page.wait("#problem", "This code has been used already.")
    good, tokens = poll(third)
    expect(good, tokens)
    expect(claims_of(tokens["id_token"])["preferred_username"] == ADELE[0], tokens)


def markup_in_names(page, app, shot):
    """Names that somebody has made of HTML are shown as they are, and do nothing."""

    def shows(selector, text):
        page.wait(selector)
        said = [n["name"]["value"] for n in page.accessible() if n["role"]["value"] == "StaticText"]
        expect(any(text in one for one in said), text, said)
        expect(page.title() != "taken" and not page.all("main script, main img, main b, main i"), page.html())

    app.world.rename(SCRIPT, SCRIPT_NAME)
    page.open(app.address(client_id=SCRIPT, prompt="login", login_hint='"><script>x</script>@tailspin.example'))
    page.wait("#loginfmt")
    shows("p", SCRIPT_NAME)
    expect(page.attribute(page.all("#loginfmt")[0], "value") == '"><script>x</script>@tailspin.example')
    shot(page, "markup-email")
    page.push("button[value=cancel]")
    app.hears(page)
    page.open(app.address(client_id=SCRIPT, login_hint=TESS[0]))
    sign_in(page, TESS, "markup", not_shot, first=False)
    page.wait("h1", "Permissions requested")
    shows("main", SCRIPT_NAME)
    shows("main", '<i>Tailspin</i> & "Sons"')
    shot(page, "markup-consent")
    page.push("button[value=accept]")
    app.hears_of(TESS, page)
    page.open(app.address(client_id=SCRIPT, prompt="select_account"))
    shows("button[name=pick]", "onerror=\"document.title='taken'\">Tess")
    shot(page, "markup-pick")
    page.push("button[name=pick]:nth-of-type(4)")
    app.hears_of(TESS, page)


def walk_all(page, world, shot, done):
    """At one browser, where those who have signed in stay so."""
    page.forget_cookies()
    with Application(world) as app:
        for walk in (keyboard, device_codes, errors, approval, second_factor, new_password, form_post, markup_in_names):
            walk(page, app, shot)
            app.has_heard_nothing()
            done(walk.__name__.replace("_", " "))
