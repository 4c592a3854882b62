#!/usr/bin/python3
"""Microsoft's own library, MSAL for Python as Debian has it, against `outkit mock`.

Client credentials by secret and by certificate, the device code flow, the code flow, and what becomes of the tokens: MSAL's
cache, its silent renewal, another resource by the same refresh token, Graph and IMAP. Run by `outkit mock --exec`; ends with
0 when everything was as it should be. MSAL is told not to ask Microsoft whether the authority is one of theirs.
"""

import imaplib
import json
import os
import urllib.request
import warnings

import msal

from forms import TLS, Browser

warnings.filterwarnings("ignore", "Attempted too soon")  # a poll before the code is entered, on purpose

LOGIN = os.environ["OUTKIT_LOGIN"]
TENANT = os.environ["WITNESS_TENANT"]
USER = os.environ["OUTKIT_USER"]
PASSWORD = os.environ["OUTKIT_PASSWORD"]
MAIL = [
    "https://outlook.office.com/IMAP.AccessAsUser.All",
    "https://outlook.office.com/SMTP.Send",
]


def application(kind, client_id, authority=TENANT, **more):
    return kind(
        client_id,
        authority=f"{LOGIN}/{authority}",
        instance_discovery=False,
        **more,
    )


def granted(answer):
    assert "error" not in answer, answer
    assert answer["token_type"] == "Bearer", answer
    return answer["access_token"]


def graph(token, path):
    request = urllib.request.Request(
        os.environ["OUTKIT_GRAPH"] + path, headers={"Authorization": "Bearer " + token}
    )
    with urllib.request.urlopen(request, context=TLS) as answer:
        return json.load(answer)


def imap(token):
    client = imaplib.IMAP4_SSL(
        os.environ["OUTKIT_IMAP_HOST"],
        int(os.environ["OUTKIT_IMAP_PORT"]),
        ssl_context=TLS,
    )
    said = f"user={USER}\x01auth=Bearer {token}\x01\x01".encode()
    client.authenticate("XOAUTH2", lambda challenge: said)
    assert client.select("INBOX", readonly=True)[0] == "OK"
    client.logout()


def client_credentials():
    confidential = msal.ConfidentialClientApplication
    everything = ["https://graph.microsoft.com/.default"]
    with open(os.environ["WITNESS_KEY"], encoding="ascii") as file:
        key = file.read()
    with open(os.environ["WITNESS_CERTIFICATE"], encoding="ascii") as file:
        certificate = file.read()
    credentials = {
        "secret": os.environ["WITNESS_SECRET"],
        "certificate": {
            "private_key": key,
            "thumbprint": os.environ["WITNESS_THUMBPRINT"],
        },
        "certificate with its chain": {
            "private_key": key,
            "thumbprint": os.environ["WITNESS_THUMBPRINT"],
            "public_certificate": certificate,
        },
    }
    for name, credential in credentials.items():
        app = application(
            confidential, os.environ["WITNESS_SERVICE"], client_credential=credential
        )
        token = granted(app.acquire_token_for_client(everything))
        assert graph(token, f"/v1.0/users/{USER}/messages?$top=1")["value"]
        kept = app.acquire_token_silent(everything, account=None)
        assert kept["access_token"] == token
        print(f"client credentials by {name}: a token that Graph takes")

    app = application(
        confidential, os.environ["WITNESS_SERVICE"], client_credential="mock-secret-wrong"
    )
    refusal = app.acquire_token_for_client(everything)
    assert refusal["error"] == "invalid_client", refusal
    assert refusal["error_codes"] == [7000215], refusal
    assert refusal["error_description"].startswith("AADSTS7000215: "), refusal
    for member in ("timestamp", "trace_id", "correlation_id"):
        assert refusal[member], refusal


def renewed(app, answer):
    """What MSAL makes of a sign-in: an account, and tokens without a person.

    Returns its answer for another resource by the same refresh token.
    """
    claims = answer["id_token_claims"]
    assert claims["preferred_username"] == USER, claims
    (account,) = app.get_accounts()
    assert account["username"] == USER, account
    assert account["home_account_id"] == f"{claims['oid']}.{claims['tid']}", account
    fresh = app.acquire_token_silent_with_error(MAIL, account, force_refresh=True)
    imap(granted(fresh))
    return app.acquire_token_silent_with_error(
        ["https://graph.microsoft.com/User.Read"], account
    )


def device_code():
    app = application(msal.PublicClientApplication, os.environ["WITNESS_TERMINAL"])
    flow = app.initiate_device_flow(MAIL)
    assert "user_code" in flow, flow
    assert flow["user_code"] in flow["message"], flow
    early = app.acquire_token_by_device_flow(flow, exit_condition=lambda flow: True)
    assert early["error"] == "authorization_pending", early
    page = Browser().walk(
        flow["verification_uri"],
        otc=flow["user_code"],
        loginfmt=USER,
        passwd=PASSWORD,
    )
    assert isinstance(page, str), page
    answer = app.acquire_token_by_device_flow(flow, exit_condition=lambda flow: True)
    imap(granted(answer))
    other = granted(renewed(app, answer))
    assert graph(other, "/v1.0/me")["userPrincipalName"] == USER
    again = app.acquire_token_by_device_flow(flow, exit_condition=lambda flow: True)
    assert "error" in again, "a device code was redeemed twice"
    print("device code: a token that IMAP takes, renewed, and one for Graph")


def code():
    app = application(
        msal.ConfidentialClientApplication,
        os.environ["OUTKIT_CLIENT_ID"],
        os.environ["OUTKIT_AUTHORITY"],
        client_credential=os.environ["OUTKIT_CLIENT_SECRET"],
    )
    redirect_uri = os.environ["OUTKIT_REDIRECT_URI"]
    # MSAL adds state, nonce and PKCE, and looks at them again.
    flow = app.initiate_auth_code_flow(
        MAIL, redirect_uri=redirect_uri, login_hint=USER, prompt="login"
    )
    back = Browser(redirect_uri).walk(flow["auth_uri"], loginfmt=USER, passwd=PASSWORD)
    answer = app.acquire_token_by_auth_code_flow(flow, back)
    imap(granted(answer))
    other = renewed(app, answer)  # nobody has consented to User.Read
    assert other["error"] == "invalid_grant", other
    assert other["classification"] == "consent_required", other
    again = app.acquire_token_by_auth_code_flow(flow, back)
    assert again["error"] == "invalid_grant", again
    print("code: a token that IMAP takes, renewed; none without consent; once")


client_credentials()
device_code()
code()
print(f"MSAL {msal.__version__} works against the mock")
