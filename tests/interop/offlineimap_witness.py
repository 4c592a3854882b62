#!/usr/bin/python3
"""OfflineIMAP keeps a Maildir and a mailbox of `outkit mock` the same; getmail fetches from it. Run by `outkit mock --exec`."""

import os
import pathlib
import subprocess
import tempfile
import time

from imaplib_witness import nested, ok, plain, same, state
from python_witness import USER, access_token, imap

REMOVED_IN_THE_END = tempfile.TemporaryDirectory()
FOLDER = pathlib.Path(REMOVED_IN_THE_END.name)
MAIL = FOLDER / "mail"
UMLAUT = "Gr&APwA3w-e"
HOST, PORT, CA_FILE = (os.environ["OUTKIT_" + name] for name in ("IMAP_HOST", "IMAP_PORT", "CA_FILE"))


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, "HOME": str(FOLDER)})


def offlineimap(token, certificates=CA_FILE):
    config = FOLDER / "offlineimaprc"
    config.write_text(
        f"""
[general]
accounts = a
metadata = {FOLDER}/metadata
ui = quiet
socktimeout = 60
[Account a]
localrepository = here
remoterepository = there
[Repository here]
type = Maildir
localfolders = {MAIL}
sep = /
[Repository there]
type = IMAP
remotehost = {HOST}
remoteport = {PORT}
remoteuser = {USER}
ssl = yes
sslcacertfile = {certificates}
auth_mechanisms = XOAUTH2
oauth2_access_token_eval = __import__("subprocess").check_output(["echo", "{token}"], text=True).strip()
"""
    )
    return run("/usr/bin/offlineimap", "-o", "-c", str(config))


def files(box):
    return [f for part in ("cur", "new") for f in (MAIL / box / part).iterdir()]


def lf(body):
    """Without the fields that OfflineIMAP and getmail add."""
    own = (b"X-OfflineIMAP:", b"Return-Path:", b"X-getmail-retrieved-from-mailbox:")
    return b"\n".join(line for line in body.replace(b"\r\n", b"\n").split(b"\n") if not line.startswith(own))


LETTERS = {b"\\Draft": "D", b"\\Flagged": "F", b"\\Answered": "R", b"\\Seen": "S", b"\\Deleted": "T"}


def agree(client, box):
    near = {lf(f.read_bytes()): "".join(sorted(f.name.partition(":2,")[2])) for f in files(box)}
    far = {
        lf(m["BODY[]"]): "".join(sorted(LETTERS[f] for f in m["FLAGS"] if f in LETTERS))
        for m in state(client, box).values()
    }
    same(near, far, box)
    return near


def getmail(token):
    """Everything in two mailboxes, as files with one message each."""
    folder = FOLDER / "getmail"
    (folder / "came").mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text(token + "\n")
    (folder / "getmailrc").write_text(
        f"""
[retriever]
type = SimpleIMAPSSLRetriever
server = {HOST}
port = {PORT}
username = {USER}
use_xoauth2 = true
password_command = ("/bin/cat", "{folder}/token")
ca_certs = {CA_FILE}
mailboxes = ("INBOX", "Grüße")
[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat >$(mktemp {folder}/came/XXXXXX)")
allow_root_commands = true
[options]
read_all = false
delete = false
delivered_to = false
received = false
"""
    )
    done = run("/usr/bin/getmail", "--getmaildir", str(folder))
    return done, sorted(lf(f.read_bytes()) for f in (folder / "came").iterdir())


def main():
    token = access_token()
    client = imap(token)
    MAIL.mkdir()
    assert offlineimap("not-a-token").returncode != 0
    assert offlineimap(token, "/etc/ssl/certs/ca-certificates.crt").returncode != 0
    assert not any(MAIL.iterdir()), "mail without a token, or from a server that is not trusted"

    letters = [plain(b"letter %d" % n, b"body %d\r\n.\r\n)\r\n" % n * 50) for n in range(8)] + [nested()]
    for n, letter in enumerate(letters):
        ok(client.append("INBOX", ["()", "(\\Seen)", "(\\Flagged \\Answered)"][n % 3], time.time() - 3600 * n, letter))
    ok(client.create(f'"{UMLAUT}"'))
    ok(client.append(f'"{UMLAUT}"', "(\\Seen)", None, plain(b"in a folder")))

    done = offlineimap(token)
    same((done.returncode, done.stderr), (0, ""))
    same(len(agree(client, "INBOX")), 2 + 9)
    agree(client, UMLAUT)

    # Both sides change.
    there = {lf(m["BODY[]"]): uid for uid, m in state(client, "INBOX").items()}
    here = {lf(f.read_bytes()): f for f in files("INBOX")}
    body = [lf(b) for b in letters]
    ok(client.select("INBOX"))
    ok(client.uid("STORE", str(there[body[0]]), "+FLAGS", "(\\Flagged)"))
    ok(client.uid("STORE", str(there[body[1]]), "+FLAGS", "(\\Deleted)"))
    ok(client.expunge())
    ok(client.append("INBOX", None, None, plain(b"new there")))
    here[body[2]].unlink()
    here[body[3]].rename(MAIL / "INBOX" / "cur" / (here[body[3]].name.partition(":2,")[0] + ":2,RS"))
    (MAIL / UMLAUT / "new" / "1.new.here").write_bytes(lf(plain(b"new here", b"Gr\xfc\xdfe\r\n")))
    done = offlineimap(token)
    same((done.returncode, done.stderr), (0, ""))
    inbox = agree(client, "INBOX")
    same([inbox.get(body[n]) for n in range(4)], ["F", None, None, "RS"])
    assert lf(plain(b"new there")) in inbox
    assert lf(plain(b"new here", b"Gr\xfc\xdfe\r\n")) in agree(client, UMLAUT)
    before, uids = sorted(files("INBOX")), state(client, "INBOX")
    same(offlineimap(token).returncode, 0)
    same((sorted(files("INBOX")), state(client, "INBOX")), (before, uids), "a run when nothing has changed")

    expected = sorted(lf(m["BODY[]"]) for box in ("INBOX", UMLAUT) for m in state(client, box).values())
    done, came = getmail("not-a-token")
    same((done.returncode != 0, came), (True, []), "getmail with a token that is none")
    done, came = getmail(token)
    same(done.returncode, 0, done.stdout + done.stderr)
    same(came, expected, "getmail")
    done, came = getmail(token)
    same((done.returncode, len(came)), (0, len(expected)), "getmail for the second time")
    client.logout()
    print(f"offlineimap and getmail: {len(expected)} messages")


if __name__ == "__main__":
    main()
