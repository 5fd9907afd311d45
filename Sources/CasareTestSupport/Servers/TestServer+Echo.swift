import CasareDomain

extension TestServer {
    /// Runs a web server that answers each request with what came, as JSON: `path`, `headers`, and `body` as text. Every
    /// answer is a line of the file `requests`, too. Of a path that ends with `/moved` it says that it is elsewhere.
    package static func withEcho<Result: Sendable>(
        _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await Self.with(program: Self.echoProgram, options: [:], body)
    }

    private static let echoProgram = """
        import http.server

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                text = self.rfile.read(length).decode()
                answer = json.dumps({"path": self.path, "headers": dict(self.headers), "body": text})
                note("requests", answer)
                if self.path.endswith("/moved"):
                    self.send_response(307)
                    self.send_header("Location", "/elsewhere")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                content = answer.encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        ready(port=server.server_address[1])
        server.serve_forever()

        """
}
