#!/usr/bin/env bash
# The examples as their readers run them, against `outkit mock`: sign in, send, read. Run by `outkit mock --exec`, with a world
# in which the application APP_ONLY_ID may read mail by itself. Argument: the folder of the programs.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
programs=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ln -s "$here/browser.sh" "$folder/xdg-open"
PATH=$folder:$PATH
die() {
    printf '%s\n' "$1" >&2
    exit 1
}
# Runs an example, which must say what is expected; the rest of the arguments is the command.
expect() {
    local part=$1 said
    shift
    said=$("$@" 2>"$folder/errors") || die "$* failed: $(cat "$folder/errors")"
    [[ $said == *"$part"* ]] || die "$* said: $said"
    printf '%s\n' "$said"
}
# The same for one that must fail with 1 and say so.
refuse() {
    local part=$1 code=0
    shift
    "$@" >"$folder/out" 2>"$folder/errors" </dev/null || code=$?
    [ "$code" = 1 ] || die "$* ended with $code"
    grep -qF -- "$part" "$folder/errors" || die "$* said: $(cat "$folder/errors")"
}

expect "signed in: $OUTKIT_USER" "$programs/sign_in" imap "$folder/mail"
expect 'can be renewed' "$programs/sign_in" api "$folder/graph"
for file in mail graph; do
    [ "$(stat --format %a "$folder/$file")" = 600 ] || die "others can read the token"
done

export OUTKIT_ACCESS_TOKEN_FILE=$folder/mail
expect '250 2.0.0 OK' "$programs/smtp_send" "$OUTKIT_USER" 'Mit Grüßen' <<<'Grüße'
expect 'Mit Grüßen' "$programs/imap_newest"
expect $'1\tSent Items' "$programs/imap_coroutine"
OUTKIT_ACCESS_TOKEN_FILE=$folder/graph expect $'\tMit Grüßen' "$programs/graph_list" 1
AUTHORITY=$OUTKIT_AUTHORITY
export OUTKIT_AUTHORITY=woodgrove.example
OUTKIT_CLIENT_ID=$APP_ONLY_ID OUTKIT_CLIENT_SECRET=$APP_ONLY_SECRET expect 'messages in the Inbox' "$programs/app_only"
refuse 'ErrorAccessDenied' "$programs/app_only"
export OUTKIT_AUTHORITY=$AUTHORITY
mkfifo "$folder/news"
timeout 60 "$programs/imap_watch" 1 >"$folder/news" &
watcher=$!
exec 3<"$folder/news"
read -r said <&3
[ "$said" = watching ] || die "imap_watch said: $said"
expect '250 2.0.0 OK' "$programs/smtp_send" "$OUTKIT_USER" 'News' <<<'News'
read -r said <&3
[[ $said == 'there are '*' messages now' ]] || die "imap_watch said: $said"
wait "$watcher" || die "imap_watch ended with $?"

printf 'From: %s\nMessage-ID: <%s@example.com>\n\nFrom a file.\n' "$OUTKIT_USER" one >"$folder/one"
expect "$folder/one: filed as " "$programs/smtp_outbox" "$OUTKIT_USER" "$folder/one" "$folder/one"
refuse "$folder/none cannot be read" "$programs/smtp_outbox" "$OUTKIT_USER" "$folder/none"
OUTKIT_ACCESS_TOKEN_FILE=$folder/graph refuse '5.7.3 Authentication unsuccessful' "$programs/smtp_outbox" "$OUTKIT_USER" "$folder/one"

OUTKIT_ACCESS_TOKEN_FILE=$folder/graph refuse 'AUTHENTICATE failed.' "$programs/imap_newest"
OUTKIT_ACCESS_TOKEN_FILE=$folder/none refuse 'has no token' "$programs/imap_coroutine"
OUTKIT_CA_FILE=$folder/none refuse "$folder/none" "$programs/imap_newest"
SSL_CERT_FILE=/dev/null OUTKIT_CA_FILE='' refuse 'certificate' "$programs/imap_newest"
OUTKIT_IMAP_PORT=1 refuse 'refused' "$programs/imap_newest"
refuse 'usage: smtp_send' "$programs/smtp_send"
refuse 'a@b@c' "$programs/smtp_send" 'a@b@c' subject
echo 'the examples work'
