#!/usr/bin/python3
"""What Python's email package makes of the messages of a folder, as JSON on standard output, one object a message."""

import email
import email.header
import json
import pathlib
import sys


def is_leaf(part):
    """Reports are read as lists of headers, too; here they are text."""
    return not part.is_multipart() or part.get_content_type() in (
        "message/delivery-status",
        "message/disposition-notification",
    )


def tree(part):
    kind = part.get_content_type()
    if is_leaf(part):
        return kind
    return kind + "(" + ",".join(tree(child) for child in part.get_payload()) + ")"


def leaves(part):
    if is_leaf(part):
        yield part
    else:
        for child in part.get_payload():
            yield from leaves(child)


def texts(message):
    """Text parts in the order of the message, decoded, with LF as line end; None where the charset is not as it is named."""
    found = []
    for leaf in leaves(message):
        if leaf.get_content_maintype() != "text":
            continue
        octets = leaf.get_payload(decode=True) or b""
        try:
            text = octets.decode(leaf.get_content_charset() or "utf-8")
        except (LookupError, UnicodeDecodeError):
            text = None
        found.append(text and text.replace("\r\n", "\n"))
    return found


def decoded(text):
    return str(email.header.make_header(email.header.decode_header(text)))


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.eml")):
    message = email.message_from_bytes(path.read_bytes())
    print(
        json.dumps(
            {
                "name": path.stem,
                "tree": tree(message),
                "subject": decoded(message.get("Subject", "")),
                "texts": texts(message),
                "files": [decoded(p.get_filename()) for p in message.walk() if p.get_filename()],
            }
        )
    )
