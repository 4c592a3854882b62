#!/usr/bin/python3
"""Whether a JSON document is what a schema says, by Python's jsonschema.

usage: schema_witness.py SCHEMA DOCUMENT
"""

import json
import sys

import jsonschema

with open(sys.argv[1]) as schema, open(sys.argv[2]) as document:
    wanted = json.load(schema)
    jsonschema.Draft202012Validator.check_schema(wanted)
    jsonschema.Draft202012Validator(wanted).validate(json.load(document))
print("as the schema says")
