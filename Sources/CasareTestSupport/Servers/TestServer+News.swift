import CasareDomain

extension TestServer {
    /// Runs a server of news (RSS 2.0), the newest first, at the path `/feed` of `port`.
    package static func withNews<Result: Sendable>(
        _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await Self.with(program: Self.newsProgram, options: [:], body)
    }

    /// Adds an item.
    ///
    /// - Parameter name: its ID and its title. Items are sorted by their names, the last one is the newest.
    package func publish(_ name: String) throws { try self.write("", "item-\(name)") }

    private static let newsProgram = """
        import http.server

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                names = [name[5:] for name in os.listdir(folder) if name.startswith("item-")]
                item = '<item><guid isPermaLink="false">{0}</guid><title>{0}</title></item>'
                items = "".join(item.format(name) for name in sorted(names, reverse=True))
                text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            ready(port=server.server_address[1])
            server.serve_forever()
        """
}
