#!/usr/bin/env bash
# Presses "Sign in with Microsoft" on the page of `outkit connect --mock` for each application, as a browser would, and waits
# until both accounts are connected. Argument: the page's address. Environment: see browser.sh.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
page=$1
die() {
    printf '%s\n' "$1" >&2
    exit 1
}
status() { curl --silent --output /dev/null --write-out '%{http_code}' "$@"; }

html=$(curl --silent --fail "$page/")
key=$(grep -oE 'name="key" value="[0-9a-f]+"' <<<"$html" | head -n 1 | sed -E 's/.*value="([^"]+)"/\1/')
[ "$(grep -c 'Sign in with Microsoft' <<<"$html")" = 2 ] || die 'not two buttons'
curl --silent --dump-header - --output /dev/null "$page/" | grep -qi "^content-security-policy: default-src 'none'" || die 'no policy'

[ "$(status --header 'Host: evil.example' "$page/")" = 421 ] || die 'a foreign host name was answered'
[ "$(status --data application=0 "$page/sign-in")" = 403 ] || die 'a form without the key was taken'
[ "$(status --data "key=$key&application=0" --header 'Origin: https://evil.example' "$page/sign-in")" = 403 ] || die "another site's form was taken"
[ "$(status --data "key=$key&application=0" --header 'Origin: null' "$page/sign-in")" = 403 ] || die "a form from nowhere was taken"
[ "$(status "$page/sign-in?key=$key&application=0")" = 405 ] || die 'a link began a sign-in'
[ "$(status --data "key=$key&application=7" "$page/sign-in")" = 400 ] || die 'there is no such application'
[ "$(status "$page/oauth?code=x&state=y")" = 400 ] || die 'an answer nobody waits for was taken'

for application in 0 1; do
    there=$(curl --silent --output /dev/null --write-out '%{redirect_url}' --data "key=$key&application=$application" "$page/sign-in")
    [[ $there == https://localhost:* ]] || die "sent to $there"
    "$here/browser.sh" "$there"
done
for _ in $(seq 300); do
    accounts=$(curl --silent --fail "$page/accounts")
    [ "$(grep -o '"state":"connected"' <<<"$accounts" | wc -l)" = 2 ] && break
    grep -q 'Error"' <<<"$accounts" && die "$accounts"
    read -rt 0.1 <> <(:) || true
done
[ "$(grep -o '"state":"connected"' <<<"$accounts" | wc -l)" = 2 ] || die "$accounts"
curl --silent --fail "$page/" | grep -q 'connected' || die 'the page does not say so'
printf '%s\n' "$accounts"
