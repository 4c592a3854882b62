#!/usr/bin/python3
"""All that curl can do with SMTP, against `outkit mock`.

Run by `outkit mock --exec`; its argument says what world that is: `open`, or `closed`, where authenticated SMTP is switched
off for the organisation.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

from imaplib_witness import same
from letters import BODY, HOST, IMAP_ONLY, PORT, Mailboxes, letter
from python_witness import USER, access_token

BOB, CAROL = "bob@woodgrove.example", "carol@fabrikam.example"
REMOVED_IN_THE_END = tempfile.TemporaryDirectory()
LETTER = pathlib.Path(REMOVED_IN_THE_END.name) / "letter"
LOGIN_DENIED, SEND_ERROR, WEIRD_REPLY = 67, 55, 8


def curl(token, *arguments, user=USER, tls=("--ssl-reqd",)):
    """Exit code, and the conversation."""
    # A file's name, so that the token stands in no list of processes.
    secrets = pathlib.Path(REMOVED_IN_THE_END.name) / "curlrc"
    secrets.write_text(f'oauth2-bearer = "{token}"\n' if token else "")
    done = subprocess.run(
        [
            "curl", "--silent", "--show-error", "--verbose", "--max-time", "60", "--config", str(secrets),
            "--cacert", os.environ["OUTKIT_CA_FILE"], *tls, *(("--user", user) if token else ()), *arguments,
            f"smtp://{HOST}:{PORT}/witness.example",
        ],
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    return done.returncode, done.stderr.decode(errors="replace")


def upload(token, recipients, *arguments, sender=USER, **more):
    to = [word for r in recipients for word in ("--mail-rcpt", r)]
    return curl(token, "--mail-from", sender, *to, "--upload-file", str(LETTER), *arguments, **more)


def ends(answer, code, *words):
    same(answer[0], code, answer[1])
    for w in words:
        assert w in answer[1], (w, answer[1])


def write(raw):
    LETTER.write_bytes(raw)
    return raw


def opened(boxes):
    token = boxes.token
    for number, (recipients, body, arguments) in enumerate(
        (
            ([USER], BODY, ()),
            ([BOB, CAROL, USER], BODY, ("--sasl-ir",)),  # for shorter tokens only: RFC 4954 section 4
            ([BOB], b"", ()),
            ([BOB], b"\r\n\r\n.\r\n", ()),
            ([CAROL], BODY * 500, ("--sasl-ir",)),
            ([BOB], b"some\r\n", ("--mail-auth", USER)),
        )
    ):
        raw = write(letter(number, recipients[0], body))
        done = upload(token, recipients, *arguments)
        ends(done, 0, "> AUTH XOAUTH2", "< 334", "< 235 2.7.0 Authentication successful", "< 250 2.0.0 OK <")
        boxes.got(raw, *recipients, filed_as=done[1].split("< 250 2.0.0 OK ")[1].split(" ")[0])

    # Line ends of other systems, as they come and put right
    write(letter("unix", BOB, b"one\ntwo\n").replace(b"\r\n", b"\n"))
    ends(upload(token, [BOB]), WEIRD_REPLY, "< 550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal")
    boxes.nothing()
    ends(upload(token, [BOB], "--crlf"), 0)
    boxes.got(letter("unix", BOB, b"one\r\ntwo\r\n"), BOB)

    write(letter("refused", BOB))
    ends(
        upload(token, [BOB], sender=BOB),
        WEIRD_REPLY,
        "< 550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    )
    ends(upload(token, [BOB, CAROL, USER, "dora@woodgrove.example"]), SEND_ERROR, "< 452 4.5.3 Too many recipients")
    boxes.nothing()
    raw = write(letter("some", BOB))
    ends(
        upload(token, [BOB, CAROL, USER, "dora@woodgrove.example"], "--mail-rcpt-allowfails"),
        0,
        "< 452 4.5.3 Too many recipients",
    )
    boxes.got(raw, BOB, CAROL, USER)

    ends(curl(token, "--request", "NOOP"), 0, "< 250 2.0.0 OK")
    ends(curl(token, "--request", "INVENTED"), WEIRD_REPLY, "< 500 5.3.3 Unrecognized command 'INVENTED'")
    ends(curl(token, "--request", "EXPN", "--mail-rcpt", "list"), WEIRD_REPLY, "< 50")
    ends(
        curl("", "--mail-from", USER, "--mail-rcpt", BOB, "--upload-file", str(LETTER)),
        SEND_ERROR,
        "< 530 5.7.57 Client not authenticated to send mail.",
    )
    for bad, user in (("not-a-token", USER), (token, BOB)):
        ends(upload(bad, [BOB], user=user), LOGIN_DENIED, "< 535 5.7.3 Authentication unsuccessful")
    ends(upload(token, [BOB], tls=()), SEND_ERROR, "< 451 5.7.3 STARTTLS is required to send mail")
    boxes.nothing()


def main():
    world = sys.argv[1]
    write(letter("first", BOB))
    ends(upload(access_token(IMAP_ONLY), [BOB]), LOGIN_DENIED, "< 535 5.7.3 Authentication unsuccessful")
    boxes = Mailboxes(BOB, CAROL)
    if world == "open":
        opened(boxes)
    else:
        for how in ((), ("--sasl-ir",)):
            ends(
                upload(boxes.token, [BOB], *how),
                LOGIN_DENIED,
                "< 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            )
        boxes.nothing()
    boxes.close()
    print(f"curl: the whole of its SMTP, {world}")


if __name__ == "__main__":
    main()
