"""S3 as a test looks into it: a client of our own, signing by AWS's document rather than by the code
under test (docs.aws.amazon.com, "Signature Version 4 signing process")."""

import datetime
import hashlib
import hmac
import http.client
import json
import urllib.parse


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class S3Client:
    """Path style, one bucket; unsuccessful answers raise RuntimeError."""

    def __init__(self, address, port, access_key, secret_key, bucket, region="default"):
        self._server = (address, port)
        self._keys = (access_key, secret_key)
        self._bucket = bucket
        self._region = region

    def create_bucket(self):
        self._ask("PUT", "")

    def get(self, key):
        """The object's text; None if there is none."""
        return self._ask("GET", key, missing=None)

    def put(self, key, text):
        self._ask("PUT", key, text)

    def delete(self, key):
        self._ask("DELETE", key)

    def entries(self, key="scrimplb"):
        """The seeds of a document, as objects."""
        return json.loads(self.get(key) or '{"seeds": []}')["seeds"]

    def seeds(self, key="scrimplb"):
        """The same as ADDRESS:PORT, as the original's backends read them."""
        return [f"{entry['address']}:{entry['port']}" for entry in self.entries(key)]

    def _ask(self, method, key, body="", missing="raise"):
        path = f"/{self._bucket}" + ("/" + urllib.parse.quote(key, safe="/-._~") if key else "")
        headers = self._signed(method, path, body.encode())
        connection = http.client.HTTPConnection(*self._server, timeout=30)
        try:
            connection.request(method, path, body.encode(), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status == 404 and missing != "raise":
            return missing
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text}")
        return text

    def _signed(self, method, path, body):
        access_key, secret_key = self._keys
        time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{time[:8]}/{self._region}/s3/aws4_request"
        headers = {"host": "%s:%d" % self._server,
                   "x-amz-content-sha256": hashlib.sha256(body).hexdigest(), "x-amz-date": time}
        names = ";".join(sorted(headers))
        canonical = "\n".join([method, path, ""] + [f"{n}:{headers[n]}" for n in sorted(headers)] +
                              ["", names, headers["x-amz-content-sha256"]])
        to_sign = "\n".join(["AWS4-HMAC-SHA256", time, scope,
                             hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + secret_key).encode()
        for part in scope.split("/"):
            key = _hmac(key, part)
        signature = _hmac(key, to_sign).hex()
        headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, "
                                    f"SignedHeaders={names}, Signature={signature}")
        return headers
