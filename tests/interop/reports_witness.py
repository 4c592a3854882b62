#!/usr/bin/python3
"""Whether a report of `outkit check` is the same as JSON, as JUnit XML and as a page: by Python's jsonschema, its XML
parser and its HTML parser.

usage: reports_witness.py SCHEMA JSON XML HTML
"""

import html.parser
import json
import sys
import xml.etree.ElementTree

import jsonschema

schema, report, junit, page = (open(name).read() for name in sys.argv[1:])
report = json.loads(report)
jsonschema.Draft202012Validator(json.loads(schema)).validate(report)

suite = xml.etree.ElementTree.fromstring(junit).find("testsuite")
cases = suite.findall("testcase")
steps = report["steps"]
assert [c.get("name") for c in cases] == [s["id"] for s in steps], junit
for result, attribute, element in (
    ("failed", "failures", "failure"),
    ("skipped", "skipped", "skipped"),
):
    known = [s["id"] for s in steps if s["result"] == result]
    assert int(suite.get(attribute)) == len(known), junit
    assert [c.get("name") for c in cases if c.find(element) is not None] == known
assert int(suite.get("tests")) == len(steps)
for case, step in zip(cases, steps):
    if step["result"] == "failed":
        assert step["problem"] in case.find("failure").get("message")
        assert case.find("failure").get("type") == step["findings"][0]["id"]


class Page(html.parser.HTMLParser):
    """Its text, and its elements, which must all be closed."""

    def __init__(self):
        super().__init__()
        self.open, self.names, self.text = [], set(), ""

    def handle_starttag(self, tag, attributes):
        self.names.add(tag)
        assert not any(
            name.startswith("on") or name in ("src", "href", "style")
            for name, _ in attributes
        ), (tag, attributes)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data


shown = Page()
shown.feed(page)
assert not shown.open, shown.open
assert not shown.names & {"script", "img", "link", "iframe", "form"}, shown.names
assert report["verdict"] in shown.text
for step in steps:
    assert step["title"] in shown.text and step["problem"] in shown.text, step
print("one report in three forms")
