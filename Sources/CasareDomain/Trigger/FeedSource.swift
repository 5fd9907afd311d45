/// A feed that a robot reads for a trigger: of news, of events that a server sends, or of mails.
public struct FeedSource: Hashable, Sendable {
    /// What is read, and where.
    public enum Origin: Hashable, Sendable {
        case rss(RSS)
        case sse(SSE)
        case imap(IMAP)
    }

    /// RSS 2.0, RSS 1.0 or Atom.
    public struct RSS: Hashable, Sendable {
        public var request: FeedRequest
        /// Only items whose title holds this text, whatever the case.
        public var titleFilter: String?
        /// Only items of this category, whatever the case.
        public var categoryFilter: String?

        public init(_ request: FeedRequest, titleFilter: String? = nil, categoryFilter: String? = nil) {
            self.request = request
            self.titleFilter = titleFilter
            self.categoryFilter = categoryFilter
        }
    }

    /// Server-sent events (HTML §9.2).
    public struct SSE: Hashable, Sendable {
        public var request: FeedRequest
        /// Empty: all.
        public var eventTypes: [String]
        /// Only events whose data holds this text, whatever the case.
        public var dataFilter: String?

        public init(_ request: FeedRequest, eventTypes: [String] = [], dataFilter: String? = nil) {
            self.request = request
            self.eventTypes = eventTypes
            self.dataFilter = dataFilter
        }
    }

    /// The mails of a folder. They stay as they are, and unread.
    public struct IMAP: Hashable, Sendable {
        public enum Security: String, Hashable, Sendable, Codable, CaseIterable {
            /// TLS from the first byte.
            case implicit
            /// STARTTLS, or no connection.
            case startTLS = "starttls"
        }

        public static let folderDefault = "INBOX"

        public var server: String
        public var port: Int
        public var security: Security
        public var username: String
        public var folder: String
        /// Only mails whose sender, or whose subject, holds this text, whatever the case.
        public var fromFilter: String?
        public var subjectFilter: String?
        /// A file of an authority's certificate on the robot, to be trusted beside the system's.
        public var authority: String?

        public init(
            server: String, port: Int? = nil, security: Security = .implicit, username: String,
            folder: String = IMAP.folderDefault, fromFilter: String? = nil, subjectFilter: String? = nil,
            authority: String? = nil
        ) {
            self.server = server
            self.port = port ?? security.port
            self.security = security
            self.username = username
            self.folder = folder
            self.fromFilter = fromFilter
            self.subjectFilter = subjectFilter
            self.authority = authority
        }
    }

    public static let textCharactersMax = 255
    public static let urlCharactersMax = 4000
    public static let eventTypesMax = 50
    public static let pollSecondsRange = 5.0...86_400.0
    public static let itemsRange = 1...100

    public var origin: Origin
    /// Between two looks; of `sse` how long one connection lasts. Seconds.
    public var pollSeconds: Double
    /// So many jobs come of one look at the most; the others follow with the next one.
    public var itemsMax: Int
    /// What is there when the watch begins counts too.
    public var takesExisting: Bool
    /// Who watches; `nil`: any robot of the environment.
    public var robot: Robot.ID?
    public var variables: VariableMapping

    public init(
        _ origin: Origin, pollSeconds: Double = 300, itemsMax: Int = 50, takesExisting: Bool = false,
        robot: Robot.ID? = nil, variables: VariableMapping = VariableMapping()
    ) {
        self.origin = origin
        self.pollSeconds = pollSeconds
        self.itemsMax = itemsMax
        self.takesExisting = takesExisting
        self.robot = robot
        self.variables = variables
    }

    /// Whether it is read with a password or a token, which is kept as the trigger's secret.
    public var needsSecret: Bool {
        switch self.origin {
        case .rss(let rss): rss.request.auth.kind != .none
        case .sse(let sse): sse.request.auth.kind != .none
        case .imap: true
        }
    }

    /// What is read: what was seen of it counts for as long as this is the same.
    var identity: [String] {
        switch self.origin {
        case .rss(let rss): ["rss", rss.request.url]
        case .sse(let sse): ["sse", sse.request.url]
        case .imap(let imap): ["imap", imap.server, String(imap.port), imap.username, imap.folder]
        }
    }
}

extension FeedSource.IMAP.Security {
    /// As IANA has them.
    public var port: Int {
        switch self {
        case .implicit: 993
        case .startTLS: 143
        }
    }
}

/// Where a feed is read over HTTP, and how the robot proves itself there.
public struct FeedRequest: Hashable, Sendable {
    /// What is done with the trigger's secret.
    public struct Auth: Hashable, Sendable {
        public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
            case none
            /// `Authorization: Basic`, of `username` and the secret.
            case basic
            /// `Authorization: Bearer` and the secret.
            case bearer
            /// The secret stands in `header`.
            case header
        }

        public var kind: Kind
        /// Of `basic`.
        public var username: String?
        /// Of `header`.
        public var header: String?

        public init(kind: Kind = .none, username: String? = nil, header: String? = nil) {
            self.kind = kind
            self.username = username
            self.header = header
        }
    }

    public static let headersMax = 20

    public var url: String
    public var headers: [Header]
    public var auth: Auth

    public struct Header: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(url: String, headers: [Header] = [], auth: Auth = Auth()) {
        self.url = url
        self.headers = headers.sorted { $0.name < $1.name }
        self.auth = auth
    }
}
