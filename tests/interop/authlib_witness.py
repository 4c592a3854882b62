#!/usr/bin/python3
"""Authlib, an OpenID Connect client that is not Microsoft's, against `outkit mock`: discovery, code with PKCE, and the ID
token verified with the keys that the authority publishes. Run by `outkit mock --exec`; ends with 0 when everything was as
it should be.
"""

import json
import os
import urllib.request

import authlib
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError
from authlib.oidc.core import CodeIDToken

from forms import TLS, Browser

CLIENT_ID = os.environ["OUTKIT_CLIENT_ID"]
REDIRECT_URI = os.environ["OUTKIT_REDIRECT_URI"]
USER = os.environ["OUTKIT_USER"]


def document(url):
    with urllib.request.urlopen(url, context=TLS) as answer:
        assert answer.headers.get_content_type() == "application/json"
        return json.load(answer)


def verified(id_token, keys, issuer, nonce):
    claims = JsonWebToken(["RS256"]).decode(
        id_token,
        key=JsonWebKey.import_key_set(keys),
        claims_cls=CodeIDToken,
        claims_options={
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": CLIENT_ID},
            "exp": {"essential": True},
            "sub": {"essential": True},
        },
        claims_params={"nonce": nonce, "client_id": CLIENT_ID},
    )
    claims.validate()
    return claims


def main():
    authority = f"{os.environ['OUTKIT_LOGIN']}/{os.environ['WITNESS_TENANT']}"
    metadata = document(f"{authority}/v2.0/.well-known/openid-configuration")
    keys = document(metadata["jwks_uri"])
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    print(f"discovery: issuer {metadata['issuer']}, {len(keys['keys'])} keys")

    for method in ("client_secret_post", "client_secret_basic"):
        assert method in metadata["token_endpoint_auth_methods_supported"]
        session = OAuth2Session(
            CLIENT_ID,
            os.environ["OUTKIT_CLIENT_SECRET"],
            token_endpoint_auth_method=method,
            scope="openid profile email offline_access https://graph.microsoft.com/User.Read",
            redirect_uri=REDIRECT_URI,
            code_challenge_method="S256",
        )
        verifier, nonce = generate_token(48), generate_token()
        url, state = session.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        back = Browser(REDIRECT_URI).walk(
            url, loginfmt=USER, passwd=os.environ["OUTKIT_PASSWORD"]
        )
        assert back["state"] == state, back
        answer = session.fetch_token(
            metadata["token_endpoint"], code=back["code"], code_verifier=verifier
        )
        claims = verified(answer["id_token"], keys, metadata["issuer"], nonce)
        assert claims["preferred_username"] == USER, claims
        me = session.get(os.environ["OUTKIT_GRAPH"] + "/v1.0/me")
        assert me.json()["userPrincipalName"] == USER, me.text
        print(f"code and PKCE with {method}: an ID token for {claims['name']}, verified")

        # One flipped bit in the signature, another nonce, another issuer: each is noticed, so the checks do check.
        head, payload, signature = answer["id_token"].split(".")
        other = ("B" if signature[0] == "A" else "A") + signature[1:]
        for token, issuer, expected in (
            (f"{head}.{payload}.{other}", metadata["issuer"], nonce),
            (answer["id_token"], metadata["issuer"], "another nonce"),
            (answer["id_token"], "https://issuer.test", nonce),
        ):
            try:
                verified(token, keys, issuer, expected)
            except JoseError:
                continue
            raise AssertionError("Authlib took an ID token that is not ours")

        renewed = session.refresh_token(metadata["token_endpoint"])
        assert renewed["access_token"] != answer["access_token"]
        verified(renewed["id_token"], keys, metadata["issuer"], None)

        try:
            session.fetch_token(
                metadata["token_endpoint"], code=back["code"], code_verifier=verifier
            )
        except OAuthError as refusal:
            assert refusal.error == "invalid_grant", refusal
        else:
            raise AssertionError("a code was redeemed twice")

    print(f"Authlib {authlib.__version__} works against the mock")


main()
