#!/usr/bin/env python3
"""An SMTP server that counts how often it is waited for: a turn begins with octets that come after it has said something.

usage: smtp_turns.py      prints its port; when its standard input ends, the number of turns
"""
import socket
import sys
import threading

turns = 0


def serve(peer):
    global turns
    peer.sendall(b'220 turns.test ESMTP\r\n')
    received, in_data, waited, quitting = b'', False, True, False
    while not quitting:
        more = peer.recv(65536)
        if not more:
            break
        turns += waited
        received += more
        answers = b''
        while True:
            if in_data:
                end = received.find(b'\r\n.\r\n')
                if end < 0:
                    break
                received, in_data = received[end + 5:], False
                answers += b'250 kept\r\n'
                continue
            line, found, rest = received.partition(b'\r\n')
            if not found:
                break
            received = rest
            verb = line[:4].upper()
            if verb == b'DATA':
                received, in_data = b'\r\n' + received, True
                answers += b'354 go on\r\n'
            elif verb == b'EHLO':
                answers += b'250-turns.test\r\n250-8BITMIME\r\n250-SIZE 100000000\r\n250 PIPELINING\r\n'
            elif verb == b'QUIT':
                answers += b'221 bye\r\n'
                quitting = True
            else:
                answers += b'250 ok\r\n'
        waited = bool(answers)
        peer.sendall(answers)
    peer.close()


def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def main():
    listener = socket.create_server(('127.0.0.1', 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    sys.stdin.read()
    print(turns)


main()
