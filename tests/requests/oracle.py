"""Makes the requests that the command line describes (JSON), and prints the outcomes."""

import json
import re
import sys

import requests


def outcome(url, options):
    method = options.pop("method", "GET")
    show = options.pop("show", [])
    if isinstance(options.get("cert"), list):
        options["cert"] = tuple(options["cert"])
    if isinstance(options.get("data"), int):
        options["data"] = b"x" * options["data"]
    options.setdefault("headers", {}).setdefault("User-Agent", "test")
    head = options.pop("head", False)
    try:
        if head:
            response = requests.head(url, **options)
        else:
            response = requests.request(method, url, **options)
    except UnicodeDecodeError:
        return "ValueError"
    except Exception as e:
        return type(e).__name__
    # pyssl joins the lines of a folded header with a space.
    headers = [response.headers.get(name) for name in show]
    headers = [value and re.sub(r"\r\n?[ \t]+", " ", value).strip() for value in headers]
    return [response.status_code, response.text, response.url, headers]


print(json.dumps([outcome(url, options) for url, options in json.loads(sys.argv[1])]))
