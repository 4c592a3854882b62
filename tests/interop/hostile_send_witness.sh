#!/usr/bin/env bash
# What `outkit send` refuses before it says anything to a server. Run by `outkit mock --exec`. Arguments: the program, a folder
# of its own.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
outkit=$1
folder=$2
ln -s "$here/browser.sh" "$folder/xdg-open"
PATH=$folder:$PATH
export OUTKIT_TOKEN_STORE=$folder/tokens
die() {
    printf '%s\n' "$1" >&2
    exit 1
}
# Must end with 2, which means that nothing was tried, and say this.
refuse() {
    local part=$1 got=0
    shift
    "$outkit" send --config "$OUTKIT_CONFIG" "$@" >"$folder/out" 2>"$folder/errors" </dev/null || got=$?
    [ "$got" = 2 ] || die "send $* ended with $got: $(cat "$folder/out" "$folder/errors")"
    grep -qF -- "$part" "$folder/errors" || die "send $* said: $(cat "$folder/errors")"
}
"$outkit" login --config "$OUTKIT_CONFIG" >/dev/null

long=$(printf 'x%.0s' $(seq 65))
for address in $'a@b.test\r\nRCPT TO:<x@y.test>' $'"a\r\nb"@b.test' $'"a\nDATA"@b.test' 'a@b.test> SIZE=1' 'a@b.test NOTIFY=NEVER' \
    '<a@b.test>>' 'a b@c.test' '"a@evil.test x"@good.test' '' ' ' "$long@b.test" "a@$(printf 'x.%.0s' $(seq 130))test" \
    $'a\x01@b.test' $'a@b\x7f.test' 'a@exämple.test' $'a@b.test\xe2\x80\xa8'; do
    for option in --to --from; do
        refuse "$option" --to a@b.test --cc a@b.test --bcc a@b.test --from "$OUTKIT_USER" "$option" "$address"
    done
done
mkfifo "$folder/fifo"
truncate -s 10G "$folder/huge"
refuse 'it is no file' --to a@b.test --attach "$folder/fifo"
refuse 'it is no file' --to a@b.test --attach "$folder"
refuse 'it is no file' --to a@b.test --attach /dev/zero
refuse 'No such file' --to a@b.test --attach "$folder/none"
refuse '150 MB' --to a@b.test --attach "$folder/huge"

# A file that changes: what counts is how long it was when the program opened it, before it asks for the text.
send_while() { # changes the file with the command behind the first argument, the subject
    local subject=$1 pid
    shift
    head -c 50000 /dev/urandom >"$folder/data"
    cp "$folder/data" "$folder/was"
    mkfifo "$folder/text"
    "$outkit" send --config "$OUTKIT_CONFIG" --to "$OUTKIT_USER" --subject "$subject" --attach "$folder/data" \
        <"$folder/text" >"$folder/out" 2>"$folder/errors" &
    pid=$!
    exec 9>"$folder/text"
    until find "/proc/$pid/fd" -lname "$folder/data" 2>/dev/null | grep -q .; do
        kill -0 "$pid" || die "send ended: $(cat "$folder/errors")"
        read -rt 0.05 <> <(:) || true
    done
    "$@"
    printf 'text\n' >&9
    exec 9>&-
    rm "$folder/text"
    wait "$pid"
}
send_while grown sh -c "cat '$folder/was' >>'$folder/data'" || die "send said: $(cat "$folder/errors")"
id=$("$outkit" list --config "$OUTKIT_CONFIG" --format json | grep -F '"grown"' | grep -oE '"id":"[0-9]+"' | grep -oE '[0-9]+')
"$outkit" fetch --config "$OUTKIT_CONFIG" "$id" --raw >"$folder/raw"
python3 - "$folder/raw" "$folder/was" <<'PYTHON'
import email, email.policy, sys
message = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
[part] = message.iter_attachments()
assert part.get_content() == open(sys.argv[2], 'rb').read()
PYTHON
if send_while shrunk truncate -s 100 "$folder/data"; then
    die 'half a file was sent'
fi
if "$outkit" list --config "$OUTKIT_CONFIG" --folder 'Sent Items' --format json | grep -qF '"shrunk"'; then
    die 'half a file was sent'
fi
printf 'nothing hostile was sent\n'
