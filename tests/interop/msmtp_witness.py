#!/usr/bin/python3
"""msmtp with `auth xoauth2` and `passwordeval`, against `outkit mock`.

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
FOLDER = pathlib.Path(REMOVED_IN_THE_END.name)
CONFIG, TOKEN, LOG = FOLDER / "msmtprc", FOLDER / "token", FOLDER / "log"
# sysexits.h
OK, DATA_ERROR, UNAVAILABLE, PROTOCOL_ERROR, NO_PERMISSION = 0, 65, 69, 76, 77


def configure(more="", certificates=os.environ["OUTKIT_CA_FILE"], user=USER):
    CONFIG.write_text(
        f"""
account work
host {HOST}
port {PORT}
auth xoauth2
user {user}
passwordeval cat {TOKEN}
from {USER}
domain witness.example
tls on
tls_starttls on
tls_trust_file {certificates}
set_date_header off
set_msgid_header off
logfile {LOG}
timeout 60
{more}
account default : work
"""
    )
    CONFIG.chmod(0o600)


def msmtp(raw, *arguments):
    """Exit code, and what it has said. Mail comes to it with the line ends of this system."""
    done = subprocess.run(
        ["/usr/bin/msmtp", "-C", str(CONFIG), "--debug", *arguments],
        input=raw.replace(b"\r\n", b"\n"),
        capture_output=True,
        env={**os.environ, "HOME": str(FOLDER)},
        timeout=120,
    )
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def ends(answer, code, *words):
    same(answer[0], code, answer[1])
    for w in words:
        assert w in answer[1], (w, answer[1])


def opened(boxes):
    for number, (recipients, body) in enumerate(
        (([USER], BODY), ([BOB, CAROL, USER], BODY), ([BOB], b""), ([BOB], b"\r\n\r\n.\r\n"), ([CAROL], BODY * 500))
    ):
        raw = letter(number, recipients[0], body)
        done = msmtp(raw, *recipients)
        ends(done, OK, "--> MAIL FROM:<" + USER, "<-- 250 2.0.0 OK <")
        boxes.got(raw, *recipients, filed_as=done[1].split("<-- 250 2.0.0 OK ")[1].split(" ")[0])
    assert LOG.read_text().count("exitcode=EX_OK") == 5, LOG.read_text()

    raw = letter("read", BOB, more=f"Cc: <{CAROL}>\r\n")
    ends(msmtp(raw, "--read-recipients", "--read-envelope-from"), OK)
    boxes.got(raw, BOB, CAROL)
    raw = letter("hidden", BOB, more=f"Bcc: <{CAROL}>\r\n")
    ends(msmtp(raw, "--read-recipients", "--remove-bcc-headers=on"), OK)
    boxes.got(raw, BOB, CAROL)
    configure("dsn_notify failure,delay\ndsn_return headers")
    raw = letter("reports", BOB)
    ends(msmtp(raw, BOB), OK, "RET=HDRS", "NOTIFY=FAILURE,DELAY")
    boxes.got(raw, BOB)
    configure()

    about = msmtp(b"", "--serverinfo")
    ends(
        about,
        OK,
        "Microsoft ESMTP MAIL Service ready",
        "SIZE 157286400",
        "PIPELINING",
        "AUTH LOGIN XOAUTH2",
        "STARTTLS",
    )

    ends(
        msmtp(letter("x", BOB), "--from", BOB, BOB),
        UNAVAILABLE,
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    )
    # Exchange's reply to this is longer than the 512 octets of RFC 5321, and more than msmtp reads.
    ends(msmtp(letter("x", BOB, sender=CAROL), BOB), PROTOCOL_ERROR, "the server sent an invalid reply")
    ends(
        msmtp(letter("x", BOB), BOB, CAROL, USER, "dora@woodgrove.example"),
        UNAVAILABLE,
        "recipient address dora@woodgrove.example not accepted by the server",
        "452 4.5.3 Too many recipients",
    )
    # Refused by their shape
    ends(msmtp(letter("x", BOB), "no address"), DATA_ERROR, "550 5.1.7 Invalid address")
    boxes.nothing()

    TOKEN.write_text("not-a-token")
    ends(msmtp(letter("x", BOB), BOB), NO_PERMISSION, "535 5.7.3 Authentication unsuccessful [")
    TOKEN.write_text(boxes.token)
    configure(user=BOB)
    ends(msmtp(letter("x", BOB), BOB), NO_PERMISSION, "535 5.7.3 Authentication unsuccessful [")
    configure("auth plain")
    assert msmtp(letter("x", BOB), BOB)[0] != OK
    configure("auth login\npasswordeval echo a-password")
    ends(
        msmtp(letter("x", BOB), BOB),
        NO_PERMISSION,
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
    )
    configure("auth off")
    ends(msmtp(letter("x", BOB), BOB), DATA_ERROR, "530 5.7.57 Client not authenticated to send mail.")
    configure("auth off\ntls off")
    assert "451 5.7.3 STARTTLS is required to send mail" in msmtp(letter("x", BOB), BOB)[1]
    stranger = FOLDER / "stranger.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-keyout", str(FOLDER / "key.pem"), "-out", str(stranger),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    configure(certificates=stranger)
    done = msmtp(letter("x", BOB), BOB)
    assert done[0] != OK and "AUTH XOAUTH2" not in done[1], done
    boxes.nothing()


def main():
    world = sys.argv[1]
    configure()
    TOKEN.write_text(access_token(IMAP_ONLY))
    ends(msmtp(letter("first", BOB), BOB), NO_PERMISSION, "535 5.7.3 Authentication unsuccessful [")
    boxes = Mailboxes(BOB, CAROL)
    TOKEN.write_text(boxes.token)
    if world == "open":
        opened(boxes)
    else:
        ends(
            msmtp(letter("x", BOB), BOB),
            NO_PERMISSION,
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
        )
        assert "exitcode=EX_NOPERM" in LOG.read_text(), LOG.read_text()
        boxes.nothing()
    boxes.close()
    print(f"msmtp: sent and refused, {world}")


if __name__ == "__main__":
    main()
