#!/usr/bin/python3
"""Signs in at `outkit mock` and runs a program with the access token in WITNESS_TOKEN.

usage: outkit mock --exec -- signed_in.py COMMAND...
"""

import os
import sys

from python_witness import access_token

os.environ["WITNESS_TOKEN"] = access_token()
os.execvp(sys.argv[1], sys.argv[1:])
