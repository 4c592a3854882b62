#!/usr/bin/env bash
# `outkit login`, list, send, fetch and watch as people use them, over either base scope, against `outkit mock`. Run by
# `outkit mock --exec`. Arguments: the program, the base scope, a folder of its own.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
outkit=$1
scope=$2
folder=$3
ln -s "$here/browser.sh" "$folder/xdg-open"
PATH=$folder:$PATH
export OUTKIT_TOKEN_STORE=$folder/tokens
die() {
    printf '%s\n' "$1" >&2
    exit 1
}
mail() {
    local command=$1
    shift
    "$outkit" "$command" --config "$OUTKIT_CONFIG" --base-scope "$scope" "$@"
}
# The id of the newest message with this subject.
id_of() {
    mail list --format json "${@:2}" | python3 -c 'import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if m["subject"] == sys.argv[1]:
        print(m["id"])
        break
else:
    sys.exit("no message " + sys.argv[1])' "$1"
}
# A command that must fail with this code and say this.
refuse() {
    local code=$1 part=$2 got=0
    shift 2
    "$@" >"$folder/out" 2>"$folder/errors" </dev/null || got=$?
    [ "$got" = "$code" ] || die "$* ended with $got: $(cat "$folder/errors")"
    grep -qF -- "$part" "$folder/errors" || die "$* said: $(cat "$folder/errors")"
}

refuse 1 'run: outkit login' mail list
mail login >/dev/null
mail list --folders >"$folder/folders"
grep -qx 'Sent Items' "$folder/folders" || die "folders: $(cat "$folder/folders")"

# One that arrives is told while it is waited for.
mail watch --every 1 --count 1 >"$folder/watched" 2>"$folder/watching" &
watcher=$!
until grep -q waiting "$folder/watching"; do
    kill -0 "$watcher" || die "watch ended: $(cat "$folder/watching")"
    read -rt 0.1 <> <(:) || true
done
head -c 100000 /dev/urandom >"$folder/data.bin"
printf 'Hello,\n.\n..two\n\nGrüße' | mail send --to "$OUTKIT_USER" --subject 'Grüße: 1' --attach "$folder/data.bin" >"$folder/sent"
grep -q '^sent' "$folder/sent" || die "send said: $(cat "$folder/sent")"
wait "$watcher" || die "watch failed: $(cat "$folder/watching")"
grep -q 'Grüße: 1' "$folder/watched" || die "watch said: $(cat "$folder/watched")"

# As people read it, and to the octet.
id=$(id_of 'Grüße: 1')
mail list | grep -F 'Grüße: 1' | grep -q 'N @' || die "list said: $(mail list)"
mail fetch "$id" >"$folder/shown"
grep -q '^Subject: Grüße: 1$' "$folder/shown" || die "fetch said: $(cat "$folder/shown")"
grep -qx 'Grüße' "$folder/shown" || die "fetch said: $(cat "$folder/shown")"
grep -qx '\.\.two' "$folder/shown" || die "fetch said: $(cat "$folder/shown")"
grep -q 'data.bin, application/octet-stream, 100000 octets' "$folder/shown" || die "fetch said: $(cat "$folder/shown")"
mail fetch "$id" --raw >"$folder/raw"
mail fetch "$id" --mark-read --output "$folder/file" | grep -q octets
cmp "$folder/raw" "$folder/file"
[ "$(stat --format %a "$folder/file")" = 600 ] || die 'others can read the message'
python3 - "$folder/raw" "$folder/data.bin" <<'PYTHON'
import email, email.policy, sys
message = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
[part] = message.iter_attachments()
assert part.get_content() == open(sys.argv[2], 'rb').read()
PYTHON
if mail list --unread --format json | grep -q '"Gr.*: 1"'; then
    die 'it is not marked as read'
fi
id_of 'Grüße: 1' --folder 'Sent Items' >/dev/null

# A whole message, as git send-email has it; nobody sees Bcc.
printf 'From: %s\nTo: %s\nBcc: %s\nSubject: whole\n\nBody\n' "$OUTKIT_USER" "$OUTKIT_USER" "$OUTKIT_USER" |
    mail send --raw >/dev/null
mail fetch "$(id_of whole)" --raw >"$folder/raw"
if grep -qi '^bcc' "$folder/raw"; then
    die 'Bcc can be seen'
fi

# The same from a large file, which over SMTP is never all in memory, with line ends of either kind.
for ends in crlf lf; do
    python3 - "$folder/large" "$OUTKIT_USER" "$ends" <<'PYTHON'
import sys
_, name, user, ends = sys.argv
head = [f'From: {user}', f'To: {user}', f'Bcc: {user}', f'Subject: large {ends}', '']
body = [f'.{n} ' + 'x' * (n % 70) for n in range(60000)]
with open(name, 'wb') as out:
    out.write(('\r\n' if ends == 'crlf' else '\n').join(head + body).encode())
PYTHON
    mail send --raw <"$folder/large" >/dev/null
    mail fetch "$(id_of "large $ends")" --raw >"$folder/raw"
    python3 - "$folder/raw" "$folder/large" <<'PYTHON'
import sys
got, sent = (open(name, 'rb').read().replace(b'\r\n', b'\n') for name in sys.argv[1:])
head, body = got.split(b'\n\n', 1)
assert b'\nbcc' not in head.lower(), head
assert body.rstrip(b'\n') == sent.split(b'\n\n', 1)[1]
PYTHON
done

# What cannot be is said before anything is sent.
refuse 2 'to whom?' mail send
refuse 2 'no message' mail send --raw
refuse 1 'folder nowhere' mail list --folder nowhere
printf 'everyday mail over %s works\n' "$scope"
