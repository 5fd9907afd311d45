import NIOHTTP1

/// Where an answer sends a request, and as what (RFC 9110 §15.4).
enum Redirect {
    /// The `Location` of an answer that is a redirect.
    static func location(_ response: WebResponse) -> String? {
        switch response.status {
        case 301, 302, 303, 307, 308: response.headers.first(name: "Location")
        default: nil
        }
    }

    /// The request that follows.
    ///
    /// Another server must not get what was meant for the first: not its credentials, not its host name.
    static func request(after request: WebRequest, status: Int, to url: WebURL) -> WebRequest {
        var next = request
        next.url = url
        let becomesGet =
            switch status {
            case 303: request.method != .HEAD
            case 301, 302: request.method == .POST
            default: false
            }
        if becomesGet {
            next.method = .GET
            next.body = .none
            for name in ["Content-Type", "Content-Encoding", "Content-Language", "Idempotency-Key"] {
                next.headers.remove(name: name)
            }
        }
        if url.origin != request.url.origin {
            for name in Set(request.headers.map { $0.name.lowercased() }) where Self.isForOneServer(name) {
                next.headers.remove(name: name)
            }
        }
        return next
    }

    /// - Parameter name: In lower case.
    private static func isForOneServer(_ name: String) -> Bool {
        let marks = ["api-key", "apikey", "token", "secret"]
        return ["authorization", "cookie", "proxy-authorization", "host"].contains(name)
            || marks.contains(where: name.contains)
    }
}
