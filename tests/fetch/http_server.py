"""A local HTTP server with bad manners, for tests of downloads. Each request is answered by the next step of a script."""

import http.server
import ssl
import threading


class Step:
    """How one request is answered. `body` is the file; ranges are honoured unless `ignore_range`."""

    def __init__(self, status=None, body=None, send=None, headers=(), ignore_range=False, length=True, chunked=False,
                 stall=False, type="application/octet-stream"):
        self.status = status              # instead of 200 or 206
        self.body = body                  # instead of the server's file
        self.send = send                  # cut the connection after so many bytes of the body
        self.headers = dict(headers)      # instead of what would be sent
        self.ignore_range = ignore_range
        self.length = length              # with Content-Length
        self.chunked = chunked
        self.stall = stall                # send nothing more, but keep the connection
        self.type = type


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        owner = self.server.owner
        self.close_connection = True
        step = owner.next_step(self.path, dict(self.headers))
        body = owner.file if step.body is None else step.body
        status, first = 200, 0
        asked = self.headers.get("Range")
        if asked and not step.ignore_range:
            first = int(asked.removeprefix("bytes=").split("-")[0])
            status = 206 if first < len(body) else 416
        status = step.status or status
        content = body[first:] if status == 206 else b"" if status == 416 else body
        headers = {"Content-Type": step.type, "Connection": "close"}
        if step.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif step.length:
            headers["Content-Length"] = str(len(content))
        if status == 206:
            headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        headers.update(step.headers)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        part = content if step.send is None else content[:step.send]
        try:
            if step.chunked:
                for at in range(0, len(part), 65536):
                    piece = part[at:at + 65536]
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                if step.send is None:
                    self.wfile.write(b"0\r\n\r\n")
            else:
                self.wfile.write(part)
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            return  # the client has had enough
        if step.stall:
            owner.closing.wait()

    def log_message(self, *arguments):
        pass


class Server:
    """Serves `file` on a free port of this machine until it is closed. What the script does not say: politely.

    With `certificate`, a PEM file that holds its key too, it speaks HTTPS.
    """

    def __init__(self, file, *script, certificate=None):
        self.file = file
        self.script = list(script)
        self.requests = []              # (path, headers)
        self.closing = threading.Event()
        self.lock = threading.Lock()    # protects script and requests
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.owner = self
        self.server.daemon_threads = False
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # The handshake belongs to the thread of the request, where a client that breaks it off stops nobody else.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.server.handle_error = lambda request, address: None
            self.scheme = "https"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def next_step(self, path, headers):
        with self.lock:
            self.requests.append((path, headers))
            return self.script.pop(0) if self.script else Step()

    @property
    def address(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_port}"

    def ranges(self):
        return [headers.get("Range") for _, headers in self.requests]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
