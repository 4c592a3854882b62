#!/usr/bin/env bash
# All that curl can do with a mailbox, against `outkit mock`. Run by signed_in.py.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
imap="imaps://$OUTKIT_IMAP_HOST:$OUTKIT_IMAP_PORT"
die() {
    printf '%s\n' "$1" >&2
    exit 1
}
curl_as() { # token, arguments...
    local token=$1
    shift
    curl --silent --show-error --max-time 60 --cacert "$OUTKIT_CA_FILE" --user "$OUTKIT_USER" --oauth2-bearer "$token" "$@"
}
mailbox() { curl_as "$WITNESS_TOKEN" "$@"; }
command() { # mailbox, command: what the server says to it
    mailbox --request "$2" "$imap/$1"
}
is() { # what it is, what it should be, what was looked at
    [ "$1" = "$2" ] || die "$3: $1 instead of $2"
}
has() { # text, part
    [[ $1 == *"$2"* ]] || die "no $2 in: $1"
}
fails() { # exit code, arguments...
    local code=0 wanted=$1
    shift
    mailbox "$@" >/dev/null 2>&1 || code=$?
    is "$code" "$wanted" "$*"
}

# Folders
folders=$(mailbox "$imap/")
has "$folders" '(\Marked \HasNoChildren) "/" INBOX'
has "$folders" '(\HasNoChildren \Sent) "/" "Sent Items"'
has "$(mailbox --sasl-ir "$imap/")" '"Deleted Items"'
command '' 'CREATE "Curl/Gr&APwA3w-e"' >/dev/null
command '' 'CREATE Curl/Other' >/dev/null
has "$(command '' 'LIST "Curl/" "*"')" '* LIST (\HasNoChildren) "/" Curl/Gr&APwA3w-e'
command '' 'SUBSCRIBE Curl/Other' >/dev/null
has "$(command '' 'LSUB "" "Curl/*"')" 'Curl/Other'
has "$(command '' 'NAMESPACE')" '* NAMESPACE (("" "/")) NIL NIL'
has "$(command '' 'STATUS INBOX (MESSAGES UIDVALIDITY)')" '* STATUS INBOX (MESSAGES 2 UIDVALIDITY '
box='Curl/Gr%26APwA3w-e'

# Appended, and read again to the octet
printf 'From: Alex <alex@contoso.example>\r\nSubject: curl one\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n\r\nfirst part\r\n.\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Gr\xfc\xdfe</p>\r\n--b--\r\n' >"$folder/one"
{
    printf 'From: Alex <alex@contoso.example>\r\nSubject: curl two\r\n\r\n'
    for _ in $(seq 20000); do printf 'a line of many, of which there are twenty thousand\r\n'; done
} >"$folder/two"
for file in one two; do mailbox --upload-file "$folder/$file" "$imap/$box"; done
for n in 1 2; do
    file=$([ $n = 1 ] && echo one || echo two)
    for by in UID MAILINDEX; do
        mailbox "$imap/$box;$by=$n" --output "$folder/back"
        cmp "$folder/$file" "$folder/back" || die "$file by $by is different"
    done
done
is "$(mailbox "$imap/$box;UID=1;SECTION=HEADER.FIELDS%20(SUBJECT)" | tr -d '\r\n')" 'Subject: curl one' 'a field'
is "$(mailbox "$imap/$box;UID=1;SECTION=1")" $'first part\r\n.' 'part 1'
is "$(mailbox "$imap/$box;UID=1;SECTION=2.MIME" | tr -d '\r\n')" 'Content-Type: text/html' 'MIME header of part 2'
has "$(mailbox "$imap/$box;UID=1;SECTION=TEXT")" preamble
is "$(mailbox "$imap/$box;UID=2;PARTIAL=6.15")" 'Alex <alex@cont' 'a partial'
is "$(mailbox "$imap/$box?SUBJECT%20%22CURL%20TWO%22" | tr -d '\r\n')" '* SEARCH 2' 'search'
is "$(mailbox "$imap/$box?SEEN" | tr -d '\r\n')" '* SEARCH 1 2' 'what was read is \Seen'
is "$(mailbox "$imap/$box?DELETED" | tr -d '\r\n')" '* SEARCH' 'nothing'

# Commands
has "$(command "$box" 'FETCH 1:2 (UID FLAGS)')" '* 2 FETCH (UID 2 FLAGS (\Seen'
has "$(command "$box" 'FETCH 1 BODYSTRUCTURE')" '"html" NIL NIL NIL "7bit" 12 0'
has "$(command "$box" 'STORE 1 +FLAGS (\Flagged)')" 'FLAGS (\Seen \Flagged'
command "$box" 'UID COPY 1 Curl/Other' >/dev/null
command "$box" 'UID MOVE 2 Curl/Other' >/dev/null
mailbox "$imap/Curl/Other;UID=2" --output "$folder/back"
cmp "$folder/two" "$folder/back" || die 'the message that was moved is different'
has "$(command Curl/Other 'EXAMINE Curl/Other')" '* 2 EXISTS'
command "$box" 'STORE 1 +FLAGS.SILENT (\Deleted)' >/dev/null
has "$(command "$box" EXPUNGE)" '* 1 EXPUNGE'
has "$(command '' 'STATUS "Curl/Gr&APwA3w-e" (MESSAGES)')" '(MESSAGES 0)'
command '' 'RENAME Curl/Other Curl/New' >/dev/null
command '' 'DELETE "Curl/Gr&APwA3w-e"' >/dev/null
is "$(command '' 'LIST "Curl/" "*"' | tr -d '\r\n')" '* LIST (\HasNoChildren) "/" Curl/New' 'what is left'

# Refusals, by the exit codes of curl(1)
fails 67 "$imap/Nowhere;UID=1"                     # as if the sign-in was refused: no such mailbox
fails 78 "$imap/Curl/New;UID=999"                  # not there
fails 78 "$imap/Curl/New;UIDVALIDITY=999999;UID=1" # another mailbox of that name
fails 21 --request 'NO-SUCH-COMMAND' "$imap/"
fails 21 --request 'STORE 1 +FLAGS ($Forwarded)' "$imap/Curl/New"
fails 25 --upload-file "$folder/one" "$imap/Nowhere"
code=0
curl_as not-a-token "$imap/" >/dev/null 2>&1 || code=$?
is "$code" 67 'a token that is none'
code=0
curl_as "$WITNESS_TOKEN" --cacert /etc/ssl/certs/ca-certificates.crt "$imap/" >/dev/null 2>&1 || code=$?
is "$code" 60 'an authority that is not trusted'
code=0
curl --silent --cacert "$OUTKIT_CA_FILE" --user "$OUTKIT_USER:password" "$imap/" >/dev/null 2>&1 || code=$?
is "$code" 67 'a password'
echo "curl: the whole of its IMAP works against the mock"
