"""Makes the requests of a table with Python's `requests`, and prints what comes of them."""

import io
import json
import os
import re
import ssl
import sys

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth
from urllib3.util.retry import Retry

requests.utils.default_user_agent = lambda name="": "test"


class Adapter(HTTPAdapter):
    def __init__(self, options):
        self.pool = {name: options[name] for name in ("assert_hostname", "assert_fingerprint") if name in options}
        if "ssl_context" in options:
            settings = options["ssl_context"]
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            if "ciphers" in settings:
                context.set_ciphers(settings["ciphers"])
            if "maximum_version" in settings:
                context.maximum_version = ssl.TLSVersion[settings["maximum_version"]]
            if "minimum_version" in settings:
                context.minimum_version = ssl.TLSVersion[settings["minimum_version"]]
            if "cert" in settings:
                context.load_cert_chain(settings["cert"])
            if "check_hostname" in settings:
                context.check_hostname = settings["check_hostname"]
            if "cafile" in settings:
                context.load_verify_locations(settings["cafile"])
            self.pool["ssl_context"] = context
        retries = options.get("max_retries", 0)
        if isinstance(retries, dict):
            retries = Retry(**retries)
        super().__init__(max_retries=retries)

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs, **self.pool)

    def proxy_manager_for(self, proxy, **kwargs):
        return super().proxy_manager_for(proxy, **kwargs, **self.pool)


class Pipe(io.BytesIO):
    """A file without a position."""

    def fileno(self):
        raise io.UnsupportedOperation

    def tell(self):
        raise OSError

    seek = None


def bearer(token):
    def add(request):
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return add


def arguments(options):
    options = dict(options)
    if isinstance(options.get("cert"), list):
        options["cert"] = tuple(options["cert"])
    if "auth" in options:
        options["auth"] = tuple(options["auth"])
    if "digest" in options:
        options["auth"] = HTTPDigestAuth(*options.pop("digest"))
    if "bearer" in options:
        options["auth"] = bearer(options.pop("bearer"))
    if "file" in options:
        options["data"] = io.BytesIO(b"some text" * options.pop("file"))
        options["data"].seek(options.pop("at", 0))
    if "hook" in options:
        options["hooks"] = {"response": hook(options.pop("hook"))}
    if "swap" in options:
        options["hooks"] = {"response": swap(*options.pop("swap"))}
    if "auth_bytes" in options:
        options["auth"] = tuple(part.encode() for part in options.pop("auth_bytes"))
    if "pipe" in options:
        options["data"] = Pipe(b"some text" * options.pop("pipe"))
    if "generator" in options:
        options["data"] = (b"some text" for _ in range(options.pop("generator")))
    if "form" in options:
        options["data"] = [tuple(pair) for pair in options.pop("form")]
    if isinstance(options.get("params"), list):
        options["params"] = [tuple(pair) for pair in options["params"]]
    if "files" in options:
        options["files"] = [(name, tuple(part)) for name, part in options["files"]]
    return options


HOOKED = []


def hook(name):
    def record(response, *args, **kwargs):
        HOOKED.append(f"{name} {response.status_code}")

    return record


def swap(status, url):
    def other(response, *args, **kwargs):
        HOOKED.append(f"swap {response.status_code}")
        if response.status_code == status:
            return session_of_swap().get(url, allow_redirects=False)

    return other


def session_of_swap():
    session = requests.Session()
    session.headers = requests.structures.CaseInsensitiveDict({"X-Side": "python"})
    return session


SEND = ("verify", "cert", "proxies", "allow_redirects")


def more(response):
    following = response.next
    return [
        response.reason,
        response.encoding,
        [response.is_redirect, response.is_permanent_redirect],
        following and [following.method, following.url],
        response.cookies.items(),
        response.links,
        [response.request.method, response.request.url],
    ]


def step(session, step):
    options = arguments(step.get("options", {}))
    method = step.get("method", "GET")
    HOOKED.clear()
    try:
        if "stream" in step:
            with session.request(method, step["url"], stream=True, **options) as response:
                body = b"".join(response.iter_content(step["stream"]))
                return [response.status_code, body.decode("latin1")]
        if step.get("prepared"):
            send = {name: options.pop(name) for name in SEND if name in options}
            prepared = session.prepare_request(requests.Request(method, step["url"], **options))
            prepared.headers["X-Mine"] = str(len(prepared.body or b""))
            response = session.send(prepared, **send)
        else:
            response = session.request(method, step["url"], **options)
        if "json" in step:
            try:
                return response.json()
            except requests.exceptions.InvalidJSONError:
                return "InvalidJSONError"
        if "lines" in step:
            return [line.decode("utf-8", "replace") for line in response.iter_lines()]
        if "follow" in step:
            while response.next:
                response = session.send(response.next, allow_redirects=False)
        if "raise" in step:
            try:
                response.raise_for_status()
            except requests.HTTPError as e:
                return [type(e).__name__, str(e)]
        return [
            response.status_code,
            response.text,
            response.url,
            [hop.status_code for hop in response.history],
            session.cookies.items(),
            more(response),
            list(HOOKED),
        ]
    except Exception as e:
        return type(e).__name__


def scene(scene):
    session = requests.Session()
    if scene.get("defaults"):
        session.headers.update({"X-Side": "python", "Accept-Encoding": "gzip, deflate"})
    else:
        session.headers = requests.structures.CaseInsensitiveDict({"X-Side": "python"})
    session.trust_env = scene.get("trust_env", True)
    options = scene.get("session", {})
    session.headers.update(options.get("headers", {}))
    for name in ("verify", "proxies"):
        if name in options:
            setattr(session, name, options[name])
    if "hook" in options:
        session.hooks["response"].append(hook(options["hook"]))
    if {"auth", "digest", "bearer"} & options.keys():
        session.auth = arguments(options)["auth"]
    if "cert" in options:
        session.cert = arguments(options)["cert"]
    if "params" in options:
        session.params = dict(options["params"])
    for prefix, adapter in scene.get("mount", {}).items():
        session.mount(prefix, Adapter(adapter))
    return [step(session, one) for one in scene["steps"]]


print(json.dumps([scene(one) for one in json.load(sys.stdin)]))
