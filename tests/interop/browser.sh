#!/usr/bin/env bash
# A browser made of curl: opens the address of a sign-in, fills in the forms that come, and follows where they lead, to the
# program that waits at the redirect URI too. Run instead of a real one, as `xdg-open URL`.
#
# OUTKIT_CA_FILE, OUTKIT_USER and OUTKIT_PASSWORD say whom to trust and who signs in. With --stop-at PREFIX an address that
# begins so is printed and not followed.
set -euo pipefail

stop_at=
if [ "${1:-}" = --stop-at ]; then
    stop_at=$2
    shift 2
fi
url=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
page=$folder/page
head=$folder/head

origin() { sed -E 's#^(https?://[^/]+).*#\1#' <<<"$1"; }
unescape() { sed -e 's/&#x3[dD];/=/g; s/&#x2[fF];/\//g; s/&#x2[bB];/+/g; s/&quot;/"/g; s/&#39;/'\''/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'; }
field() { # name: its value on the page
    grep -oE "<input[^>]* name=\"$1\"[^>]*>" "$page" | grep -oE ' value="[^"]*"' | head -n 1 | sed -E 's/^ value="(.*)"$/\1/' | unescape
}
has() { grep -qE "$1" "$page"; }
get() { curl --silent --show-error --cacert "$OUTKIT_CA_FILE" --cookie "$folder/jar" --cookie-jar "$folder/jar" --dump-header "$head" --output "$page" "$@"; }

get "$url"
for _ in $(seq 20); do
    location=$(grep -i '^location:' "$head" | head -n 1 | sed -E 's/^[^:]+: *//; s/\r$//' || true)
    if [ -n "$location" ]; then
        case $location in
            /*) location=$(origin "$url")$location ;;
        esac
        if [ -n "$stop_at" ] && [[ $location == "$stop_at"* ]]; then
            printf '%s\n' "$location"
            exit 0
        fi
        url=$location
        get "$url"
        continue
    fi
    has '<form' || break
    has 'name="flowToken"' || break
    form=(--data-urlencode "flowToken=$(field flowToken)")
    if has ' role="alert"'; then
        break # a form that complains about what was typed
    elif has 'name="passwd"'; then
        form+=(--data-urlencode "loginfmt=$(field loginfmt)" --data-urlencode "passwd=$OUTKIT_PASSWORD" --data step=password)
    elif has 'name="loginfmt"'; then
        form+=(--data-urlencode "loginfmt=$OUTKIT_USER" --data step=email)
    elif has 'name="pick"'; then
        form+=(--data step=another)
    elif has 'value="approve"'; then
        form+=(--data step=approve)
    elif has 'value="accept"'; then
        form+=(--data step=accept)
    else
        break
    fi
    action=$(grep -oE '<form[^>]*>' "$page" | head -n 1 | grep -oE ' action="[^"]*"' | sed -E 's/^ action="(.*)"$/\1/' | unescape)
    case $action in
        /*) action=$(origin "$url")$action ;;
    esac
    url=$action
    get "${form[@]}" "$url"
done

# The program's own page is the good end.
case $url in
    http://localhost:* | http://127.0.0.1:*) exit 0 ;;
esac
grep -oE 'AADSTS[0-9]+[^<]*' "$page" | head -n 1 >&2 || true
exit 1
