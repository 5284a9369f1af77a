"""Serves function/handler.py to the watchdog, which starts this process and says in PORT where to listen."""

import contextlib
import os
import signal
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler

FUNCTION = os.path.join(os.path.dirname(os.path.abspath(__file__)), "function")
# What install.py installed, and the function's own modules, so that `import helper` works here as in its tests.
sys.path[1:1] = [os.path.join(FUNCTION, "python"), FUNCTION]

from call import Context, Event, encode, failure  # noqa: E402
from function import handler  # noqa: E402


class Request(BaseHTTPRequestHandler):
    """One connection of the watchdog, kept for many calls."""

    protocol_version = "HTTP/1.1"
    # The head and the body of a small answer leave in one packet.
    wbufsize = 64 * 1024

    def __getattr__(self, name):
        # The base class looks for do_GET, do_POST ...; a function takes any method.
        if name.startswith("do_"):
            return self.call
        raise AttributeError(name)

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            pass  # The caller has gone.

    def finish(self):
        with contextlib.suppress(ConnectionError):  # What was not sent yet is sent here.
            super().finish()

    def handle_expect_100(self):
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def call(self):
        with self.server.running:
            self.answer()

    def answer(self):
        try:
            body = self.read_body()
        except ValueError as error:
            self.close_connection = True
            return self.send(400, {"Content-Type": "text/plain"}, f"{error}\n".encode())
        try:
            answer = encode(handler.handle(Event(self, body), Context(self.headers)))
        except Exception as error:  # Whatever a handler throws is its caller's answer.
            answer = failure(error)
        return self.send(*answer)

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self.read_chunks())
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            raise ValueError("The body ended early.")
        return body

    def read_chunks(self):
        while size := int(self.rfile.readline(1024).split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline(2)
        while self.rfile.readline(64 * 1024).strip():
            pass  # Trailers; nobody asked for them.

    def send(self, status, headers, body):
        """Sends bytes with their length, and an iterator piece by piece."""
        self.send_response_only(status)
        self.send_header("Date", self.date_time_string())
        for name, value in headers.items():
            for each in value if isinstance(value, list) else [value]:
                self.send_header(name, each)
        has_body = self.command != "HEAD" and status not in (204, 304)
        if isinstance(body, bytes):
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if has_body:
                self.wfile.write(body)
            return self.wfile.flush()
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        return self.send_pieces(body) if has_body else None

    def send_pieces(self, pieces):
        self.wfile.flush()
        try:
            for piece in pieces:
                data = piece.encode() if isinstance(piece, str) else bytes(piece)
                if data:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
                    self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        except Exception as error:
            # A cut connection is how the caller learns that this is not the whole answer.
            failure(error)
            self.close_connection = True

    def log_message(self, format, *args):
        """The watchdog logs the calls."""

    def address_string(self):
        return "watchdog"


class TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        # Pieces of a streamed answer must not wait for the last one's acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def server_bind(self):
        # A killed process may have left its socket.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.server_address)
        super().server_bind()

    def server_close(self):
        super().server_close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.server_address)


class Running:
    """Counts the calls that run."""

    def __init__(self):
        self.count = 0
        self.changed = threading.Condition()

    def __enter__(self):
        with self.changed:
            self.count += 1

    def __exit__(self, *_):
        with self.changed:
            self.count -= 1
            self.changed.notify_all()

    def wait_for_none(self):
        with self.changed:
            self.changed.wait_for(lambda: self.count == 0)


def make_server(port):
    server = TcpServer(("127.0.0.1", int(port)), Request) if port.isdigit() else UnixServer(port, Request)
    server.running = Running()
    return server


def main():
    if not callable(getattr(handler, "handle", None)):
        sys.exit("handler.py defines no function: write \"def handle(event, context):\"")
    server = make_server(os.environ.get("PORT") or "3000")
    # shutdown() waits for serve_forever(), which runs in this thread: another one has to ask for it.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    server.running.wait_for_none()


if __name__ == "__main__":
    main()
