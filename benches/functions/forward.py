"""A Lambda function that forwards a call to a gateway, as one would write it in Python. It checks no token."""

import base64
import os
import urllib.error
import urllib.request

GATEWAY = os.environ["GATEWAY_URL"]
DROPPED = {"host", "content-length", "connection", "cookie"}


def handler(event, _context):
    body = event.get("body") or ""
    body = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    headers = {name: value for name, value in event["headers"].items() if name.lower() not in DROPPED}
    request = urllib.request.Request(GATEWAY, body, headers, method=event["requestContext"]["http"]["method"])
    try:
        with urllib.request.urlopen(request, timeout=25) as response:
            status, kind, text = response.status, response.headers.get("Content-Type"), response.read()
    except urllib.error.HTTPError as error:
        status, kind, text = error.code, error.headers.get("Content-Type"), error.read()
    return {"statusCode": status, "headers": {"content-type": kind}, "body": text.decode()}
