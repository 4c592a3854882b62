#!/usr/bin/python3
"""An Exim of the tests: Debian's, unpacked, with a configuration of its own, run by whoever runs the tests.

usage: exim.py UNPACKED FOLDER      puts FOLDER/exim there, and where it keeps its mail; root gives both to EXIM_USER

Exim is made to run as the user Debian-exim, whom only its package makes. So this is a copy in which another number stands in
that place.
"""

import os
import pathlib
import subprocess
import sys

NAME = b"Debian-exim\0"
NOBODY = 65534  # user and group


def prepare(unpacked, folder):
    """Returns the program."""
    scripts = pathlib.Path(__file__).parent
    subprocess.run([scripts / "unpack", unpacked, "exim4-daemon-light"], check=True)
    folder = pathlib.Path(folder)
    user = os.geteuid() or NOBODY
    octets = (pathlib.Path(unpacked) / "usr/sbin/exim4").read_bytes()
    assert octets.count(NAME) == 1
    program = folder / "exim"
    program.write_bytes(octets.replace(NAME, str(user).encode().ljust(len(NAME), b"\0")))
    program.chmod(0o755)
    folder.chmod(0o755)
    for name in ("spool", "mail", "log"):
        (folder / name).mkdir()
        if not os.geteuid():
            os.chown(folder / name, NOBODY, NOBODY)
    return program


if __name__ == "__main__":
    print(prepare(*sys.argv[1:]))
