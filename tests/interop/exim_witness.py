#!/usr/bin/python3
"""Exim as the mail system of a machine that hands everything on to `outkit mock`, with STARTTLS and XOAUTH2.

Run by `outkit mock --exec`; its arguments are where tests/interop/unpack puts servers, and what world that is: `open`, or
`closed`, where authenticated SMTP is switched off for the organisation.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import exim
from imaplib_witness import same
from letters import BODY, HOST, IMAP_ONLY, PORT, Mailboxes, letter
from python_witness import USER, access_token

BOB, CAROL = "bob@woodgrove.example", "carol@fabrikam.example"
REMOVED_IN_THE_END = tempfile.TemporaryDirectory()
FOLDER = pathlib.Path(REMOVED_IN_THE_END.name)
CONFIG, LOG = FOLDER / "conf", FOLDER / "log/main"


def configure(token, user=USER):
    CONFIG.write_text(
        f"""
primary_hostname = witness.example
exim_path = {FOLDER}/exim
spool_directory = {FOLDER}/spool
log_file_path = {FOLDER}/log/%s
deliver_drop_privilege = true
keep_environment =
trusted_users = root
untrusted_set_sender = *
local_from_check = false
accept_8bitmime = true
log_selector = +smtp_confirmation +tls_cipher +tls_certificate_verified

begin routers
bounces:
  driver = redirect
  senders = :
  data = :blackhole:
smarthost:
  driver = manualroute
  transport = submission
  route_list = * "{HOST}::{PORT}"
  self = send
  host_find_failed = fail

begin transports
submission:
  driver = smtp
  hosts_require_tls = *
  hosts_require_auth = *
  tls_verify_certificates = {FOLDER}/ca.pem
  tls_verify_hosts = *
  tls_try_verify_hosts =
  hosts_try_chunking = ${{if eq{{$h_x-chunks:}}{{no}}{{}}{{*}}}}

begin retry
* * F,1h,1m

begin authenticators
xoauth2:
  driver = plaintext
  public_name = XOAUTH2
  client_send = user={user}\\x01auth=Bearer {token}\\x01\\x01
"""
    )
    CONFIG.chmod(0o600)
    if not os.geteuid():
        os.chown(CONFIG, 0, 0)
        CONFIG.chmod(0o640)
        os.chown(CONFIG, 0, exim.NOBODY)


def send(raw, *recipients, sender=USER):
    """Returns what is logged about it, when all has been tried."""
    shutil.rmtree(FOLDER / "spool/db", ignore_errors=True)  # it would not try again at once where it has failed
    before = LOG.read_text() if LOG.exists() else ""
    done = subprocess.run(
        [FOLDER / "exim", "-C", CONFIG, "-odf", "-oi", "-f", sender, *recipients],
        input=raw.replace(b"\r\n", b"\n"),
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(FOLDER)},
        timeout=120,
    )
    assert done.returncode in (0, 2), (done.returncode, done.stdout, done.stderr)
    lines = LOG.read_text()[len(before) :].splitlines()
    number = next(line.split()[2] for line in lines if f" <= {sender} " in line)
    return "\n".join(line for line in lines if line.split()[2] == number)


def delivered(log, *recipients):
    """The reply's id, the same for all."""
    for r in recipients:
        line = next((x for x in log.splitlines() if f" {r} " in x and ("=> " in x or "-> " in x)), "")
        for part in ("A=xoauth2", "X=TLS1.3", "CV=yes", 'C="250 2.0.0 OK <'):
            assert part in line, (part, r, log)
    return log.split('C="250 2.0.0 OK ')[1].split(" ")[0]


def refused(log, *words):
    assert "=> " not in log and "-> " not in log, log
    for w in words:
        assert w in log, (w, log)


def opened(boxes):
    for chunks in ("yes", "no"):
        for number, (recipients, body) in enumerate(
            (([USER], BODY), ([BOB, CAROL, USER], BODY), ([BOB], b""), ([BOB], b"\r\n\r\n.\r\n"), ([CAROL], BODY * 500))
        ):
            raw = letter(f"{number}.{chunks}", recipients[0], body, more=f"X-Chunks: {chunks}\r\n")
            log = send(raw, *recipients)
            same(" K " in log, chunks == "yes", "sent by BDAT: " + log)
            filed_as = delivered(log, *recipients)
            boxes.got(raw, *recipients, filed_as=filed_as)

    raw = letter("some", BOB)
    log = send(raw, BOB, CAROL, USER, "dora@woodgrove.example")
    delivered(log, BOB, CAROL, USER)
    boxes.got(raw, BOB, CAROL, USER)

    refused(send(letter("x", BOB, sender=CAROL), BOB), f"** {BOB}", "554 5.2.252 SendAsDenied")
    refused(
        send(letter("x", BOB), BOB, sender=CAROL),
        f"** {BOB}",
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    )


def main():
    unpacked, world = sys.argv[1:]
    exim.prepare(unpacked, FOLDER)
    (FOLDER / "ca.pem").write_bytes(pathlib.Path(os.environ["OUTKIT_CA_FILE"]).read_bytes())
    configure(access_token(IMAP_ONLY))
    refused(send(letter("first", BOB), BOB), "535 5.7.3 Authentication unsuccessful")
    boxes = Mailboxes(BOB, CAROL)
    configure(boxes.token)
    if world == "open":
        opened(boxes)
    else:
        refused(
            send(letter("x", BOB), BOB),
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
        )
        boxes.nothing()
    boxes.close()
    print(f"exim: handed on and refused, {world}")


if __name__ == "__main__":
    main()
