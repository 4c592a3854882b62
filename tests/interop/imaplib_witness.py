#!/usr/bin/python3
"""Every IMAP command that Python's imaplib knows, against `outkit mock`.

Run by `outkit mock --exec`; its argument is the profile of the mock's IMAP server. What is expected of ENVELOPE,
BODYSTRUCTURE and sections is worked out here from the messages, by Python's email package and by hand.
"""

import email
import email.message
import email.policy
import email.utils
import imaplib
import os
import re
import socket
import sys
import time

from forms import TLS
from python_witness import USER, access_token, imap

HOST, PORT = os.environ["OUTKIT_IMAP_HOST"], int(os.environ["OUTKIT_IMAP_PORT"])

# RFC 3501 section 5.1.3: how the names of two cities and of a language are written.
ENCODED = {"~peter/mail/台北/日本語": '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'}
EIGHT_BIT = b"Gr\xfc\xdfe \xff\x80"


def same(got, wanted, what=""):
    assert got == wanted, f"{what}: {got!r} instead of {wanted!r}"


def ok(answer, what=""):
    kind, data = answer
    assert kind == "OK", (what, answer)
    return data


def refused(client, words, method, *arguments):
    """The command must end in NO or BAD and say these words."""
    try:
        kind, data = getattr(client, method)(*arguments)
    except imaplib.IMAP4.error as refusal:
        kind, data = "BAD", [str(refusal).encode()]
    assert kind in ("NO", "BAD") and words.encode() in data[-1], (method, kind, data)


def raw(client, command):
    """Sends what imaplib would not, and returns the answer without its tag; nothing untagged may come before."""
    tag = client._new_tag()
    client.send(tag + b" " + command + b"\r\n")
    line = client.readline()
    assert line.startswith(tag + b" "), line
    return line[len(tag) + 1 :].rstrip(b"\r\n")


# --- values ---


def read(text, literals):
    """One value of the grammar: list, number, string, None for NIL, or an atom as bytes."""
    token = re.compile(rb'\s*(?:([()])|"((?:[^"\\]|\\.)*)"|\{(\d+)\}|([^\s()"]+))')
    stack = [[]]
    at = 0
    while at < len(text):
        found = token.match(text, at)
        if not found:
            break
        at = found.end()
        bracket, quoted, literal, atom = found.groups()
        if bracket == b"(":
            stack.append([])
        elif bracket == b")":
            inner = stack.pop()
            stack[-1].append(inner)
        elif quoted is not None:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted).decode())
        elif literal is not None:
            value = literals.pop(0)
            same(len(value), int(literal), "a literal")
            stack[-1].append(value)
        elif atom == b"NIL":
            stack[-1].append(None)
        else:
            stack[-1].append(int(atom) if atom.isdigit() else atom)
    assert len(stack) == 1, text
    return stack[0]


def messages(data):
    """What a FETCH or STORE brought: for each position a dictionary of items."""
    found = {}
    text, literals = b"", []
    for part in data:
        if part is None:
            continue
        if isinstance(part, tuple):
            text += part[0]
            literals.append(part[1])
            continue
        text += part
        # BODY[HEADER.FIELDS (A B)] is one word
        text = re.sub(rb"\[[^\]]*\]", lambda m: m[0].replace(b" ", b"_").replace(b"(", b"<").replace(b")", b">"), text)
        position, items = read(text, literals)
        pairs = dict(zip([i.decode() for i in items[::2]], items[1::2]))
        found.setdefault(position, {}).update(pairs)
        text = b""
    return found


def one(data):
    found = messages(data)
    same(len(found), 1, "messages")
    return next(iter(found.values()))


def state(client, box):
    """What is in a mailbox: UID to flags, octets, and INTERNALDATE as text and as seconds. Nothing is changed."""
    if ok(client.select(f'"{box}"', readonly=True)) == [b"0"]:
        return {}
    found = {}
    for m in messages(ok(client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])"))).values():
        date = imaplib.Internaldate2tuple(b'INTERNALDATE "' + m["INTERNALDATE"].encode() + b'"')
        found[m["UID"]] = {**m, "FLAGS": set(m["FLAGS"]) - {b"\\Recent"}, "time": time.mktime(date)}
    return found


def names(data):
    return [line.decode().split(' "/" ', 1)[1].strip('"') for line in data if line]


# --- messages ---


def plain(subject, body=b"a line\r\n", more=b""):
    return (
        b"From: Alex Wilber <alex@contoso.example>\r\nTo: Adele Vance <adele@woodgrove.example>\r\nSubject: "
        + subject
        + b"\r\nDate: Tue, 24 Nov 2026 10:11:12 +0100\r\nMessage-ID: <"
        + subject.replace(b" ", b".")
        + b"@contoso.example>\r\n"
        + more
        + b"\r\n"
        + body
    )


def nested():
    """Alternatives, a picture within, a message within, an attachment with a name that is not ASCII."""
    inner = email.message.EmailMessage(policy=email.policy.SMTP)
    inner["From"] = "Inner <inner@contoso.example>"
    inner["Subject"] = "inside"
    inner["Message-ID"] = "<inside@contoso.example>"
    inner.set_content("the message within\n")
    outer = email.message.EmailMessage(policy=email.policy.SMTP)
    outer["From"] = '"Wilber, Alex" <alex@contoso.example>'
    outer["Sender"] = "Service <service@contoso.example>"
    outer["Reply-To"] = "replies@contoso.example"
    outer["To"] = "Adele Vance <adele@woodgrove.example>, Bob <bob@woodgrove.example>"
    outer["Cc"] = "Carol <carol@fabrikam.example>"
    outer["Bcc"] = "dora@woodgrove.example"
    outer["Subject"] = "Grüße, nested"
    outer["Date"] = "Tue, 24 Nov 2026 10:11:12 +0100"
    outer["Message-ID"] = "<nested@contoso.example>"
    outer["In-Reply-To"] = "<before@contoso.example>"
    outer.set_content("plain text\nof two lines, the second with an ü\n", cte="8bit")
    outer.add_alternative("<p>HTML <img src=cid:picture></p>\n", subtype="html")
    outer.get_payload()[1].add_related(b"\x89PNG" * 50, "image", "png", cid="<picture@contoso.example>")
    outer.add_attachment(b"binary \x00\xff" * 40, "application", "octet-stream", filename="Übersicht.bin")
    outer.add_attachment(inner)
    return outer.as_bytes()


def lines(text):
    return text.count(b"\r\n")


def parts(raw, at=""):
    """Section, MIME header and body of each part, cut from the octets at the boundaries."""
    header, body = raw.split(b"\r\n\r\n", 1)
    fields = email.message_from_bytes(header + b"\r\n\r\n")
    kind = fields.get_content_type()
    if fields.get_content_maintype() == "multipart":
        boundary = b"--" + fields.get_boundary().encode()
        pieces = (b"\r\n" + body).split(b"\r\n" + boundary)[1:-1]
        for i, piece in enumerate(pieces, 1):
            yield from parts(piece[2:], f"{at}.{i}" if at else str(i))
        return
    yield at or "1", header + b"\r\n\r\n", body, fields
    if kind == "message/rfc822":
        yield from parts(body, f"{at}.1" if at else "1.1")


def leaves(structure, at=""):
    """Section and description of each part of a BODYSTRUCTURE, as parts()."""
    if isinstance(structure[0], list):
        for i, child in enumerate([s for s in structure if isinstance(s, list)][: count(structure)], 1):
            yield from leaves(child, f"{at}.{i}" if at else str(i))
        return
    yield at or "1", structure
    if structure[0].lower() == "message":
        yield from leaves(structure[8], f"{at}.1" if at else "1.1")


def count(structure):
    n = 0
    while isinstance(structure[n], list):
        n += 1
    return n


# --- the session ---


def before_and_after_signing_in(client, profile):
    new = profile == "tcpproxy"
    before, after = client.capabilities, ok(client.capability())[0].decode().split()
    for name in ("IMAP4REV1", "AUTH=XOAUTH2", "SASL-IR", "UIDPLUS", "ID", "UNSELECT", "IDLE", "NAMESPACE", "LITERAL+"):
        assert name in before and name in [a.upper() for a in after], (name, before, after)
    same("LOGINDISABLED" in before, new, "LOGINDISABLED")
    same("AUTH=PLAIN" in before, not new, "AUTH=PLAIN")
    same(("MOVE" in before, "MOVE" in after), (new, True), "MOVE")
    identity = client.xatom("ID", '("name" "imaplib" "version" NIL)')
    same(ok(identity), [b"ID completed."])
    same(
        client.response("ID")[1],
        [b'("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")'],
    )
    same(ok(client.namespace()), [b'(("" "/")) NIL NIL'])
    same(ok(client.noop()), [b"NOOP completed."])
    refused(client, "Command Error. 10", "xatom", "X-NO-SUCH-COMMAND")
    same(raw(client, b"AUTHENTICATE XOAUTH2 eA=="), b"BAD Command received in Invalid state.")
    same(raw(client, b"UNSELECT"), b"BAD Command received in Invalid state.")


def folders(client):
    listed = ok(client.list())
    for line in (
        b'(\\Marked \\HasNoChildren) "/" INBOX',
        b'(\\HasNoChildren \\Sent) "/" "Sent Items"',
        b'(\\HasNoChildren \\Trash) "/" "Deleted Items"',
        b'(\\HasNoChildren \\Drafts) "/" Drafts',
        b'(\\HasNoChildren \\Junk) "/" "Junk Email"',
        b'(\\HasNoChildren) "/" Archive',
    ):
        assert line in listed, (line, listed)
    same(ok(client.list('""', '""')), [b'(\\Noselect \\HasChildren) "/" ""'])

    for plain_name, encoded in ENCODED.items():
        ok(client.create(encoded), plain_name)
        assert encoded.strip('"') in names(ok(client.list('""', '"~peter/*"')))
        same(
            names(ok(client.list('"~peter/mail/"', '"%"'))),
            ["~peter/mail/&U,BTFw-"],
            "one level",
        )
        ok(client.subscribe(encoded))
        assert encoded.strip('"') in names(ok(client.lsub())), client.lsub()
        ok(client.append(encoded, None, None, plain(b"in a folder with a name")))
        status = ok(client.status(encoded, "(MESSAGES UNSEEN)"))[0].decode()
        assert status.endswith("(MESSAGES 1 UNSEEN 1)"), status
        ok(client.unsubscribe(encoded))
        assert encoded.strip('"') not in names(ok(client.lsub()))
        ok(client.rename(encoded, '"Entw&APw-rfe"'))
        assert "Entw&APw-rfe" in names(ok(client.list()))
        refused(client, "doesn't exist.", "select", encoded)
        same(ok(client.select('"Entw&APw-rfe"')), [b"1"])
        ok(client.unselect())
        ok(client.delete('"Entw&APw-rfe"'))
        refused(client, "doesn't exist.", "status", '"Entw&APw-rfe"', "(MESSAGES)")

    for name in ('"with blank"', '"a \\"quoted\\" one"', "Witness", '"Lists/One (1)"', '"R&-D"'):
        ok(client.create(name), name)
        same(ok(client.select(name)), [b"0"], name)
    refused(client, "Mailbox already exists.", "create", "Witness")
    answer = raw(client, b'SELECT "&AA0ACg-* BYE"')
    assert answer.startswith(b"NO ") and answer.endswith(b"* BYE doesn't exist."), answer
    for name in ("INBOX", '"Sent Items"', '"Deleted Items"'):
        refused(client, "cannot be deleted", "delete", name)
    refused(client, "Command Argument Error", "list", "(", "*")


def selecting(client):
    same(ok(client.select("Witness")), [b"0"])
    flags = b"(\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)"
    same(client.response("FLAGS")[1], [flags])
    same(client.response("PERMANENTFLAGS")[1], [flags])
    same(client.response("RECENT")[1], [b"0"])
    same(client.response("READ-WRITE")[1], [b""])
    validity = int(client.response("UIDVALIDITY")[1][0])
    first = int(client.response("UIDNEXT")[1][0])
    same(client.response("UNSEEN")[1], [None])
    status = ok(client.status("Witness", "(MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)"))[0].decode()
    same(status, f"Witness (MESSAGES 0 RECENT 0 UIDNEXT {first} UIDVALIDITY {validity} UNSEEN 0)")
    refused(client, "Command Argument Error", "status", "Witness", "(HIGHESTMODSEQ)")
    refused(client, "Nowhere doesn't exist.", "select", "Nowhere")
    return validity, first


def appending(client, validity, first):
    """Returns what was appended, in the order of the positions, and its UIDs."""
    wanted = [
        plain(b"first", b"one\r\n.\r\n..\r\n* 1 FETCH (FLAGS ())\r\n"),
        plain(b"second", EIGHT_BIT + b"\r\n" + b"x" * 3000 + b"\r\n", b"X-Long: " + b"y" * 900 + b"\r\n z\r\n"),
        nested(),
        plain(b"empty", b""),
    ]
    moment = time.mktime((2001, 9, 9, 12, 46, 40, 0, 0, 0))
    how = [
        ("(\\Seen \\Flagged)", moment),
        (None, None),
        ("(\\Answered $MDNSent)", '"24-Nov-2026 23:59:59 -0800"'),
        ("(\\Draft)", '" 5-Oct-2026 01:02:03 +0530"'),
    ]
    for i, (raw, (flags, date)) in enumerate(zip(wanted, how)):
        ok(client.append("Witness", flags, date, raw))
        code = client.response("APPENDUID")[1]
        same(code, [f"{validity} {first + i}".encode()], "APPENDUID")
    refused(client, "Command Argument Error. 11", "append", "Witness", "(Invented)", None, plain(b"no"))
    refused(client, "[TRYCREATE] Nowhere doesn't exist.", "append", "Nowhere", None, None, plain(b"no"))
    same(ok(client.select("Witness")), [b"4"])
    same(client.response("UNSEEN")[1], [b"2"])
    same(client.response("UIDNEXT")[1], [str(first + 4).encode()])
    got = messages(ok(client.fetch("1:*", "(FLAGS INTERNALDATE UID)")))
    same(
        [set(got[n]["FLAGS"]) - {b"\\Recent"} for n in (1, 2, 3, 4)],
        [{b"\\Seen", b"\\Flagged"}, set(), {b"\\Answered", b"$MDNSent"}, {b"\\Draft"}],
    )
    dates = [imaplib.Internaldate2tuple(b'INTERNALDATE "' + got[n]["INTERNALDATE"].encode() + b'"') for n in (1, 3, 4)]
    same(time.mktime(dates[0]), moment)
    same(time.mktime(dates[1]), email.utils.mktime_tz((2026, 11, 24, 23, 59, 59, 0, 0, 0, -8 * 3600)))
    same(time.mktime(dates[2]), email.utils.mktime_tz((2026, 10, 5, 1, 2, 3, 0, 0, 0, 19800)))
    same([got[n]["UID"] for n in (1, 2, 3, 4)], [first + n for n in range(4)])
    return wanted, [first + n for n in range(4)]


def fetching(client, wanted, uids):
    for n, raw in enumerate(wanted, 1):
        header, text = raw.split(b"\r\n\r\n", 1)
        header += b"\r\n\r\n"
        items = one(ok(client.uid("FETCH", str(uids[n - 1]), "(BODY.PEEK[] RFC822.SIZE)")))
        same(items["UID"], uids[n - 1])
        same(items["BODY[]"], raw, "octets")
        # Exchange Online estimates the size.
        assert 0.89 * len(raw) <= items["RFC822.SIZE"] <= 1.21 * len(raw), (len(raw), items)
        items = one(ok(client.fetch(str(n), "(BODY.PEEK[HEADER] BODY.PEEK[TEXT] RFC822.HEADER)")))
        same((items["BODY[HEADER]"], items["BODY[TEXT]"]), (header, text))
        same(items["RFC822.HEADER"], header)
        fields = one(ok(client.fetch(str(n), "(BODY.PEEK[HEADER.FIELDS (subject MESSAGE-ID)])")))
        fields = next(iter(fields.values()))
        parsed = email.message_from_bytes(raw)
        same(
            {k: v for k, v in email.message_from_bytes(fields).items()},
            {k: parsed[k] for k in ("Subject", "Message-ID")},
        )
        others = one(ok(client.fetch(str(n), "(BODY.PEEK[HEADER.FIELDS.NOT (Subject X-Long)])")))
        others = email.message_from_bytes(next(iter(others.values())))
        same(others.keys(), [k for k in parsed.keys() if k not in ("Subject", "X-Long")])
        for begin, length in ((0, 10), (5, 100), (len(raw) - 3, 100), (len(raw) + 10, 10)):
            items = one(ok(client.fetch(str(n), f"(BODY.PEEK[]<{begin}.{length}>)")))
            same(items[f"BODY[]<{begin}>"], raw[begin : begin + length], "a partial")

    raw = wanted[2]
    envelope = one(ok(client.fetch("3", "(ENVELOPE)")))["ENVELOPE"]
    encoded = re.search(rb"Subject: (.*?)\r\nDate", raw, re.S)[1].replace(b"\r\n", b"").decode()
    same(
        envelope,
        [
            "Tue, 24 Nov 2026 10:11:12 +0100",
            encoded,
            [["Wilber, Alex", None, "alex", "contoso.example"]],
            [["Service", None, "service", "contoso.example"]],
            [[None, None, "replies", "contoso.example"]],
            [["Adele Vance", None, "adele", "woodgrove.example"], ["Bob", None, "bob", "woodgrove.example"]],
            [["Carol", None, "carol", "fabrikam.example"]],
            [[None, None, "dora", "woodgrove.example"]],
            "<before@contoso.example>",
            "<nested@contoso.example>",
        ],
    )
    simple = one(ok(client.fetch("1", "(ENVELOPE)")))["ENVELOPE"]
    same(simple[2], simple[3], "the sender is who it is from")
    same(simple[2], simple[4], "replies go to who it is from")
    same(simple[6:9], [None, None, None])

    for item, extended in (("BODYSTRUCTURE", True), ("BODY", False)):
        structure = one(ok(client.fetch("3", f"({item})")))[item]
        described = list(leaves(structure))
        expected = list(parts(raw))
        same([d[0] for d in described], [e[0] for e in expected], "sections")
        for (section, d), (_, header, body, fields) in zip(described, expected):
            same(f"{d[0]}/{d[1]}".lower(), fields.get_content_type())
            given = dict(zip([k.lower() for k in d[2][::2]], d[2][1::2])) if d[2] else {}
            same(given.get("charset"), fields.get_content_charset())
            same(d[3], fields["Content-ID"])
            same(d[5].lower(), (fields["Content-Transfer-Encoding"] or "7bit").lower())
            same(d[6], len(body), f"octets of {section}")
            if d[0].lower() == "text":
                same(d[7], lines(body), f"lines of {section}")
            if d[0].lower() == "message":
                same(d[7][1], "inside")
                same(d[9], lines(body), f"lines of {section}")
            if extended and fields["Content-Disposition"]:
                disposition = next(x for x in d[7:] if isinstance(x, list) and x and x[0] in ("attachment", "inline"))
                same(disposition[0], fields.get_content_disposition())
            got = one(ok(client.fetch("3", f"(BODY.PEEK[{section}] BODY.PEEK[{section}.MIME])")))
            same(got[f"BODY[{section}]"], body, f"section {section}")
            same(got[f"BODY[{section}.MIME]"], header, f"MIME header of {section}")
        top = structure[count(structure) :]
        same(top[0].lower(), "mixed")
        same(len(top) > 1, extended)
        message = next(s for s, d in described if d[0].lower() == "message")
        got = one(ok(client.fetch("3", f"(BODY.PEEK[{message}.HEADER] BODY.PEEK[{message}.TEXT])")))
        inner = next(e[2] for e in expected if e[0] == message)
        same(got[f"BODY[{message}.HEADER]"] + got[f"BODY[{message}.TEXT]"], inner)
        same(one(ok(client.fetch("3", "(BODY.PEEK[9.9])")))["BODY[9.9]"], None)

    for macro, items in (
        ("FAST", {"FLAGS", "INTERNALDATE", "RFC822.SIZE"}),
        ("ALL", {"FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"}),
        ("FULL", {"FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"}),
    ):
        same(set(one(ok(client.fetch("1", macro)))), items, macro)

    # Reading marks as seen, peeking has not.
    assert b"\\Seen" not in one(ok(client.fetch("2", "(FLAGS)")))["FLAGS"]
    got = one(ok(client.fetch("2", "(RFC822.TEXT)")))
    same(got["RFC822.TEXT"], wanted[1].split(b"\r\n\r\n", 1)[1])
    assert b"\\Seen" in one(ok(client.fetch("2", "(FLAGS)")))["FLAGS"]
    same(one(ok(client.fetch("4", "(RFC822)")))["RFC822"], wanted[3])

    refused(client, "The specified message set is invalid.", "fetch", "5", "(FLAGS)")
    same(ok(client.uid("FETCH", "4000000000", "(FLAGS)")), [None])
    refused(client, "Command Argument Error. 11", "fetch", "1", "()")
    refused(client, "Command Argument Error", "fetch", "1", "(BODY[3.HEADER.FIELDS])")


def searching(client, uids):
    def found(*criteria):
        return ok(client.search(None, *criteria))[0].decode()

    for criteria, wanted in (
        ("ALL", "1 2 3 4"),
        ("1:2", "1 2"),
        ("*", "4"),
        ("SEEN", "1 2 4"),
        ("UNSEEN", "3"),
        ("FLAGGED", "1"),
        ("UNFLAGGED DRAFT", "4"),
        ("ANSWERED", "3"),
        ("UNANSWERED", "1 2 4"),
        ("DELETED", ""),
        ("UNDELETED UNDRAFT", "1 2 3"),
        ("KEYWORD $MDNSent", "3"),
        ("UNKEYWORD $MDNSent", "1 2 4"),
        ("OR FLAGGED ANSWERED", "1 3"),
        ("NOT (OR FLAGGED ANSWERED)", "2 4"),
        ('SUBJECT "FIRST"', "1"),
        ('FROM "wilber"', "1 2 3 4"),
        ('TO "bob@"', "3"),
        ("CC carol", "3"),
        ("BCC dora", "3"),
        ('HEADER X-Long ""', "2"),
        ("HEADER Message-ID <empty@contoso.example>", "4"),
        ('BODY "of two lines"', "3"),
        ('TEXT "* 1 FETCH"', "1"),
        ("LARGER 2000 SMALLER 6000", "2 3"),
        ("BEFORE 1-Jan-2002", "1"),
        ("ON 25-Nov-2026", "3"),
        ("SINCE 4-Oct-2026 BEFORE 6-Oct-2026", "4"),
        ("SENTON 24-Nov-2026", "1 2 3 4"),
        ("SENTBEFORE 24-Nov-2026", ""),
        ("SENTSINCE 25-Nov-2026", ""),
        (f"UID {uids[1]}:{uids[2]}", "2 3"),
    ):
        same(found(criteria), wanted, criteria)
    same(ok(client.uid("SEARCH", "FLAGGED"))[0].decode(), str(uids[0]))
    same(ok(client.search("US-ASCII", "SUBJECT", "second"))[0], b"2")
    client.literal = "Grüße".encode()
    refused(client, "[BADCHARSET (US-ASCII)]", "search", "UTF-8", "SUBJECT")
    client.literal = b"second"
    same(ok(client.uid("SEARCH", "SUBJECT"))[0].decode(), str(uids[1]), "a literal")
    refused(client, "Command Argument Error. 11", "search", None, "KEYWORD Invented")
    refused(client, "Command Argument Error", "search", None, "NO-SUCH-KEY")


def storing(client, uids):
    def flags(data):
        return {n: set(items["FLAGS"]) - {b"\\Recent"} for n, items in messages(data).items()}

    same(
        flags(ok(client.store("1:2", "+FLAGS", "(\\Answered)"))),
        {1: {b"\\Seen", b"\\Flagged", b"\\Answered"}, 2: {b"\\Seen", b"\\Answered"}},
    )
    same(flags(ok(client.store("1", "-FLAGS", "\\Seen"))), {1: {b"\\Flagged", b"\\Answered"}})
    same(flags(ok(client.uid("STORE", str(uids[0]), "FLAGS", "(\\Seen $MDNSent)"))), {1: {b"\\Seen", b"$MDNSent"}})
    same(ok(client.store("1", "+FLAGS.SILENT", "(\\Flagged)")), [None])
    same(
        flags(ok(client.fetch("1", "(FLAGS)"))),
        {1: {b"\\Seen", b"$MDNSent", b"\\Flagged"}},
    )
    refused(client, "Command Argument Error. 11", "store", "1", "+FLAGS.SILENT", "($Forwarded)")
    same(ok(client.uid("STORE", "4000000000", "+FLAGS", "(\\Seen)")), [None])


def copying(client, uids, wanted):
    ok(client.create("Target"))
    client.select("Witness")
    ok(client.copy("1", "Target"))
    code = client.response("COPYUID")[1][0].decode().split()
    same(code[1], str(uids[0]))
    ok(client.uid("COPY", f"{uids[2]}:{uids[3]}", "Target"))
    code = client.response("COPYUID")[1][0].decode().split()
    same(code[1], f"{uids[2]}:{uids[3]}")
    refused(client, "[TRYCREATE] Nowhere doesn't exist.", "copy", "1", "Nowhere")
    kind, _ = client.uid("MOVE", str(uids[1]), "Target")
    same(kind, "OK")
    moved = client.response("COPYUID")[1][0].decode().split()
    same(moved[1], str(uids[1]))
    same(client.response("EXPUNGE")[1], [b"2"])
    same(ok(client.search(None, "ALL"))[0], b"1 2 3")

    same(ok(client.select("Target", readonly=True)), [b"4"])
    same(client.response("READ-ONLY")[1], [b""])
    same(client.response("PERMANENTFLAGS")[1], [b"()"])
    got = messages(ok(client.fetch("1:4", "(UID FLAGS BODY[])")))
    same([got[n]["BODY[]"] for n in (1, 2, 3, 4)], [wanted[0], wanted[2], wanted[3], wanted[1]])
    same(got[4]["UID"], int(moved[2]))
    assert b"\\Flagged" in got[1]["FLAGS"] and b"$MDNSent" in got[1]["FLAGS"], got[1]["FLAGS"]
    assert b"\\Seen" not in one(ok(client.fetch("2", "(FLAGS)")))["FLAGS"], "seen, though read only"
    kind, _ = client.store("1", "+FLAGS", "(\\Deleted)")
    same(kind, "NO", "STORE in a mailbox that is read only")


def expunging(client, uids):
    ok(client.select("Witness"))
    ok(client.store("1:3", "+FLAGS", "(\\Deleted)"))
    same(client.uid("EXPUNGE", str(uids[2]))[0], "OK")
    same(client.response("EXPUNGE")[1], [b"2"])
    same(ok(client.expunge()), [b"1", b"1"])
    same(ok(client.search(None, "ALL")), [b""])
    ok(client.select("Target"))
    ok(client.store("1", "+FLAGS.SILENT", "(\\Deleted)"))
    ok(client.unselect())
    same(ok(client.select("Target")), [b"4"], "UNSELECT removes nothing")
    ok(client.close())
    same(ok(client.select("Target")), [b"3"], "CLOSE removes what is \\Deleted")
    same(ok(client.check()), [b"CHECK completed."])
    ok(client.close())
    same(raw(client, b"CLOSE"), b"BAD Command received in Invalid state.")


def idling(client, other):
    """Two sessions on one mailbox; one listens."""

    def until(words):
        for _ in range(20):
            line = client.readline().rstrip(b"\r\n")
            if words in line:
                return line
            assert line.startswith(b"* "), line
        raise AssertionError(words)

    same(ok(client.select("Target")), [b"3"])
    same(ok(other.select("Target")), [b"3"])
    tag = client._new_tag()
    client.send(tag + b" IDLE\r\n")
    same(client.readline(), b"+ IDLE accepted, awaiting DONE command.\r\n")
    ok(other.append("Target", None, None, plain(b"while idle")))
    until(b"* 4 EXISTS")
    ok(other.store("4", "+FLAGS", "(\\Flagged)"))
    until(b"* 4 FETCH (FLAGS (\\Flagged")
    ok(other.store("1", "+FLAGS.SILENT", "(\\Deleted)"))
    until(b"* 1 FETCH (FLAGS (")
    ok(other.expunge())
    until(b"* 1 EXPUNGE")
    client.send(b"DONE\r\n")
    same(until(tag), tag + b" OK IDLE completed.")

    # Without IDLE the news come with the next command; the numbers stay right.
    ok(other.store("1", "+FLAGS.SILENT", "(\\Deleted)"))
    ok(other.expunge())
    ok(other.append("Target", None, None, plain(b"last")))
    ok(client.noop())
    same(client.response("EXPUNGE")[1], [b"1"])
    same(client.response("EXISTS")[1][-1], b"3")
    mine = messages(ok(client.fetch("1:*", "(UID)")))
    same(mine, messages(ok(other.fetch("1:*", "(UID)"))))


def passwords(profile):
    client = imaplib.IMAP4_SSL(HOST, PORT, ssl_context=TLS)
    try:
        client.login(USER, "a password")
    except imaplib.IMAP4.error as refusal:
        wanted = b"Basic authentication is disabled." if profile == "tcpproxy" else b"LOGIN failed."
        same(refusal.args[0], wanted)
    else:
        raise AssertionError("a password was taken")
    client.shutdown()


def main():
    profile = sys.argv[1]
    socket.setdefaulttimeout(60)
    token = access_token()
    client, other = imap(token), imap(token)
    before_and_after_signing_in(client, profile)
    folders(client)
    validity, first = selecting(client)
    wanted, uids = appending(client, validity, first)
    fetching(client, wanted, uids)
    searching(client, uids)
    storing(client, uids)
    copying(client, uids, wanted)
    expunging(client, uids)
    idling(client, other)
    for c in (client, other):
        same(c.logout()[0], "BYE")
    passwords(profile)
    print(f"imaplib: the whole command set, {profile}")


if __name__ == "__main__":
    main()
