/// `{"rss": {…}}`, `{"sse": {…}}` or `{"imap": {…}}`, and beside it how often it is read.
extension FeedSource: Codable {
    enum CodingKeys: String, CodingKey {
        case rss, sse, imap
        case pollSeconds = "poll_seconds"
        case itemsMax = "items_max"
        case takesExisting = "existing"
        case robot, variables
    }

    /// Refuses what nobody can read, naming the member at fault.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let rss = try container.decodeIfPresent(RSS.self, forKey: .rss)
        let sse = try container.decodeIfPresent(SSE.self, forKey: .sse)
        let imap = try container.decodeIfPresent(IMAP.self, forKey: .imap)
        let poll = try container.decodeIfPresent(Double.self, forKey: .pollSeconds)
        let items = try container.decodeIfPresent(Int.self, forKey: .itemsMax)
        let existing = try container.decodeIfPresent(Bool.self, forKey: .takesExisting)
        let robot = try container.decodeIfPresent(Robot.ID.self, forKey: .robot)
        let variables = try container.decodeIfPresent(Object.self, forKey: .variables) ?? [:]
        let origin: Origin
        switch (rss, sse, imap) {
        case (let rss?, nil, nil): origin = .rss(rss)
        case (nil, let sse?, nil): origin = .sse(sse)
        case (nil, nil, let imap?): origin = .imap(imap)
        case (nil, nil, nil):
            throw container.invalid(.rss, "is required: say what is read; or give sse, or imap")
        case (.some, _, _), (_, .some, _), (_, _, .some):
            throw container.invalid(.sse, "give one of rss, sse and imap: a trigger reads one feed")
        }
        self.init(
            origin, pollSeconds: poll ?? 300, itemsMax: items ?? 50, takesExisting: existing ?? false, robot: robot,
            variables: try container.mapping(variables, .variables, refusing: []))
        try container.checkSeconds(self.pollSeconds, .pollSeconds, Self.pollSecondsRange)
        guard Self.itemsRange.contains(self.itemsMax) else {
            throw container.invalid(
                .itemsMax, "expected a number from 1 to \(Self.itemsRange.upperBound), got \(self.itemsMax)")
        }
        if case .sse = self.origin, self.takesExisting {
            throw container.invalid(.takesExisting, "a server sends events when they happen: there are none before")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self.origin {
        case .rss(let rss): try container.encode(rss, forKey: .rss)
        case .sse(let sse): try container.encode(sse, forKey: .sse)
        case .imap(let imap): try container.encode(imap, forKey: .imap)
        }
        let plain = FeedSource(self.origin)
        if self.pollSeconds != plain.pollSeconds { try container.encode(self.pollSeconds, forKey: .pollSeconds) }
        if self.itemsMax != plain.itemsMax { try container.encode(self.itemsMax, forKey: .itemsMax) }
        if self.takesExisting { try container.encode(true, forKey: .takesExisting) }
        if let robot { try container.encode(robot, forKey: .robot) }
        if !self.variables.isEmpty { try container.encode(self.variables.texts, forKey: .variables) }
    }
}

extension FeedSource.RSS: Codable {
    enum CodingKeys: String, CodingKey {
        case url, headers, auth
        case titleFilter = "filter_title"
        case categoryFilter = "filter_category"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let url = try container.decode(String.self, forKey: .url)
        let headers = try container.decodeIfPresent(Object.self, forKey: .headers) ?? [:]
        let auth = try container.decodeIfPresent(FeedRequest.Auth.self, forKey: .auth) ?? FeedRequest.Auth()
        let title = try container.decodeIfPresent(String.self, forKey: .titleFilter)
        let category = try container.decodeIfPresent(String.self, forKey: .categoryFilter)
        self.init(
            try container.feedRequest(url, .url, headers, .headers, auth), titleFilter: title,
            categoryFilter: category)
        if let title { try container.check(title, .titleFilter, FeedSource.textCharactersMax) }
        if let category { try container.check(category, .categoryFilter, FeedSource.textCharactersMax) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.request.url, forKey: .url)
        if !self.request.headers.isEmpty { try container.encode(self.request.headerTexts, forKey: .headers) }
        if self.request.auth.kind != .none { try container.encode(self.request.auth, forKey: .auth) }
        if let titleFilter { try container.encode(titleFilter, forKey: .titleFilter) }
        if let categoryFilter { try container.encode(categoryFilter, forKey: .categoryFilter) }
    }
}

extension FeedSource.SSE: Codable {
    enum CodingKeys: String, CodingKey {
        case url, headers, auth
        case eventTypes = "event_types"
        case dataFilter = "filter_data"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let url = try container.decode(String.self, forKey: .url)
        let headers = try container.decodeIfPresent(Object.self, forKey: .headers) ?? [:]
        let auth = try container.decodeIfPresent(FeedRequest.Auth.self, forKey: .auth) ?? FeedRequest.Auth()
        let types = try container.decodeIfPresent([String].self, forKey: .eventTypes) ?? []
        let data = try container.decodeIfPresent(String.self, forKey: .dataFilter)
        self.init(
            try container.feedRequest(url, .url, headers, .headers, auth), eventTypes: types, dataFilter: data)
        guard types.count <= FeedSource.eventTypesMax else {
            throw container.invalid(.eventTypes, "expected at most \(FeedSource.eventTypesMax), got \(types.count)")
        }
        for type in types { try container.check(type, .eventTypes, FeedSource.textCharactersMax) }
        if let data { try container.check(data, .dataFilter, FeedSource.textCharactersMax) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.request.url, forKey: .url)
        if !self.request.headers.isEmpty { try container.encode(self.request.headerTexts, forKey: .headers) }
        if self.request.auth.kind != .none { try container.encode(self.request.auth, forKey: .auth) }
        if !self.eventTypes.isEmpty { try container.encode(self.eventTypes, forKey: .eventTypes) }
        if let dataFilter { try container.encode(dataFilter, forKey: .dataFilter) }
    }
}

extension FeedSource.IMAP: Codable {
    enum CodingKeys: String, CodingKey {
        case server, port
        case security = "tls"
        case username, folder
        case fromFilter = "from_filter"
        case subjectFilter = "subject_filter"
        case authority = "ssl_ca"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let server = try container.decode(String.self, forKey: .server)
        let port = try container.decodeIfPresent(Int.self, forKey: .port)
        let security = try container.decodeIfPresent(Security.self, forKey: .security) ?? .implicit
        let username = try container.decode(String.self, forKey: .username)
        let folder = try container.decodeIfPresent(String.self, forKey: .folder) ?? Self.folderDefault
        let from = try container.decodeIfPresent(String.self, forKey: .fromFilter)
        let subject = try container.decodeIfPresent(String.self, forKey: .subjectFilter)
        let authority = try container.decodeIfPresent(String.self, forKey: .authority)
        self.init(
            server: server, port: port, security: security, username: username, folder: folder, fromFilter: from,
            subjectFilter: subject, authority: authority)
        guard (1...65_535).contains(self.port) else {
            throw container.invalid(.port, "expected a number from 1 to 65535, got \(self.port)")
        }
        let texts: [(text: String?, key: CodingKeys)] = [
            (server, .server), (username, .username), (folder, .folder), (from, .fromFilter),
            (subject, .subjectFilter),
        ]
        for (text, key) in texts {
            if let text { try container.check(text, key, FeedSource.textCharactersMax) }
        }
        if let authority { try container.check(authority, .authority, FileSource.pathCharactersMax) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.server, forKey: .server)
        if self.port != self.security.port { try container.encode(self.port, forKey: .port) }
        if self.security != .implicit { try container.encode(self.security, forKey: .security) }
        try container.encode(self.username, forKey: .username)
        if self.folder != Self.folderDefault { try container.encode(self.folder, forKey: .folder) }
        if let fromFilter { try container.encode(fromFilter, forKey: .fromFilter) }
        if let subjectFilter { try container.encode(subjectFilter, forKey: .subjectFilter) }
        if let authority { try container.encode(authority, forKey: .authority) }
    }
}

extension FeedRequest.Auth: Codable {
    enum CodingKeys: String, CodingKey {
        case kind, username, header
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try container.decode(Kind.self, forKey: .kind)
        let username = try container.decodeIfPresent(String.self, forKey: .username)
        let header = try container.decodeIfPresent(String.self, forKey: .header)
        self.init(kind: kind, username: username, header: header)
        guard (username != nil) == (kind == .basic) else {
            throw container.invalid(
                .username, kind == .basic ? "is required with basic" : "is for basic; leave it out")
        }
        guard (header != nil) == (kind == .header) else {
            throw container.invalid(
                .header,
                kind == .header ? "is required: where the secret stands" : "is for the kind header; leave it out")
        }
        if let username { try container.check(username, .username, FeedSource.textCharactersMax) }
        if let header, !isHeaderName(header) { throw container.invalid(.header, "expected the name of a header") }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.kind, forKey: .kind)
        if let username { try container.encode(username, forKey: .username) }
        if let header { try container.encode(header, forKey: .header) }
    }
}

extension FeedRequest {
    /// Headers in which secrets stand: a spec is shown to everybody who may read triggers.
    fileprivate static let secretHeaders: Set<String> = ["authorization", "proxy-authorization", "cookie", "x-api-key"]

    fileprivate var headerTexts: Object { Object(self.headers.map { ($0.name, Value.string($0.value)) }) }
}

extension KeyedDecodingContainer {
    fileprivate func feedRequest(
        _ url: String, _ urlKey: Key, _ headers: Object, _ headersKey: Key, _ auth: FeedRequest.Auth
    ) throws -> FeedRequest {
        try self.check(url, urlKey, FeedSource.urlCharactersMax)
        let lowercased = url.lowercased()
        guard lowercased.hasPrefix("http://") || lowercased.hasPrefix("https://") else {
            throw self.invalid(urlKey, "expected a URL that begins with https:// or http://")
        }
        // Up to the path, where an @ would end a name and a password.
        guard !url.drop(while: { $0 != "/" }).dropFirst(2).prefix(while: { $0 != "/" }).contains("@") else {
            throw self.invalid(urlKey, "holds a name or password, which everybody could read; say it with auth")
        }
        guard headers.count <= FeedRequest.headersMax else {
            throw self.invalid(headersKey, "expected at most \(FeedRequest.headersMax), got \(headers.count)")
        }
        let fields = try headers.map { name, value -> FeedRequest.Header in
            guard isHeaderName(name), let text = value.string else {
                throw self.invalid(headersKey, "\(name.prefix(60)): expected the name of a header and its text")
            }
            guard !FeedRequest.secretHeaders.contains(name.lowercased()) else {
                throw self.invalid(headersKey, "\(name) holds a secret, which everybody could read; say it with auth")
            }
            try self.check(text, headersKey, FeedSource.textCharactersMax)
            return FeedRequest.Header(name: name, value: text)
        }
        return FeedRequest(url: url, headers: fields, auth: auth)
    }
}
