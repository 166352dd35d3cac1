"""A small HTTP server in a thread of the test, which can go away and come back at its address."""

import http.server
import threading


class Reply:
    """What is sent back. `promised` is the Content-Length, if it shall be another than the body's;
    `raw` replaces all of it, status line included."""

    def __init__(self, status, body="", headers=None, promised=None, raw=None):
        self.status = status
        self.body = body.encode() if isinstance(body, str) else body
        self.headers = headers or {}
        self.promised = len(self.body) if promised is None else promised
        self.raw = raw


class HttpService:
    """Use as a context manager; subclasses have answer(request) -> Reply, called by one thread at a
    time. `request` has method, path, headers and body (bytes)."""

    def __init__(self, address):
        self.address = address
        self.port = 0
        self.requests = []
        self._server = None
        self._thread = None
        self._turn = threading.Lock()

    @property
    def url(self):
        return f"http://{self.address}:{self.port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        if self._server:
            return
        self._server = _Server((self.address, self.port), self)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,),
                                        daemon=True)
        self._thread.start()

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def answer(self, request):
        raise NotImplementedError

    def serve(self, request):
        with self._turn:
            self.requests.append(request)
            return self.answer(request)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address, service):
        self.service = service
        super().__init__(address, _Handler)

    def handle_error(self, *_):
        pass  # The peer hung up: some do so on purpose.


class Request:
    def __init__(self, method, path, headers, body):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        reply = self.server.service.serve(
            Request(self.command, self.path, dict(self.headers), body))
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(reply.promised))
        self.end_headers()
        self.wfile.write(reply.body)
        if reply.promised != len(reply.body):
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _do

    def log_message(self, *_):
        pass
