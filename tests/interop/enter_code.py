#!/usr/bin/python3
"""A person who has been told to enter a code: opens the address, types it, and signs in. Arguments: address and code."""

import os
import sys

from forms import Browser

page = Browser().walk(
    sys.argv[1],
    otc=sys.argv[2],
    loginfmt=os.environ["OUTKIT_USER"],
    passwd=os.environ["OUTKIT_PASSWORD"],
)
assert isinstance(page, str), page
