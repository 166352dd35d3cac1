"""A small S3 store for what a real one cannot be made to do: be overloaded, slow or cut short,
redirect, ignore conditions, live in another region or at another time. It checks no signatures;
radosgw does that."""

import email.utils
import hashlib
import re
import ssl
import time
import urllib.parse
from xml.sax.saxutils import escape

from .http_service import HttpService, Reply


def error(status, code, headers=None, **elements):
    """An S3 error: its code and further elements, such as Message="…"."""
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements.items())
    return Reply(status, f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
                         f"{inner}</Error>", headers)


def skewed(seconds):
    """The refusal of a store whose clock is so far ahead of ours."""
    body = "<Error><Code>RequestTimeTooSkewed</Code></Error>"
    date = email.utils.formatdate(time.time() + seconds, usegmt=True)
    return Reply(403, raw=f"HTTP/1.1 403 Forbidden\r\nDate: {date}\r\n"
                          f"Content-Length: {len(body)}\r\n\r\n{body}".encode())


class S3Server(HttpService):
    """Path style, one bucket. `conditional` is whether it honours If-Match and If-None-Match;
    `new_etags`, whether each write gives an ETag of its own, as with encryption by SSE-KMS, or the
    content's digest. A list has pages of `page` objects.

    `faults`, a list, is used up first: each entry is a Reply, or a function from a request to a
    Reply or None. `fault` is the same for every request; `denied` are permissions refused by
    policy, as "s3:PutObject KEY" or "s3:ListBucket". `certificate` makes it speak TLS.
    """

    def __init__(self, address, bucket="seeds", region="here", conditional=False, certificate=None):
        super().__init__(address)
        self.bucket = bucket
        self.region = region
        self.conditional = conditional
        self.new_etags = False
        self.page = 1000
        self.certificate = certificate
        self.objects = {}
        self.faults = []
        self.fault = None
        self.denied = set()

    @property
    def url(self):
        return super().url.replace("http:", "https:") if self.certificate else super().url

    def start(self):
        super().start()
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def answer(self, request):
        fault = self.faults.pop(0) if self.faults else self.fault
        reply = fault(request) if callable(fault) else fault
        return reply or self._judge(request)

    def _judge(self, request):
        region = re.search(r"Credential=[^/]+/\d+/([^/]+)/s3/aws4_request",
                           request.headers.get("Authorization", ""))
        if not region:
            return error(403, "AccessDenied")
        if region.group(1) != self.region:
            return error(400, "AuthorizationHeaderMalformed", Region=self.region)
        path, _, query = request.path.partition("?")
        bucket, _, key = urllib.parse.unquote(path).lstrip("/").partition("/")
        if bucket != self.bucket:
            return error(404, "NoSuchBucket")
        if not key:
            return self._list(urllib.parse.parse_qs(query))
        permission = {"GET": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}
        if f"{permission[request.method]} {key}" in self.denied:
            return error(403, "AccessDenied", Message="Access Denied")
        return getattr(self, "_" + request.method.lower())(key, request)

    def _list(self, query):
        if "s3:ListBucket" in self.denied:
            return error(403, "AccessDenied")
        after = query.get("continuation-token", ["+/="])[0].removesuffix("+/=")
        keys = sorted(key for key in self.objects if key.startswith(query["prefix"][0])
                      and key > after)
        found = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>"
            f"{time.strftime('%Y-%m-%dT%H:%M:%S.000Z', time.gmtime(self.objects[key][1]))}"
            f"</LastModified></Contents>" for key in keys[:self.page])
        if len(keys) > self.page:
            # With letters that a URL must not have as they are.
            found += f"<NextContinuationToken>{keys[self.page - 1]}+/=</NextContinuationToken>"
        return Reply(200, f"<ListBucketResult>{found}</ListBucketResult>")

    def _get(self, key, _request):
        if key not in self.objects:
            return error(404, "NoSuchKey")
        body, modified = self.objects[key]
        return Reply(200, body, {"ETag": self._etag(key), "Last-Modified": email.utils.formatdate(
            modified, usegmt=True)})

    def _put(self, key, request):
        if self.conditional:
            current = self._etag(key) if key in self.objects else None
            expected = request.headers.get("If-Match")
            if (expected and expected != current) or \
                    (request.headers.get("If-None-Match") == "*" and current):
                return error(412, "PreconditionFailed")
        self.objects[key] = (request.body, time.time())
        return Reply(200, headers={"ETag": self._etag(key)})

    def _delete(self, key, _request):
        self.objects.pop(key, None)
        return Reply(204)

    def _etag(self, key):
        body, modified = self.objects[key]
        version = body + repr(modified).encode() if self.new_etags else body
        return f'"{hashlib.md5(version).hexdigest()}"'
