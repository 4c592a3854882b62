#!/usr/bin/python3
"""All that Python's smtplib can do, against `outkit mock`.

Run by `outkit mock --exec`; its argument says what world that is: `open`, or `closed`, where authenticated SMTP is switched
off for the organisation.
"""

import re
import smtplib
import ssl
import sys

from forms import TLS
from imaplib_witness import same
from letters import BODY, HOST, IMAP_ONLY, PORT, Mailboxes, letter
from python_witness import USER, access_token, xoauth2

BOB, CAROL = "bob@woodgrove.example", "carol@fabrikam.example"
DISABLED = b"SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled"


def connect():
    client = smtplib.SMTP(HOST, PORT, "[127.0.0.1]", timeout=60)
    same(client.ehlo()[0], 250)
    assert client.has_extn("STARTTLS") and not client.has_extn("AUTH")
    same(client.starttls(context=TLS)[0], 220)
    same(client.ehlo()[0], 250)
    assert not client.has_extn("STARTTLS")
    return client


def sign_in(client, token, initial_response=True, user=USER):
    return client.auth(
        "XOAUTH2", lambda challenge=None: xoauth2(token, user), initial_response_ok=initial_response
    )


def refused(wanted, code, words, function, *arguments, **more):
    """The function must raise this exception, for a reply with this code and these words."""
    try:
        result = function(*arguments, **more)
    except wanted as refusal:
        assert refusal.smtp_code == code and words in refusal.smtp_error, refusal
    else:
        raise AssertionError((function, arguments, result))


def says(answer, code, words=b""):
    assert answer[0] == code and words in answer[1], answer


def without_tls():
    client = smtplib.SMTP(HOST, PORT, timeout=60)
    client.ehlo()
    says(client.docmd("AUTH", "XOAUTH2"), 504, b"5.7.4 Unrecognized authentication type")
    says(client.mail(USER), 451, b"5.7.3 STARTTLS is required to send mail")
    client.close()
    try:
        smtplib.SMTP_SSL(HOST, PORT, timeout=60, context=TLS)
    except ssl.SSLError:
        pass
    else:
        raise AssertionError("TLS from the first byte")
    stranger = smtplib.SMTP(HOST, PORT, timeout=60)
    try:
        stranger.starttls(context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    except ssl.SSLCertVerificationError:
        pass
    else:
        raise AssertionError("nobody is trusted, but the mock is")


def what_is_offered(client):
    for name, parameters in (
        ("size", "157286400"),
        ("pipelining", ""),
        ("dsn", ""),
        ("enhancedstatuscodes", ""),
        ("8bitmime", ""),
        ("binarymime", ""),
        ("chunking", ""),
        ("smtputf8", ""),
    ):
        same(client.esmtp_features[name], parameters, name)
    same(client.esmtp_features["auth"].split(), ["LOGIN", "XOAUTH2"])


def signing_in(token):
    for initial_response in (True, False):
        client = connect()
        what_is_offered(client)
        says(sign_in(client, token, initial_response), 235, b"2.7.0 Authentication successful")
        says(client.docmd("AUTH", "XOAUTH2"), 503)
        client.quit()

    client = connect()
    refused(
        smtplib.SMTPSenderRefused, 530, b"5.7.57 Client not authenticated", client.sendmail, USER, [BOB], letter(0, BOB)
    )
    refused(smtplib.SMTPAuthenticationError, 535, b"basic authentication is disabled", client.login, USER, "a password")
    client.close()
    client = connect()
    says(client.docmd("AUTH", "XOAUTH2"), 334)
    says(client.docmd("*"), 535)
    client.close()
    client = connect()
    says(client.docmd("AUTH", "XOAUTH2 bm90IGl0"), 501, b"5.5.124 Invalid XOAUTH2 auth data")
    client.close()
    for bad, user in (("not-a-token", USER), (token[:-8] + "AAAAAAAA", USER), (token, BOB), (token, "nobody@x.example")):
        client = connect()
        refused(
            smtplib.SMTPAuthenticationError, 535, b"5.7.3 Authentication unsuccessful", sign_in, client, bad, user=user
        )
        client.close()


def sending(client, boxes):
    number = 0

    def one(recipients, body=BODY, more="", mail_options=(), rcpt_options=()):
        nonlocal number
        number += 1
        raw = letter(number, recipients[0], body, more)
        same(client.sendmail(USER, recipients, raw, mail_options, rcpt_options), {})
        boxes.got(raw, *recipients)

    one([USER])
    one([BOB, CAROL, USER])
    one([BOB], mail_options=["BODY=8BITMIME", "SMTPUTF8"])
    one([BOB], mail_options=["RET=HDRS", "ENVID=own+2B1"], rcpt_options=["NOTIFY=NEVER", f"ORCPT=rfc822;{BOB}"])
    one([CAROL], b"")
    one([BOB], b"\r\n\r\n.\r\n")
    one([BOB], BODY * 200)
    one([USER], more=f"Bcc: {BOB}\r\n")

    # The reply names the message that was filed.
    says(client.mail(USER), 250, b"2.1.0 Sender OK")
    says(client.rcpt(BOB), 250, b"2.1.5 Recipient OK")
    raw = letter("named", BOB)
    code, words = client.data(raw)
    named = re.fullmatch(rb"2\.0\.0 OK (<[^ >]+>) \[Hostname=[^ \]]+\]", words)
    assert code == 250 and named, words
    boxes.got(raw, BOB, filed_as=named[1].decode())

    # In chunks (RFC 3030)
    raw = letter("chunks", BOB)
    says(client.mail(USER, ["BODY=8BITMIME"]), 250)
    says(client.rcpt(BOB), 250)
    for at in range(0, len(raw), 700):
        piece = raw[at : at + 700]
        last = " LAST" if at + 700 >= len(raw) else ""
        client.send(f"BDAT {len(piece)}{last}\r\n".encode() + piece)
        says(client.getreply(), 250)
    boxes.got(raw, BOB)

    # Everything at once (RFC 2920)
    raw = letter("pipelined", BOB)
    client.send(f"MAIL FROM:<{USER}>\r\nRCPT TO:<{BOB}>\r\nRCPT TO:<{CAROL}>\r\nDATA\r\n".encode())
    same([client.getreply()[0] for _ in range(4)], [250, 250, 250, 354])
    client.send(raw.replace(b"\r\n.", b"\r\n..") + b".\r\n" + f"MAIL FROM:<{USER}>\r\nRSET\r\nNOOP\r\n".encode())
    same([client.getreply()[0] for _ in range(4)], [250, 250, 250, 250])
    boxes.got(raw, BOB, CAROL)


def refusing(client, boxes):
    def a_message(raw=letter("refused", BOB), recipients=(BOB,), sender=USER, options=()):
        return client.sendmail(sender, recipients, raw, options)

    refused(smtplib.SMTPSenderRefused, 550, b"5.1.7 Invalid address", a_message, sender="no address")
    refused(smtplib.SMTPSenderRefused, 501, b"5.5.4 Invalid arguments", a_message, options=["INVENTED=1"])
    says(client.mail(USER, ["SIZE=157286401"]), 552, b"5.3.4 Message size exceeds fixed maximum message size")
    says(client.mail(USER, ["SIZE=1", "SIZE=1"]), 501)
    refused(smtplib.SMTPDataError, 550, b"5.7.60 SMTP; Client does not have permissions", a_message, sender=BOB)
    other = letter("refused", BOB, sender=CAROL)
    refused(smtplib.SMTPDataError, 554, b"5.2.252 SendAsDenied", a_message, other)
    no_from = b"Subject: x\r\n\r\nx\r\n"
    refused(smtplib.SMTPDataError, 550, b"5.7.512 Access denied", a_message, no_from)
    try:
        client.sendmail(USER, ["one two", "<@>"], letter("refused", BOB))
    except smtplib.SMTPRecipientsRefused as refusal:
        same({code for code, _ in refusal.recipients.values()}, {550})
    else:
        raise AssertionError("recipients that are none")
    boxes.nothing()

    # Four are one too many here; those before it get the letter.
    some = letter("some", BOB)
    left = client.sendmail(USER, [BOB, CAROL, USER, "dora@woodgrove.example"], some)
    same({r: code for r, (code, _) in left.items()}, {"dora@woodgrove.example": 452})
    boxes.got(some, BOB, CAROL, USER)

    says(client.rcpt(BOB), 503)
    says(client.docmd("DATA"), 503)
    says(client.mail(USER), 250)
    says(client.docmd("DATA"), 503)
    says(client.mail(USER), 503)
    says(client.rset(), 250, b"2.0.0 Resetting")
    says(client.noop(), 250)
    says(client.docmd("INVENTED"), 500, b"5.3.3 Unrecognized command 'INVENTED'")
    says(client.quit(), 221, b"2.0.0 Service closing transmission channel")
    boxes.nothing()


def smuggling(token, boxes):
    """What looks like the end of a message to some servers is refused, and nothing after it is carried out."""
    for end in (b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\n.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n\0.\r\n"):
        client = connect()
        sign_in(client, token)
        client.mail(USER)
        client.rcpt(BOB)
        says(client.docmd("DATA"), 354)
        hidden = f"MAIL FROM:<{USER}>\r\nRCPT TO:<{CAROL}>\r\nDATA\r\n".encode() + letter("hidden", CAROL, b"x\r\n")
        raw = letter("cover", BOB, b"seen\r\n") + b"seen" + end + hidden
        client.send(raw + b"\r\n.\r\n")
        code, words = client.getreply()
        if b"\0" in end:
            same(code, 250, words)
            boxes.got(raw.replace(b"\r\n.", b"\r\n") + b"\r\n", BOB)
        else:
            assert code == 550 and b"5.6.11" in words, (end, code, words)
        says(client.noop(), 250)
        client.quit()
    boxes.nothing()


def closed(token, boxes):
    for initial_response in (True, False):
        client = connect()
        refused(
            smtplib.SMTPAuthenticationError,
            535,
            b"5.7.139 Authentication unsuccessful, " + DISABLED,
            sign_in,
            client,
            token,
            initial_response,
        )
        refused(
            smtplib.SMTPSenderRefused,
            530,
            b"5.7.57 Client not authenticated to send mail. Error: 535 5.7.139 Authentication unsuccessful, " + DISABLED,
            client.sendmail,
            USER,
            [BOB],
            letter(0, BOB),
        )
        client.close()
    # Who is not this mailbox's owner does not learn of the switch.
    client = connect()
    refused(
        smtplib.SMTPAuthenticationError, 535, b"5.7.3 Authentication unsuccessful [", sign_in, client, "not-a-token"
    )
    client.close()
    boxes.nothing()


def main():
    world = sys.argv[1]
    narrow = access_token(IMAP_ONLY)  # before anything else is consented to
    client = connect()
    refused(smtplib.SMTPAuthenticationError, 535, b"5.7.3 Authentication unsuccessful", sign_in, client, narrow)
    client.close()
    boxes = Mailboxes(BOB, CAROL)
    if world == "closed":
        closed(boxes.token, boxes)
    else:
        without_tls()
        signing_in(boxes.token)
        client = connect()
        sign_in(client, boxes.token)
        sending(client, boxes)
        refusing(client, boxes)
        smuggling(boxes.token, boxes)
    boxes.close()
    print(f"smtplib: all of it, {world}")


if __name__ == "__main__":
    main()
