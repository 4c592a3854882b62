#!/usr/bin/env bash
# curl, which has never heard of outkit, against `outkit mock`: the whole code flow and Graph over HTTPS, IMAP over TLS, SMTP
# with STARTTLS. Run by `outkit mock --exec`; ends with the number of the first step that failed, or 0.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
step=0
begin() {
    step=$((step + 1))
    printf '%2d. %s\n' "$step" "$1"
}
trap 'exit "$step"' ERR
die() {
    printf '    %s\n' "$1" >&2
    exit "$step"
}

json() { # member: its value in the JSON document on standard input
    /usr/bin/python3 -c 'import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    value = value[int(name) if isinstance(value, list) else name]
print(value if isinstance(value, str) else json.dumps(value))' "$1"
}
https() { curl --silent --show-error --cacert "$OUTKIT_CA_FILE" "$@"; }
encoded() { /usr/bin/python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=""))' "$1"; }
token() { # further form fields: the answer of the token endpoint
    https --data-urlencode "client_id=$OUTKIT_CLIENT_ID" --data-urlencode "client_secret=$OUTKIT_CLIENT_SECRET" "$@" \
        "$OUTKIT_LOGIN/$OUTKIT_AUTHORITY/oauth2/v2.0/token"
}

mail='offline_access openid https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send'
graph='https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.ReadWrite https://graph.microsoft.com/Mail.Send'

begin 'discovery and keys'
document=$(https "$OUTKIT_LOGIN/$OUTKIT_AUTHORITY/v2.0/.well-known/openid-configuration")
[ "$(json token_endpoint <<<"$document")" = "$OUTKIT_LOGIN/$OUTKIT_AUTHORITY/oauth2/v2.0/token" ] || die 'another token endpoint'
https "$(json jwks_uri <<<"$document")" | json keys.0.kid >/dev/null

begin 'sign in and consent; a code comes back'
code() { # scopes: a code for them
    local back
    back=$("$here/browser.sh" --stop-at "$OUTKIT_REDIRECT_URI" "$OUTKIT_LOGIN/$OUTKIT_AUTHORITY/oauth2/v2.0/authorize?client_id=$OUTKIT_CLIENT_ID&response_type=code&redirect_uri=$(encoded "$OUTKIT_REDIRECT_URI")&response_mode=query&state=witness&login_hint=$(encoded "$OUTKIT_USER")&scope=$(encoded "$1")")
    [[ $back == *state=witness* ]] || die "no state in $back"
    sed -E 's/.*[?&]code=([^&]+).*/\1/' <<<"$back"
}
code=$(code "$mail")

begin 'redeem the code'
answer=$(token --data grant_type=authorization_code --data "code=$code" --data-urlencode "redirect_uri=$OUTKIT_REDIRECT_URI" --data-urlencode "scope=$mail")
access=$(json access_token <<<"$answer")
refresh=$(json refresh_token <<<"$answer")
[ "$(json token_type <<<"$answer")" = Bearer ] || die 'no bearer token'

begin 'a code works once'
answer=$(token --data grant_type=authorization_code --data "code=$code" --data-urlencode "redirect_uri=$OUTKIT_REDIRECT_URI")
[ "$(json error <<<"$answer")" = invalid_grant ] || die 'the code was redeemed twice'
[ "$(json error_codes.0 <<<"$answer")" = 54005 ] || die 'not AADSTS54005'

begin 'refresh; the old refresh token stays valid'
for _ in 1 2; do
    answer=$(token --data grant_type=refresh_token --data-urlencode "refresh_token=$refresh" --data-urlencode "scope=$mail")
    access=$(json access_token <<<"$answer")
done

begin 'a wrong secret is refused with AADSTS7000215'
answer=$(https --data client_id="$OUTKIT_CLIENT_ID" --data client_secret=mock-secret-wrong --data grant_type=refresh_token --data-urlencode "refresh_token=$refresh" "$OUTKIT_LOGIN/$OUTKIT_AUTHORITY/oauth2/v2.0/token")
[ "$(json error_codes.0 <<<"$answer")" = 7000215 ] || die 'not AADSTS7000215'

begin 'IMAP over TLS: list folders, read the newest message'
imap="imaps://$OUTKIT_IMAP_HOST:$OUTKIT_IMAP_PORT"
https --user "$OUTKIT_USER" --oauth2-bearer "$access" "$imap/" >"$folder/folders"
grep -q 'INBOX' "$folder/folders" || die 'no INBOX'
grep -q 'Sent' "$folder/folders" || die 'no Sent Items'
https --user "$OUTKIT_USER" --oauth2-bearer "$access" "$imap/INBOX;MAILINDEX=1" >"$folder/first"
grep -qi '^Subject: ' "$folder/first" || die 'no message'

begin 'IMAP refuses a token that is none'
code=0
https --user "$OUTKIT_USER" --oauth2-bearer not-a-token "$imap/" >/dev/null 2>&1 || code=$?
[ "$code" = 67 ] || die "curl ended with $code instead of 67, login denied"

begin 'SMTP with STARTTLS: send a message to the mailbox itself'
subject="curl witness $$"
printf 'From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n\r\n.a line that begins with a dot\r\n' \
    "$OUTKIT_USER" "$OUTKIT_USER" "$subject" >"$folder/message"
https --ssl-reqd --user "$OUTKIT_USER" --oauth2-bearer "$access" --mail-from "$OUTKIT_USER" --mail-rcpt "$OUTKIT_USER" \
    --upload-file "$folder/message" "smtp://$OUTKIT_SMTP_HOST:$OUTKIT_SMTP_PORT/witness.example"

begin 'the message is in the inbox and in Sent Items by IMAP'
for box in INBOX 'Sent%20Items'; do
    https --user "$OUTKIT_USER" --oauth2-bearer "$access" "$imap/$box;MAILINDEX=*" >"$folder/sent"
    grep -q "^Subject: $subject" "$folder/sent" || die "not in $box"
    grep -q '^\.a line that begins with a dot' "$folder/sent" || die 'the dot was lost'
done

begin 'Graph: a token for it, /me, the same message'
code=$(code "openid offline_access $graph")
answer=$(token --data grant_type=authorization_code --data "code=$code" --data-urlencode "redirect_uri=$OUTKIT_REDIRECT_URI" --data-urlencode "scope=$graph")
access=$(json access_token <<<"$answer")
me() { https --oauth2-bearer "$access" "$OUTKIT_GRAPH/v1.0/me$1"; }
[ "$(me '' | json userPrincipalName)" = "$OUTKIT_USER" ] || die 'somebody else'
[ "$(me "/mailFolders/inbox/messages?\$top=1&\$select=subject" | json value.0.subject)" = "$subject" ] || die 'another message'

begin 'Graph: send a message; it arrives'
printf '{"message":{"subject":"%s by Graph","body":{"contentType":"Text","content":"hello"},"toRecipients":[{"emailAddress":{"address":"%s"}}]}}' \
    "$subject" "$OUTKIT_USER" >"$folder/message.json"
status=$(https --oauth2-bearer "$access" --header 'Content-Type: application/json' --data-binary "@$folder/message.json" \
    --output /dev/null --write-out '%{http_code}' "$OUTKIT_GRAPH/v1.0/me/sendMail")
[ "$status" = 202 ] || die "status $status"
[ "$(me "/mailFolders/inbox/messages?\$top=1&\$select=subject" | json value.0.subject)" = "$subject by Graph" ] || die 'not arrived'

begin 'Graph refuses a call without a token'
status=$(https --output "$folder/error" --write-out '%{http_code}' "$OUTKIT_GRAPH/v1.0/me")
[ "$status" = 401 ] || die "status $status"
[ "$(json error.code <"$folder/error")" = InvalidAuthenticationToken ] || die 'another error'
echo "curl: $step steps passed"
