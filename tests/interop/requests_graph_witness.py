#!/usr/bin/python3
"""Python's requests, which has never heard of outkit, with the mailbox of `outkit mock` over Graph: what a mail program
does, from the first page to the last delta. imaplib looks at the same mailbox.

Run by `outkit mock --exec`; its argument is the name of the world.
"""

import base64
import email
import email.policy
import os
import uuid

import requests

from python_witness import USER, access_token, imap, SCOPES

GRAPH = os.environ["OUTKIT_GRAPH"]
V1 = GRAPH + "/v1.0"
PERMISSIONS = " ".join(
    "https://graph.microsoft.com/" + name
    for name in ("User.Read", "Mail.ReadWrite", "Mail.Send")
)

session = requests.Session()
session.verify = os.environ["OUTKIT_CA_FILE"]
session.headers["Authorization"] = "Bearer " + access_token(
    "offline_access " + PERMISSIONS
)


def same(got, wanted, what=""):
    assert got == wanted, f"{what}: {got!r} instead of {wanted!r}"


def call(method, url, status, **more):
    """A call with an id of its own, which the answer must have, too."""
    mark = str(uuid.uuid4())
    headers = {"client-request-id": mark, "return-client-request-id": "true"}
    headers.update(more.pop("headers", {}))
    answer = session.request(
        method, url if url.startswith("https:") else V1 + url, headers=headers, **more
    )
    same(answer.status_code, status, f"{method} {url}: {answer.text[:400]}")
    same(answer.headers["client-request-id"], mark, url)
    assert answer.headers["request-id"], url
    return answer


def pages(url, **more):
    """All values behind a link, and the last page."""
    values = []
    while True:
        page = call("GET", url, 200, **more).json()
        values += page["value"]
        url = page.get("@odata.nextLink")
        if not url:
            return values, page
        assert url.startswith(GRAPH + "/"), url


def recipient(address):
    return {"emailAddress": {"address": address}}


def who_am_i():
    me = call("GET", "/me", 200).json()
    same(me["userPrincipalName"], USER)
    same(call("GET", f"/users/{USER}", 200).json()["id"], me["id"])
    refused = session.get(V1 + "/me", headers={"Authorization": "Bearer eyJ"})
    same(refused.status_code, 401)
    same(refused.json()["error"]["code"], "InvalidAuthenticationToken")


def folders():
    all_folders, _ = pages("/me/mailFolders?$top=2")
    names = {f["displayName"] for f in all_folders}
    assert {"Inbox", "Drafts", "Sent Items", "Deleted Items"} <= names, names
    made = call("POST", "/me/mailFolders", 201, json={"displayName": "Reports"}).json()
    again = call("POST", "/me/mailFolders", 409, json={"displayName": "Reports"})
    same(again.json()["error"]["code"], "ErrorFolderExists")
    child = call(
        "POST",
        f"/me/mailFolders/{made['id']}/childFolders",
        201,
        json={"displayName": "2026"},
    ).json()
    same(child["parentFolderId"], made["id"])
    return made["id"], child["id"]


def drafts(folder):
    """A draft with attachments small and large, sent, and read back by imaplib."""
    draft = call(
        "POST",
        "/me/messages",
        201,
        json={
            "subject": "Zahlen für März",
            "body": {"contentType": "html", "content": "<p>See <b>there</b>.</p>"},
            "toRecipients": [recipient(USER)],
            "importance": "high",
        },
    ).json()
    assert draft["isDraft"], draft
    small, large = b"a,b\n1,2\n", os.urandom(4_000_000)
    call(
        "POST",
        f"/me/messages/{draft['id']}/attachments",
        201,
        json={
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": "numbers.csv",
            "contentType": "text/csv",
            "contentBytes": base64.b64encode(small).decode(),
        },
    )
    upload = call(
        "POST",
        f"/me/messages/{draft['id']}/attachments/createUploadSession",
        201,
        json={
            "AttachmentItem": {
                "attachmentType": "file",
                "name": "large.bin",
                "size": len(large),
            }
        },
    ).json()
    piece = 320 * 1024 * 4
    for at in range(0, len(large), piece):
        part = large[at : at + piece]
        # Nobody's token goes to the upload's address.
        answer = requests.put(
            upload["uploadUrl"],
            data=part,
            headers={
                "Content-Range": f"bytes {at}-{at + len(part) - 1}/{len(large)}",
                "Content-Type": "application/octet-stream",
            },
            verify=session.verify,
        )
        last = at + piece >= len(large)
        same(answer.status_code, 201 if last else 200, answer.text)
    listed, _ = pages(f"/me/messages/{draft['id']}/attachments?$select=name,size")
    same(sorted(a["name"] for a in listed), ["large.bin", "numbers.csv"])
    call("POST", f"/me/messages/{draft['id']}/send", 202)

    received, _ = pages(
        "/me/mailFolders/inbox/messages?$filter=subject%20eq%20'Zahlen für März'"
        "&$select=subject,hasAttachments,isRead,importance,internetMessageId"
    )
    same(len(received), 1)
    same(received[0]["hasAttachments"], True)
    same(received[0]["importance"], "high")
    raw = call("GET", f"/me/messages/{received[0]['id']}/$value", 200).content
    message = email.message_from_bytes(raw, policy=email.policy.default)
    same(message["subject"], "Zahlen für März")
    same(
        {p.get_filename(): p.get_content() for p in message.iter_attachments()}[
            "large.bin"
        ],
        large,
    )
    call("PATCH", f"/me/messages/{received[0]['id']}", 200, json={"isRead": True})
    moved = call(
        "POST",
        f"/me/messages/{received[0]['id']}/move",
        201,
        json={"destinationId": folder},
    ).json()
    gone = call("GET", f"/me/messages/{received[0]['id']}", 404)
    same(gone.json()["error"]["code"], "ErrorItemNotFound")
    with imap(access_token(SCOPES)) as client:
        same(client.select("Reports")[0], "OK")
        kind, found = client.uid("SEARCH", "SEEN")
        same(kind, "OK")
        same(len(found[0].split()), 1)
        fetched = client.uid("FETCH", found[0].decode(), "(BODY.PEEK[])")[1][0][1]
        same(
            email.message_from_bytes(fetched)["message-id"],
            received[0]["internetMessageId"],
        )
    return moved["id"]


def changes(folder, known):
    """Deltas over what IMAP does."""
    url = f"/me/mailFolders/{folder}/messages/delta?$select=subject,isRead"
    values, last = pages(url, headers={"Prefer": "odata.maxpagesize=1"})
    same([v["id"] for v in values], [known])
    with imap(access_token(SCOPES)) as client:
        client.select("Reports")
        client.store("1", "-FLAGS", "\\Seen")
        client.append("Reports", "", None, b"Subject: by IMAP\r\n\r\nx\r\n")
    values, last = pages(last["@odata.deltaLink"])
    same({v["subject"]: v["isRead"] for v in values}["by IMAP"], False)
    same({v["id"]: v["isRead"] for v in values}[known], False)
    call("DELETE", f"/me/messages/{known}", 204)
    values, last = pages(last["@odata.deltaLink"])
    same(
        [(v["id"], v["@removed"]["reason"]) for v in values if "@removed" in v],
        [(known, "deleted")],
    )
    values, _ = pages(last["@odata.deltaLink"])
    same(values, [])


def send_mail():
    """As JSON and as MIME, and the answers to what must not be."""
    message = {
        "subject": "By JSON",
        "body": {"contentType": "Text", "content": "hello"},
        "toRecipients": [recipient(USER)],
    }
    call("POST", "/me/sendMail", 202, json={"message": message, "saveToSentItems": False})
    mime = f"From: {USER}\r\nTo: {USER}\r\nSubject: By MIME\r\n\r\nhello\r\n".encode()
    call(
        "POST",
        "/me/sendMail",
        202,
        data=base64.b64encode(mime),
        headers={"Content-Type": "text/plain"},
    )
    subjects = {
        m["subject"]
        for m in pages("/me/mailFolders/inbox/messages?$select=subject&$top=5")[0]
    }
    assert {"By JSON", "By MIME"} <= subjects, subjects
    sent = {m["subject"] for m in pages("/me/mailFolders/sentitems/messages")[0]}
    assert "By MIME" in sent and "By JSON" not in sent, sent
    call("POST", "/me/sendMail", 400, json={"message": {"subject": "to nobody"}})
    call("POST", "/me/sendMail", 400, data=b"{", headers={"Content-Type": "application/json"})
    for code, url in (
        ("InefficientFilter", "$filter=isRead eq false&$orderby=receivedDateTime desc"),
        ("SearchWithOrderBy", '$search="hello"&$orderby=receivedDateTime desc'),
        ("RequestBroker--ParseUri", "$select=nothing"),
    ):
        answer = call("GET", f"/me/messages?{url}", 400).json()
        same(answer["error"]["code"], code, url)
    hits, _ = pages('/me/messages?$search="subject:JSON"&$select=subject')
    assert any(h["subject"] == "By JSON" for h in hits), hits


def batch():
    answers = call(
        "POST",
        "/$batch",
        200,
        json={
            "requests": [
                {"id": "1", "method": "GET", "url": "/me/mailFolders/inbox"},
                {"id": "2", "method": "GET", "url": "/me/messages/none", "dependsOn": ["1"]},
                {"id": "3", "method": "GET", "url": "/me", "dependsOn": ["2"]},
            ]
        },
    ).json()["responses"]
    by_id = {a["id"]: a for a in answers}
    same(by_id["1"]["body"]["displayName"], "Inbox")
    assert by_id["2"]["status"] in (400, 404), by_id["2"]
    same(by_id["3"]["status"], 424)


who_am_i()
reports, year = folders()
moved_id = drafts(reports)
changes(reports, moved_id)
send_mail()
batch()
call("DELETE", f"/me/mailFolders/{year}", 204)
print("requests: mail over Graph works")
