package import CasareEngine

/// An `http` or `https` URL in the one form in which everything here reads it.
///
/// What checks a URL and what connects to it must agree on its host. So the host may hold only characters that no
/// parser reads in two ways, and the request is made from these parts, not from the text that a workflow gave. Texts
/// are taken apart by Unicode scalars: to others a slash with an accent upon it is a slash.
package struct WebURL: Hashable, Sendable {
    package enum Scheme: String, Sendable {
        case http, https

        var defaultPort: Int { self == .https ? 443 : 80 }
    }

    package private(set) var scheme: Scheme
    /// In lower case and without a dot at its end; an address of version 6 without its brackets.
    package private(set) var host: String
    package private(set) var port: Int
    /// `name:password`, decoded; only a URL that a workflow gives has it, never a redirect.
    package private(set) var userinfo: String?
    /// Begins with a slash; encoded.
    private var path: String
    /// Encoded, without its question mark.
    private var query: String?

    /// - Throws: `ValueError` that quotes no credentials.
    package init(_ text: String) throws(NodeFailure) {
        let text = text.trimmed
        guard let schemeEnd = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<schemeEnd.lowerBound].lowercased())
        else { throw .value("The URL must begin with http:// or https://: \(Self.quotable(text))") }
        self.scheme = scheme
        let rest = text[schemeEnd.upperBound...]
        let authority = rest.prefix(upToAnyOf: "/?#\\")
        guard rest[authority.endIndex...].unicodeScalars.first != "\\" else {
            throw .value("The URL has a backslash after its host: \(Self.quotable(text))")
        }
        let place = try Authority(authority, of: text)
        self.host = place.host
        self.port = place.port ?? scheme.defaultPort
        self.userinfo = place.userinfo
        (self.path, self.query) = Self.pathAndQuery(rest[authority.endIndex...])
    }

    /// The URL that a redirect leads to (RFC 3986 §5.2).
    package func resolving(_ reference: String) throws(NodeFailure) -> WebURL {
        let reference = reference.trimmed
        if reference.utf8.starts(with: "//".utf8) {
            return try WebURL("\(self.scheme.rawValue):\(reference)").withoutUserinfo
        }
        let beforeDelimiter = reference[...].prefix(upToAnyOf: "/?#")
        if beforeDelimiter.unicodeScalars.contains(":") { return try WebURL(reference).withoutUserinfo }
        var target = self.withoutUserinfo
        let first = reference.unicodeScalars.first
        if first == nil || first == "#" { return target }
        let (path, query) = Self.pathAndQuery(reference[...], emptyPath: self.path)
        target.query = query
        if first == "?" { return target }
        let folder = self.path.lastIndex(of: "/").map { String(self.path[...$0]) } ?? "/"
        target.path = Self.withoutDots(first == "/" ? path : folder + String(path.dropFirst()))
        return target
    }

    /// The same with parameters added to its query.
    func adding(_ parameters: String) -> WebURL {
        guard !parameters.isEmpty else { return self }
        var copy = self
        if let query, !query.isEmpty { copy.query = query + "&" + parameters } else { copy.query = parameters }
        return copy
    }

    private var withoutUserinfo: WebURL {
        var copy = self
        copy.userinfo = nil
        return copy
    }

    // MARK: Texts

    /// Scheme, host and port: what browsers call the origin.
    package var origin: String { "\(self.scheme.rawValue)://\(self.authority)" }

    private var authority: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == self.scheme.defaultPort ? host : "\(host):\(self.port)"
    }

    /// The whole, to be requested: without credentials and fragment.
    package var text: String { self.origin + self.path + (self.query.map { "?" + $0 } ?? "") }

    /// For messages: queries carry keys and tokens.
    package var display: String { self.origin + self.path + (self.query == nil ? "" : "?…") }

    /// For traces: without credentials and fragment, and of a query only the names of parameters. What has no value is
    /// hidden as a whole: it may be one.
    package var redacted: String {
        guard let query else { return self.origin + self.path }
        let parts = query.split(separator: "&").map { part in
            let halves = part.split(separator: "=", maxSplits: 1)
            let hasValue = halves.count == 2 && !halves[1].allSatisfy { $0 == "=" }
            return hasValue ? "\(halves[0])=REDACTED" : "REDACTED"
        }
        return self.origin + self.path + "?" + parts.joined(separator: "&")
    }

    /// What may be quoted of a text that is no URL: nothing from before an `@`, nothing of a query.
    fileprivate static func quotable(_ text: String) -> String {
        let shown = text[...].prefix(upToAnyOf: "?#")
        guard let at = shown.unicodeScalars.lastIndex(of: "@") else { return String(shown.prefix(200)) }
        return "…" + shown[shown.unicodeScalars.index(after: at)...].prefix(200)
    }

    // MARK: Parsing

    private static func pathAndQuery(_ rest: Substring, emptyPath: String = "/") -> (String, String?) {
        let bare = rest.prefix(upToAnyOf: "#")
        let path = bare.prefix(upToAnyOf: "?")
        let query = path.endIndex == bare.endIndex ? nil : Substring(bare[path.endIndex...].unicodeScalars.dropFirst())
        let encoded = PercentCoding.repaired(path, allowing: "/:@!$&'()*+,;=")
        return (
            path.isEmpty ? emptyPath : encoded.hasPrefix("/") ? encoded : "/" + encoded,
            query.map { PercentCoding.repaired($0, allowing: "/?:@!$&'()*+,;=") }
        )
    }

    private static func withoutDots(_ path: String) -> String {
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (position, segment) in segments.enumerated() {
            let isLast = position == segments.count - 1
            switch segment {
            case ".", "..":
                if segment == ".." { _ = kept.popLast() }
                if isLast { kept.append("") }
            default:
                kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}

extension WebURL {
    /// What stands between the slashes: `name:password@host:port`.
    struct Authority {
        let userinfo: String?
        let host: String
        let port: Int?

        /// - Parameter text: The URL that it is of, for messages.
        init(_ authority: Substring, of text: String) throws(NodeFailure) {
            let at = authority.unicodeScalars.lastIndex(of: "@")
            self.userinfo = at.map { PercentCoding.decoded(authority[..<$0]) }
            let place = at.map { authority[authority.unicodeScalars.index(after: $0)...] } ?? authority
            if place.hasPrefix("[") {
                guard let end = place.firstIndex(of: "]"), let address = IPAddress(String(place[..<end].dropFirst())),
                    address.isVersion6
                else { throw .value("The URL's host is no address of IP version 6: \(WebURL.quotable(text))") }
                self.host = address.description
                self.port = try Self.port(place[place.index(after: end)...], of: text)
                return
            }
            var name = place.prefix(upToAnyOf: ":")
            self.port = try Self.port(place[name.endIndex...], of: text)
            if name.hasSuffix(".") { name = name.dropLast() }
            guard !name.isEmpty else { throw .value("The URL has no host: \(WebURL.quotable(text))") }
            guard name.utf8.count <= 253, name.utf8.allSatisfy(Self.isHostByte) else {
                throw .value(
                    "The URL's host has other characters than letters, digits, '-', '_' and '.': "
                        + "\(WebURL.quotable(text)) (an international name is written in its xn-- form)")
            }
            self.host = name.lowercased()
        }

        /// - Parameter suffix: Nothing, or a colon and perhaps a number.
        private static func port(_ suffix: Substring, of text: String) throws(NodeFailure) -> Int? {
            let digits = suffix.dropFirst()
            if digits.isEmpty, suffix.isEmpty || suffix == ":" { return nil }
            guard suffix.hasPrefix(":"), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let port = UInt16(digits), port > 0
            else { throw .value("The URL's port must be a number from 1 to 65535: \(WebURL.quotable(text))") }
            return Int(port)
        }

        private static func isHostByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }
}

extension Substring {
    /// Up to the first of some delimiters; all when there is none.
    func prefix(upToAnyOf delimiters: String) -> Substring {
        Substring(self.unicodeScalars.prefix { !delimiters.unicodeScalars.contains($0) })
    }
}
