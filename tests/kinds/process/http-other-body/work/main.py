import http.server
import signal
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path == "/health"
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(b'{"status": "fine"}' if known else b"no such page")

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
