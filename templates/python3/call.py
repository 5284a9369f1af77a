"""What a handler is given, and how what it returns becomes an answer: the shapes of OpenFaaS's python3-http template."""

import json
import os
import sys
import traceback
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

TEXT = "text/plain; charset=utf-8"
ANSWER_KEYS = {"statusCode", "body", "headers"}


class Event:
    """One call: body (bytes), text, json(), headers (any case), method, query, path."""

    def __init__(self, request, body):
        url = urlsplit(request.path)
        self.body = body
        self.headers = request.headers
        self.method = request.command
        self.path = url.path
        # A name that comes twice holds a list.
        pairs = parse_qs(url.query, keep_blank_values=True)
        self.query = {name: values[0] if len(values) == 1 else values for name, values in pairs.items()}

    @property
    def text(self):
        return self.body.decode("utf-8", errors="replace")

    def json(self):
        return json.loads(self.body)


class Context:
    """What a call can use beside its event."""

    def __init__(self, headers):
        self.call_id = headers.get("X-Call-Id", "")
        self.hostname = os.environ.get("HOSTNAME", "localhost")
        self.function_name = os.environ.get("OPENFAAS_NAME", "")
        self.namespace = os.environ.get("OPENFAAS_NAMESPACE", "")

    def secret(self, name):
        """The text of a secret that stack.yaml lists for the function."""
        if os.path.basename(name) != name:
            raise ValueError(f'"{name}" is no name of a secret.')
        folder = os.environ.get("secrets_path") or "/var/openfaas/secrets"
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()


def encode(value):
    """(status, headers, body) of what a handler returned; the body is bytes or an iterator of pieces."""
    status, headers = 200, {}
    if isinstance(value, dict) and value and value.keys() <= ANSWER_KEYS:
        status = int(value.get("statusCode", 200))
        headers = checked(dict(value.get("headers") or {}))
        value = value.get("body")
    kind, body = encode_body(value)
    if kind and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    return status, headers, body


def checked(headers):
    """A line break in a header would let whoever chose its value write headers of their own."""
    for name, value in headers.items():
        if any(character in f"{name}{value}" for character in "\r\n"):
            raise ValueError(f"The header {name!r} holds a line break.")
    return headers


def encode_body(value):
    if value is None:
        return None, b""
    if isinstance(value, str):
        return TEXT, value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "application/octet-stream", bytes(value)
    if isinstance(value, Iterator):
        return "application/octet-stream", value
    return "application/json", json.dumps(value).encode()


def failure(error):
    """500 with the message; the traceback goes to the log."""
    traceback.print_exception(error, file=sys.stderr)
    return 500, {"Content-Type": TEXT}, f"{error or type(error).__name__}\n".encode()
