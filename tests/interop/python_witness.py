#!/usr/bin/python3
"""Python's imaplib and smtplib, which have never heard of outkit, against `outkit mock`.

Run by `outkit mock --exec`; ends with 0 when everything was as it should be.
"""

import email
import email.message
import email.policy
import http.cookiejar
import imaplib
import json
import os
import secrets
import smtplib
import ssl
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

LOGIN = os.environ["OUTKIT_LOGIN"]
AUTHORITY = os.environ["OUTKIT_AUTHORITY"]
REDIRECT_URI = os.environ["OUTKIT_REDIRECT_URI"]
USER = os.environ["OUTKIT_USER"]
PASSWORD = os.environ["OUTKIT_PASSWORD"]
SCOPES = " ".join(
    [
        "offline_access",
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "https://outlook.office.com/SMTP.Send",
    ]
)
TLS = ssl.create_default_context(cafile=os.environ["OUTKIT_CA_FILE"])


class Form(HTMLParser):
    """The first form of a page: where it goes, its inputs, and its buttons."""

    def __init__(self, page):
        super().__init__()
        self.action = None
        self.inputs = {}
        self.buttons = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = named["action"]
        elif tag == "input" and named.get("type") != "checkbox":
            self.inputs[named["name"]] = named.get("value", "")
        elif tag == "button" and "name" in named:
            self.buttons.append((named["name"], named["value"]))


class StopAtRedirectUri(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if newurl.startswith(REDIRECT_URI):
            raise Back(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Back(Exception):
    """The browser was sent back to the program."""


def sign_in():
    """Walks through the forms and returns the code."""
    browser = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=TLS),
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        StopAtRedirectUri(),
    )
    state = secrets.token_urlsafe()
    query = urllib.parse.urlencode(
        {
            "client_id": os.environ["OUTKIT_CLIENT_ID"],
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "scope": SCOPES,
            "state": state,
        }
    )
    url = f"{LOGIN}/{AUTHORITY}/oauth2/v2.0/authorize?{query}"
    body = None
    try:
        for _ in range(10):
            with browser.open(url, body) as answer:
                form = Form(answer.read().decode())
                url = urllib.parse.urljoin(answer.url, form.action)
            fields = dict(form.inputs)
            if "passwd" in fields:
                fields["passwd"] = PASSWORD
            elif "loginfmt" in fields:
                fields["loginfmt"] = USER
            name, value = form.buttons[0]
            fields[name] = value
            body = urllib.parse.urlencode(fields).encode()
    except Back as back:
        answer = urllib.parse.parse_qs(urllib.parse.urlsplit(str(back)).query)
        assert answer["state"] == [state]
        return answer["code"][0]
    raise AssertionError("the sign-in did not come to an end")


def redeem(**fields):
    fields["client_id"] = os.environ["OUTKIT_CLIENT_ID"]
    fields["client_secret"] = os.environ["OUTKIT_CLIENT_SECRET"]
    url = f"{LOGIN}/{AUTHORITY}/oauth2/v2.0/token"
    body = urllib.parse.urlencode(fields).encode()
    with urllib.request.urlopen(url, body, context=TLS) as answer:
        return json.load(answer)


def xoauth2(token):
    return f"user={USER}\x01auth=Bearer {token}\x01\x01"


def imap(token):
    client = imaplib.IMAP4_SSL(
        os.environ["OUTKIT_IMAP_HOST"],
        int(os.environ["OUTKIT_IMAP_PORT"]),
        ssl_context=TLS,
    )
    client.authenticate("XOAUTH2", lambda challenge: xoauth2(token).encode())
    return client


def send(token, subject, initial_response):
    message = email.message.EmailMessage()
    message["From"] = USER
    message["To"] = USER
    message["Subject"] = subject
    message.set_content("Grüße aus Python\n.\n..\n")
    with smtplib.SMTP(
        os.environ["OUTKIT_SMTP_HOST"], int(os.environ["OUTKIT_SMTP_PORT"])
    ) as client:
        client.starttls(context=TLS)
        client.ehlo()
        client.auth(
            "XOAUTH2",
            lambda challenge=None: xoauth2(token),
            initial_response_ok=initial_response,
        )
        client.send_message(message)


def newest(client, box):
    kind, count = client.select(box, readonly=True)
    assert kind == "OK"
    parts = client.fetch(count[0].decode(), "(FLAGS RFC822)")[1]
    return email.message_from_bytes(parts[0][1], policy=email.policy.default)


def main():
    answer = redeem(
        grant_type="authorization_code",
        code=sign_in(),
        redirect_uri=REDIRECT_URI,
        scope=SCOPES,
    )
    answer = redeem(
        grant_type="refresh_token",
        refresh_token=answer["refresh_token"],
        scope=SCOPES,
    )
    token = answer["access_token"]
    print("signed in, redeemed and refreshed with urllib")

    client = imap(token)
    kind, folders = client.list()
    assert kind == "OK" and any(b'"Sent Items"' in line or b"Sent" in line for line in folders)
    first = newest(client, "INBOX")
    print(f"imaplib: {len(folders)} folders, newest {first['Subject']!r}")

    for initial_response in (True, False):
        subject = f"Python witness {secrets.token_hex(4)}"
        send(token, subject, initial_response)
        for box in ("INBOX", '"Sent Items"'):
            found = newest(client, box)
            assert found["Subject"] == subject, (box, found["Subject"])
            text = found.get_content().replace("\r\n", "\n")
            assert text == "Grüße aus Python\n.\n..\n", text
        print(f"smtplib: sent, and seen by imaplib (initial response: {initial_response})")
    client.logout()

    try:
        imap("not-a-token")
    except imaplib.IMAP4.error as refusal:
        assert "AUTHENTICATE failed" in str(refusal), refusal
    else:
        raise AssertionError("a token that is none was taken")
    try:
        send("not-a-token", "never sent", True)
    except smtplib.SMTPAuthenticationError as refusal:
        assert refusal.smtp_code == 535, refusal
    else:
        raise AssertionError("a token that is none was taken")
    print("both refuse a token that is none")


if __name__ == "__main__":
    main()
