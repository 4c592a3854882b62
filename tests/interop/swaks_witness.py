#!/usr/bin/python3
"""swaks, which knows no XOAUTH2, against `outkit mock`: what is offered, STARTTLS, and what is refused.

Run by `outkit mock --exec`; its argument says what world that is: `open`, or `closed`, where authenticated SMTP is switched
off for the organisation. swaks is told the same in both: its passwords are no use in any.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from imaplib_witness import same
from letters import HOST, PORT, Mailboxes
from python_witness import USER

REMOVED_IN_THE_END = tempfile.TemporaryDirectory()
HOME = pathlib.Path(REMOVED_IN_THE_END.name)
# swaks(1), "EXIT CODES"
FINE, SENDER, AUTH, TLS = 0, 23, 28, 29
SECURE = ("--tls", "--tls-verify", "--tls-ca-path", os.environ["OUTKIT_CA_FILE"])
OFFERED = ["SIZE 157286400", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", None, "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8"]


def swaks(code, *arguments):
    """Ends with the code; returns the conversation."""
    done = subprocess.run(
        [
            "/usr/bin/swaks", "--no-info-hints", "--server", HOST, "--port", str(PORT), "--ehlo", "witness.example",
            "--timeout", "60", "--from", USER, "--to", USER, *arguments,
        ],
        capture_output=True,
        env={**os.environ, "HOME": str(HOME)},
        stdin=subprocess.DEVNULL,
        timeout=120,
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode()
    same(done.returncode, code, f"{arguments}: {said}")
    return said


def has(text, *parts):
    for part in parts:
        assert part in text, (part, text)


def offered(said):
    """The keywords of each answer to EHLO."""
    lists = [[]]
    for line in said.splitlines():
        found = re.match(r"<[-~*~ ]*\s+250([- ])(.*)", line)
        if found and "Hello" not in found[2]:
            lists[-1].append(found[2])
            if found[1] == " ":
                lists.append([])
    return [found for found in lists if found]


def main():
    world = sys.argv[1]
    boxes = Mailboxes()
    said = swaks(FINE, "--quit-after", "EHLO")
    has(said, "220 MOCKPR06CA", "221 2.0.0 Service closing transmission channel")
    same(offered(said), [[w or "STARTTLS" for w in OFFERED]])

    said = swaks(FINE, *SECURE, "--quit-after", "EHLO")
    has(said, "220 2.0.0 SMTP server ready", "TLS started with cipher TLSv1.3")
    same(offered(said), [[w or "STARTTLS" for w in OFFERED], [w or "AUTH LOGIN XOAUTH2" for w in OFFERED]])

    has(swaks(FINE, "--protocol", "SMTP", "--quit-after", "HELO"), "250 MOCKPR06CA")
    has(swaks(SENDER), "451 5.7.3 STARTTLS is required to send mail")
    has(swaks(SENDER, *SECURE), "530 5.7.57 Client not authenticated to send mail.")
    has(swaks(SENDER, *SECURE, "--pipeline"), "530 5.7.57 Client not authenticated to send mail.", "503 5.5.2")
    for kind in ("PLAIN", "CRAM-MD5"):
        has(
            swaks(AUTH, *SECURE, "--auth", kind, "--auth-user", USER, "--auth-password", "x"),
            "requested type not available",
        )
    login = ("--auth", "LOGIN", "--auth-user", USER, "--auth-password", "mock-secret-adele")
    has(
        swaks(AUTH, *SECURE, *login),
        "334 VXNlcm5hbWU6",
        "334 UGFzc3dvcmQ6",
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
    )
    has(swaks(AUTH, *login), "Host did not advertise authentication")
    # It presses on, and is reminded of the refusal.
    has(
        swaks(SENDER, *SECURE, "--auth-optional", *login[1:]),
        "530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
    )
    swaks(TLS, "--tls-on-connect")
    swaks(TLS, "--tls", "--tls-verify", "--tls-ca-path", str(HOME))
    boxes.nothing()
    boxes.close()
    print(f"swaks: offered, secured and refused, {world}")


if __name__ == "__main__":
    main()
