#!/usr/bin/python3
"""NeoMutt reads, searches, flags, copies, moves and removes mail of `outkit mock`, and keeps what it has sent there.

Its keys are pressed by -e "push ..." on a terminal nobody looks at; what they have done is seen by imaplib. Run by
`outkit mock --exec`.
"""

import email
import email.policy
import os
import pathlib
import pty
import select
import signal
import tempfile

from imaplib_witness import nested, ok, plain, same, state
from python_witness import USER, access_token, imap

REMOVED_IN_THE_END = tempfile.TemporaryDirectory()
FOLDER = pathlib.Path(REMOVED_IN_THE_END.name)
TOKEN = FOLDER / "token"
CONFIG = FOLDER / "neomuttrc"
COMMAND = ["/usr/bin/neomutt", "-n", "-F", str(CONFIG)]
ENVIRONMENT = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", "HOME": str(FOLDER)}


def configure(certificates=os.environ["OUTKIT_CA_FILE"]):
    CONFIG.write_text(
        f"""
set folder="imaps://{os.environ["OUTKIT_IMAP_HOST"]}:{os.environ["OUTKIT_IMAP_PORT"]}/"
set spoolfile="+INBOX"
set record="=Sent Items"
set imap_user="{USER}"
set imap_authenticators="xoauth2"
set imap_oauth_refresh_command="cat {TOKEN}"
set ssl_ca_certificates_file="{certificates}"
set certificate_file="{FOLDER}/known"
set header_cache="{FOLDER}/headers"
set message_cachedir="{FOLDER}/messages"
set sendmail=/bin/true
set editor="cp {FOLDER}/letter"
set from="{USER}"
set confirmappend=no
set confirmcreate=no
set delete=yes
set quit=yes
set move=no
set resolve=no
set mark_old=no
set pipe_decode=no
set wait_key=no
set sleep_time=0
"""
    )


def press(keys, until=None):
    """Starts NeoMutt and presses the keys, which must end it; or waits until that is on its screen, and ends it."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND[0], [*COMMAND, "-e", f'push "{keys}"'], ENVIRONMENT)
    screen = b""
    while until is None or until not in screen:
        octets = b""
        if not select.select([terminal], [], [], 60)[0]:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise AssertionError(b"NeoMutt waits for something: " + screen[-2000:])
        try:
            octets = os.read(terminal, 65536)
        except OSError:  # how the end of a terminal is told
            pass
        if not octets:
            break
        screen += octets
    else:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    assert (code, until) == (0, None), (code, screen[-2000:])


def search(what):
    return f"<limit>{what}<enter>"


def subject(raw):
    return raw.partition(b"\r\nSubject: ")[2].partition(b"\r\n")[0].decode()


def flags(client, box):
    """Subject to flags."""
    return {subject(m["BODY[]"]): m["FLAGS"] for m in state(client, box).values()}


def bodies(client, box):
    return [m["BODY[]"] for m in state(client, box).values()]


def main():
    token = access_token()
    client = imap(token)
    letters = [plain(b"letter %02d" % n, b"body_%02d\r\n" % n) for n in range(60)]
    letters[7] = plain(b"letter 07", b"From me\r\n.\r\n)\r\n* 1 FETCH (FLAGS ())\r\n" + b"Gr\xfc\xdfe " * 300 + b"\r\n")
    letters[8] = nested()
    for letter in letters:
        ok(client.append("INBOX", None, None, letter))
    piped = [FOLDER / f"piped{n}" for n in (7, 8, 30)]

    (FOLDER / "messages").mkdir()
    TOKEN.write_text("not-a-token\n")
    configure()
    press("", until=b"authentication failed")
    TOKEN.write_text(token + "\n")
    configure("/dev/null")
    press("", until=b"(r)eject, accept (o)nce")

    configure()
    press(
        f"{search('~s letter.07')}<pipe-message>cat > {piped[0]}<enter>"
        "<copy-message>=Archive<enter>"
        f"{search('~h nested@')}<pipe-message>cat > {piped[1]}<enter>"
        "<copy-message>=Lists/Grüße<enter>"
        f"{search('~s letter.10')}<flag-message>"
        f"{search('~s letter.11')}<display-message><exit>"
        f"{search('~s letter.12')}<save-message>=Archive<enter>"
        f"{search('~s letter.13')}<delete-message>"
        # Told by the server what is in the bodies
        f"{search('=b body_2')}<tag-pattern>.<enter><tag-prefix><flag-message>"
        "<quit>"
    )
    for file, letter in zip(piped, (letters[7], letters[8])):
        same(file.read_bytes(), letter.replace(b"\r\n", b"\n"), "a message that was piped")
    same(bodies(client, "Archive"), [letters[7], letters[12]])
    same(bodies(client, "Lists/Gr&APwA3w-e"), [letters[8]])
    found = flags(client, "INBOX")
    same(len(found), 2 + 60 - 2)
    assert "letter 12" not in found and "letter 13" not in found
    same([n for n, f in found.items() if b"\\Flagged" in f], ["letter 10"] + [f"letter {n}" for n in range(20, 30)])
    assert b"\\Seen" in found["letter 11"] and b"\\Seen" not in found["letter 14"], found

    # It remembers headers; what others have done in the meantime is seen.
    uids = {subject(m["BODY[]"]): uid for uid, m in state(client, "INBOX").items()}
    ok(client.select("INBOX"))
    ok(client.uid("STORE", str(uids["letter 20"]), "-FLAGS", "(\\Flagged)"))
    ok(client.uid("STORE", f"{uids['letter 40']},{uids['letter 41']}", "+FLAGS.SILENT", "(\\Deleted)"))
    ok(client.expunge())
    ok(client.append("INBOX", None, None, plain(b"letter 99", b"the newest\r\n")))
    press(
        "<tag-pattern>~F<enter><tag-prefix><save-message>=Lists<enter>"
        f"{search('~s letter.99')}<pipe-message>cat > {piped[2]}<enter><quit>"
    )
    same(piped[2].read_bytes(), plain(b"letter 99", b"the newest\r\n").replace(b"\r\n", b"\n"))
    same(sorted(flags(client, "Lists")), ["letter 10"] + [f"letter {n}" for n in range(21, 30)])
    found = flags(client, "INBOX")
    same(len(found), 60 - 2 + 1 - 10)
    assert "letter 20" in found and "letter 40" not in found

    # Written by an editor that copies, and sent by a program that does nothing; what counts is the copy that is kept.
    (FOLDER / "letter").write_text("sent, perhaps\nä\n")
    press("<mail>bob@woodgrove.example<enter>Grüße by NeoMutt<enter><send-message><quit>")
    kept = bodies(client, "Sent Items")
    same(len(kept), 1)
    letter = email.message_from_bytes(kept[0], policy=email.policy.default)
    same((letter["Subject"], letter.get_content()), ("Grüße by NeoMutt", "sent, perhaps\r\nä\r\n"))
    same(list(state(client, "Sent Items").values())[0]["FLAGS"], {b"\\Seen"})
    client.logout()
    print("neomutt: read, searched, flagged, copied, moved, removed and kept")


if __name__ == "__main__":
    main()
