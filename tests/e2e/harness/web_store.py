"""A web server that keeps one seeds document, with or without versions (ETag)."""

import hashlib
import json

from .http_service import HttpService, Reply


class WebStore(HttpService):
    """`etags`: "strong", "weak" or None; only a strong one is held against If-Match. `token`, if
    set, is demanded as a bearer's. `writable` is whether PUT is accepted; without `has_folder` it
    is refused as WebDAV does where the document's folder is missing. `intruder`, if set, is called
    before a PUT is looked at: it may have been faster."""

    PATH = "/seeds.json"

    def __init__(self, address, etags="strong", token=None, writable=True):
        super().__init__(address)
        self.document = None
        self.etags = etags
        self.token = token
        self.writable = writable
        self.has_folder = True
        self.intruder = None
        self.reply = None

    @property
    def document_url(self):
        return self.url + self.PATH

    @property
    def entries(self):
        """The seeds it holds, as objects."""
        return json.loads(self.document)["seeds"] if self.document else []

    @property
    def seeds(self):
        """As ADDRESS:PORT."""
        return [f"{entry['address']}:{entry['port']}" for entry in self.entries]

    def count(self, method):
        return sum(request.method == method for request in self.requests)

    def serve(self, request):
        if request.method == "PUT" and self.intruder:
            intruder, self.intruder = self.intruder, None
            intruder()
        return super().serve(request)

    def answer(self, request):
        if self.reply:
            return self.reply
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return Reply(401)
        if request.path != self.PATH:
            return Reply(404)
        return self._put(request) if request.method == "PUT" else self._get()

    def _get(self):
        if self.document is None:
            return Reply(404)
        return Reply(200, self.document, {"Content-Type": "application/json", **self._version()})

    def _put(self, request):
        if not self.writable:
            return Reply(405)
        if not self.has_folder:
            return Reply(409)
        if self.etags == "strong":
            current = self._version().get("ETag")
            expected = request.headers.get("If-Match")
            if (expected and expected != current) or \
                    (request.headers.get("If-None-Match") == "*" and current):
                return Reply(412)
        created = self.document is None
        self.document = request.body.decode()
        return Reply(201 if created else 204, headers=self._version())

    def _version(self):
        if self.document is None or not self.etags:
            return {}
        tag = f'"{hashlib.sha256(self.document.encode()).hexdigest()[:16]}"'
        return {"ETag": tag if self.etags == "strong" else "W/" + tag}
