#!/usr/bin/python3
"""mbsync (Debian's isync) keeps a Maildir and a mailbox of `outkit mock` the same, in both directions.

It signs in by Cyrus SASL and its XOAUTH2 plugin (Debian's libsasl2-modules-kdexoauth2). Run by `outkit mock --exec`.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import time

from imaplib_witness import ok, plain, same, state
from python_witness import USER, access_token, imap

REMOVED_IN_THE_END = tempfile.TemporaryDirectory()
FOLDER = pathlib.Path(REMOVED_IN_THE_END.name)
MAIL = FOLDER / "mail"
CONFIG = FOLDER / "mbsyncrc"
TOKEN = FOLDER / "token"
UMLAUT = "Lists/Gr&APwA3w-e"


def configure(certificates=os.environ["OUTKIT_CA_FILE"]):
    CONFIG.write_text(
        f"""
IMAPStore far
Host {os.environ["OUTKIT_IMAP_HOST"]}
Port {os.environ["OUTKIT_IMAP_PORT"]}
User {USER}
PassCmd "cat {TOKEN}"
SSLType IMAPS
SystemCertificates no
CertificateFile {certificates}
AuthMechs XOAUTH2

MaildirStore near
Path {MAIL}/
Inbox {MAIL}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
CopyArrivalDate yes
"""
    )


def mbsync():
    """Synchronizes everything, and finds nothing to complain of."""
    done = subprocess.run(
        ["/usr/bin/mbsync", "-c", str(CONFIG), "-a"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    usual = ("[SASL-XOAUTH2]", "Maildir notice: no UIDVALIDITY")
    said = [line for line in done.stderr.splitlines() if not line.strip().startswith(usual) and line.strip()]
    same(said, [])


def must_fail(words):
    done = subprocess.run(
        ["/usr/bin/mbsync", "-c", str(CONFIG), "-a"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode != 0 and words in done.stderr, (done.returncode, done.stderr)


def lf(body):
    """As it is in a Maildir, without the field by which mbsync finds again what it has copied."""
    return re.sub(rb"X-TUID: .{12}\n", b"", body.replace(b"\r\n", b"\n"), 1)


def near(box):
    """What is in a Maildir: body to flags and time of arrival."""
    found = {}
    for where in ("cur", "new"):
        for file in (MAIL / box / where).iterdir():
            flags = file.name.partition(":2,")[2]
            body = lf(file.read_bytes())
            assert body not in found, file
            found[body] = (flags, int(file.stat().st_mtime))
    return found


LETTERS = {b"\\Draft": "D", b"\\Flagged": "F", b"\\Answered": "R", b"\\Seen": "S", b"\\Deleted": "T"}


def far(client, box):
    """The same of the mailbox, as a Maildir would have it: lines end with LF."""
    found = {}
    for m in state(client, box).values():
        flags = "".join(sorted(LETTERS[f] for f in m["FLAGS"] if f in LETTERS))
        found[lf(m["BODY[]"])] = (flags, int(m["time"]))
    return found


def agree(client, boxes):
    for box in boxes:
        same(near(box), far(client, box), box)


def file_of(box, body):
    for where in ("cur", "new"):
        for file in (MAIL / box / where).iterdir():
            if lf(file.read_bytes()) == lf(body):
                return file
    raise AssertionError("no such message")


def flag(box, body, flags):
    file = file_of(box, body)
    file.rename(MAIL / box / "cur" / (file.name.partition(":2,")[0] + ":2," + flags))


def everything():
    return {
        str(p.relative_to(MAIL)): p.read_bytes()
        for p in MAIL.rglob("*")
        if p.is_file() and p.parent.name in ("cur", "new")
    }


def main():
    token = access_token()
    client = imap(token)
    MAIL.mkdir()
    configure()
    TOKEN.write_text("not-a-token\n")
    must_fail("AUTHENTICATE failed.")
    TOKEN.write_text(token + "\n")
    configure("/dev/null")
    must_fail("certificate")
    configure()
    assert not any(MAIL.rglob("cur")), "mail has come without a token"

    bodies = [plain(b"number %d" % n, b"line %d\r\n" % n * n) for n in range(30)]
    bodies[3] = plain(b"dots", b".\r\n..\r\n* 1 FETCH (FLAGS ())\r\n)\r\nFrom me\r\n")
    bodies[4] = plain(b"eight bit", b"Gr\xfc\xdfe \xff\x80\r\n", b"X-Long: " + b"y " * 400 + b"\r\n")
    bodies[5] = plain(b"long", b"0123456789abcdef" * 4 + b"\r\n") * 20_000
    for n, body in enumerate(bodies):
        flags = ["()", "(\\Seen)", "(\\Flagged \\Seen)", "(\\Answered)", "(\\Draft)"][n % 5]
        ok(client.append("INBOX", flags, time.time() - 86_400 * n, body))
    ok(client.create(f'"{UMLAUT}"'))
    for n in range(3):
        ok(client.append(f'"{UMLAUT}"', "(\\Seen)", None, plain(b"list %d" % n)))
    boxes = ("INBOX", "Sent Items", "Archive", UMLAUT)

    mbsync()
    same(len(near("INBOX")), 32)
    same(len(near(UMLAUT)), 3)
    agree(client, boxes)
    before, there = everything(), state(client, "INBOX")
    mbsync()
    same(everything(), before, "a run when nothing has changed, near")
    same(state(client, "INBOX"), there, "a run when nothing has changed, far")

    # Both sides change: flags, removed messages, new ones, new mailboxes.
    uids = {m["BODY[]"]: uid for uid, m in there.items()}
    ok(client.select("INBOX"))
    ok(client.uid("STORE", str(uids[bodies[10]]), "+FLAGS", "(\\Flagged)"))
    ok(client.uid("STORE", str(uids[bodies[11]]), "-FLAGS", "(\\Seen)"))
    ok(client.uid("MOVE", str(uids[bodies[12]]), "Archive"))
    ok(client.uid("STORE", str(uids[bodies[13]]), "+FLAGS", "(\\Deleted)"))
    ok(client.expunge())
    ok(client.append("INBOX", None, None, plain(b"new there")))
    ok(client.create('"New there"'))
    ok(client.append('"New there"', "(\\Seen)", None, plain(b"in a new mailbox there")))
    flag("INBOX", bodies[14], "FRS")
    flag("INBOX", bodies[16], "")
    file_of("INBOX", bodies[15]).unlink()
    file_of("INBOX", bodies[17]).rename(MAIL / "Archive" / "cur" / "1.moved.here:2,S")
    new_here = plain(b"new here", b"8 bit \xfc\r\n")
    (MAIL / "INBOX" / "new" / "2.new.here").write_bytes(lf(new_here))
    for part in ("cur", "new", "tmp"):
        (MAIL / "New here" / part).mkdir(parents=True)
    (MAIL / "New here" / "cur" / "3.new.here:2,FS").write_bytes(b"Subject: in a new mailbox here\n\ntext\n")

    mbsync()
    agree(client, (*boxes, "New there", "New here"))
    inbox, archive = far(client, "INBOX"), far(client, "Archive")
    kept = [lf(b) for b in bodies]
    same([inbox[kept[n]][0] for n in (10, 11, 14, 16)], ["F", "", "FRS", ""])
    same([kept[n] in inbox for n in (12, 13, 15, 17)], [False] * 4)
    same([kept[n] in archive for n in (12, 13, 15, 17)], [True, False, False, True])
    assert lf(new_here) in inbox and lf(plain(b"new there")) in inbox
    same(len(inbox), 30)
    same(list(far(client, "New here").values())[0][0], "FS")
    before, there = everything(), state(client, "INBOX")
    mbsync()
    same(everything(), before, "a second run, near")
    same(state(client, "INBOX"), there, "a second run, far")

    client.logout()
    print(f"mbsync: {len(inbox)} messages, both sides the same")


if __name__ == "__main__":
    main()
