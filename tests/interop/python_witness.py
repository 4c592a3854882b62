#!/usr/bin/python3
"""Python's imaplib and smtplib, which have never heard of outkit, against `outkit mock`.

Run by `outkit mock --exec`; ends with 0 when everything was as it should be.
"""

import email
import email.message
import email.policy
import imaplib
import json
import os
import secrets
import smtplib
import urllib.parse
import urllib.request

from forms import TLS, Browser

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


def sign_in(scopes=SCOPES, user=USER, password=PASSWORD):
    """Walks through the forms and returns the code."""
    state = secrets.token_urlsafe()
    query = urllib.parse.urlencode(
        {
            "client_id": os.environ["OUTKIT_CLIENT_ID"],
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "scope": scopes,
            "state": state,
        }
    )
    answer = Browser(REDIRECT_URI).walk(
        f"{LOGIN}/{AUTHORITY}/oauth2/v2.0/authorize?{query}",
        loginfmt=user,
        passwd=password,
    )
    assert answer["state"] == state
    return answer["code"]


def redeem(**fields):
    fields["client_id"] = os.environ["OUTKIT_CLIENT_ID"]
    fields["client_secret"] = os.environ["OUTKIT_CLIENT_SECRET"]
    url = f"{LOGIN}/{AUTHORITY}/oauth2/v2.0/token"
    body = urllib.parse.urlencode(fields).encode()
    with urllib.request.urlopen(url, body, context=TLS) as answer:
        return json.load(answer)


def access_token(scopes=SCOPES, user=USER, password=PASSWORD):
    """Signs in, redeems the code and refreshes, as a program that runs for long does."""
    answer = redeem(
        grant_type="authorization_code",
        code=sign_in(scopes, user, password),
        redirect_uri=REDIRECT_URI,
        scope=scopes,
    )
    answer = redeem(
        grant_type="refresh_token",
        refresh_token=answer["refresh_token"],
        scope=scopes,
    )
    return answer["access_token"]


def xoauth2(token, user=USER):
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def imap(token, user=USER):
    client = imaplib.IMAP4_SSL(
        os.environ["OUTKIT_IMAP_HOST"],
        int(os.environ["OUTKIT_IMAP_PORT"]),
        ssl_context=TLS,
    )
    client.authenticate("XOAUTH2", lambda challenge: xoauth2(token, user).encode())
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
    token = access_token()
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
