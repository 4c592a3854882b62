"""What the witnesses of SMTP share: who there is, what they send, and what must become of it."""

import email
import email.policy
import os

from imaplib_witness import same, state
from python_witness import SCOPES, USER, access_token, imap

HOST, PORT = os.environ["OUTKIT_SMTP_HOST"], int(os.environ["OUTKIT_SMTP_PORT"])
IMAP_ONLY = SCOPES.replace(" https://outlook.office.com/SMTP.Send", "")
assert IMAP_ONLY != SCOPES

# What a program, or a server on the way, may do something to: dots, blanks, eight bits, long lines, looks of commands.
BODY = (
    "Grüße\r\n.\r\n..\r\n.dot\r\n...\r\n \r\n trailing blanks  \r\n\ttab\r\nFrom here\r\nMAIL FROM:<eve@x.example>\r\n"
    "QUIT\r\n".encode() + b"." * 998 + b"\r\n" + b"x" * 998 + b"\r\n\r\n\r\nlast\r\n"
)


def letter(number, to, body=BODY, more="", sender=USER):
    return (
        f"From: Adele Vance <{sender}>\r\nTo: <{to}>\r\nSubject: letter {number}\r\n"
        f"Date: Tue, 24 Nov 2026 10:11:12 +0100\r\nMessage-ID: <{number}@program.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nX-Own: {number}\r\n{more}\r\n"
    ).encode() + body


class Mailboxes:
    """Those of the people whom letters go to, read by imaplib. They are looked at from when this is made."""

    def __init__(self, *people):
        self.clients = {}
        self.seen = {}
        for user in (USER, *people):
            name = user.partition("@")[0]
            token = access_token(SCOPES, user, f"mock-secret-{name}")
            self.clients[user] = imap(token, user)
            if user == USER:
                self.token = token
        for box in self.boxes():
            self.seen[box] = set(self.read(box))

    def boxes(self):
        return [(user, box) for user in self.clients for box in ("INBOX", "Sent Items")]

    def read(self, box):
        return state(self.clients[box[0]], box[1])

    def new(self):
        """What has come since this was asked for last: mailbox and octets of each message, without empty ones."""
        found = {}
        for box in self.boxes():
            now = self.read(box)
            come = [m["BODY[]"] for uid, m in sorted(now.items()) if uid not in self.seen[box]]
            self.seen[box] = set(now)
            if come:
                found[box] = come
        return found

    def got(self, raw, *recipients, filed_as=None):
        """Nothing has come but this letter: once to each recipient, and once to Sent Items."""
        new = self.new()
        expected = {(USER, "Sent Items"), *((r, "INBOX") for r in recipients)}
        same(set(new), expected, "mailboxes with mail")
        for box, come in new.items():
            same(len(come), 1, box)
            self.unchanged(raw, come[0], filed_as)

    def unchanged(self, raw, come, filed_as=None):
        header, body = raw.split(b"\r\n\r\n", 1)
        come_header, come_body = come.split(b"\r\n\r\n", 1)
        same(come_body, body, "body")
        wanted = email.message_from_bytes(header, policy=email.policy.compat32)
        found = email.message_from_bytes(come_header, policy=email.policy.compat32)
        for name, value in wanted.items():
            if name.lower() == "message-id":
                same(found["X-Microsoft-Original-Message-ID"], value)
            elif name.lower() != "bcc":
                same(found.get_all(name), [value], name)
        assert found["Message-ID"].endswith(".prod.outlook.com>"), found["Message-ID"]
        if filed_as:
            same(found["Message-ID"], filed_as)

    def nothing(self):
        same(self.new(), {}, "mail that should not be there")

    def close(self):
        for client in self.clients.values():
            client.logout()
