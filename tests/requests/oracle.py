"""Makes requests as told on standard input (JSON), and prints what comes of them."""

import json
import sys

import requests


def outcome(url, options):
    if isinstance(options.get("cert"), list):
        options["cert"] = tuple(options["cert"])
    try:
        response = requests.get(url, **options)
    except Exception as e:
        return type(e).__name__
    return [response.status_code, response.text, response.url]


print(json.dumps([outcome(url, options) for url, options in json.loads(sys.argv[1])]))
