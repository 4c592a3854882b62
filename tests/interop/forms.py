"""The browser of the Python witnesses. It knows nothing of a page but its forms."""

import http.cookiejar
import os
import ssl
import urllib.parse
import urllib.request
from html.parser import HTMLParser

TLS = ssl.create_default_context(cafile=os.environ["OUTKIT_CA_FILE"])


class Form(HTMLParser):
    """The first form of a page: where it goes, its inputs, and its buttons."""

    def __init__(self, page):
        super().__init__()
        self.action = None
        self.inputs = {}
        self.to_be_typed = set()
        self.buttons = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = named["action"]
        elif tag == "input" and named.get("type") != "checkbox":
            self.inputs[named["name"]] = named.get("value", "")
            if named.get("type") != "hidden":
                self.to_be_typed.add(named["name"])
        elif tag == "button" and "name" in named:
            self.buttons.append((named["name"], named["value"]))


class Back(Exception):
    """The browser was sent back to the program."""


class Browser:
    def __init__(self, redirect_uri="http://localhost"):
        class StopAtRedirectUri(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, req, fp, code, msg, headers, newurl):
                if newurl.startswith(redirect_uri):
                    raise Back(newurl)
                return super().redirect_request(req, fp, code, msg, headers, newurl)

        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=TLS),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            StopAtRedirectUri(),
        )

    def walk(self, url, **typed):
        """Fills in what each form asks for and presses its first button.

        Returns the parameters that came back to the redirect URI, or the last page, which has no form.
        """
        body = None
        try:
            for _ in range(12):
                with self.opener.open(url, body) as answer:
                    page = answer.read().decode()
                    form = Form(page)
                    if form.action is None:
                        return page
                    url = urllib.parse.urljoin(answer.url, form.action)
                fields = dict(form.inputs)
                for name in form.to_be_typed:
                    fields[name] = typed[name]
                name, value = form.buttons[0]
                fields[name] = value
                body = urllib.parse.urlencode(fields).encode()
        except Back as back:
            query = urllib.parse.urlsplit(str(back)).query
            return dict(urllib.parse.parse_qsl(query))
        raise AssertionError("the sign-in did not come to an end: " + page)
