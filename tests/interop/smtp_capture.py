#!/usr/bin/python3
"""An SMTP server of the tests that keeps what it is sent, to the byte.

usage: smtp_capture.py PORT_FILE FOLDER

Listens on a free port of 127.0.0.1 and writes its number to PORT_FILE. For each message FOLDER gets N.envelope (the
MAIL and RCPT lines) and N.data (the octets between DATA and the end, that line included, as they came).
"""
import os
import socket
import sys
import threading

count = 0
lock = threading.Lock()


def keep(folder, envelope, data):
    global count
    with lock:
        number = count
        count += 1
    path = os.path.join(folder, str(number))
    with open(path + '.envelope', 'wb') as out:
        out.write(envelope)
    with open(path + '.part', 'wb') as out:
        out.write(data)
    os.rename(path + '.part', path + '.data')


def serve(peer, folder):
    received = b''

    def until(end):
        nonlocal received
        while end not in received:
            more = peer.recv(65536)
            if not more:
                raise EOFError
            received += more
        at = received.index(end) + len(end)
        piece, received = received[:at], received[at:]
        return piece

    peer.sendall(b'220 capture.test ESMTP\r\n')
    envelope = b''
    try:
        while True:
            line = until(b'\r\n')
            verb = line.split(b' ')[0].strip().upper()
            if verb == b'EHLO':
                peer.sendall(b'250-capture.test\r\n250-8BITMIME\r\n250-SIZE 100000000\r\n250-DSN\r\n'
                             b'250-ENHANCEDSTATUSCODES\r\n250 PIPELINING\r\n')
            elif verb == b'RCPT' and b'<nobody@' in line:
                peer.sendall(b'550 5.1.1 there is no such user\r\n')
            elif verb in (b'MAIL', b'RCPT'):
                envelope += line
                peer.sendall(b'250 2.1.0 ok\r\n')
            elif verb == b'DATA':
                peer.sendall(b'354 go ahead\r\n')
                received = b'\r\n' + received
                data = until(b'\r\n.\r\n')[2:]
                keep(folder, envelope, data)
                envelope = b''
                peer.sendall(b'250 2.0.0 kept\r\n')
            elif verb == b'QUIT':
                peer.sendall(b'221 2.0.0 bye\r\n')
                break
            elif verb in (b'RSET', b'NOOP', b'HELO'):
                envelope = b''
                peer.sendall(b'250 2.0.0 ok\r\n')
            else:
                peer.sendall(b'502 5.5.1 no\r\n')
    except (EOFError, OSError):
        pass
    peer.close()


def main():
    port_file, folder = sys.argv[1:]
    listener = socket.create_server(('127.0.0.1', 0))
    with open(port_file + '.part', 'w', encoding='ascii') as out:
        out.write(str(listener.getsockname()[1]))
    os.rename(port_file + '.part', port_file)
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=serve, args=(peer, folder), daemon=True).start()


main()
