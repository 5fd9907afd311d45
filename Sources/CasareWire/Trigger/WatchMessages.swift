public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/sessions/{sid}/watches`: a robot asks what to watch for triggers.
public struct WatchesRequest: Hashable, Sendable, Codable {
    /// A watch that the robot has.
    public struct Mark: Hashable, Sendable, Codable {
        public let trigger: Trigger.ID
        /// Of the trigger's spec, as it was when the robot took the watch.
        public let revision: Int

        public init(_ mark: Watch.Mark) {
            self.trigger = mark.trigger
            self.revision = mark.revision
        }

        public var mark: Watch.Mark { Watch.Mark(trigger: self.trigger, revision: self.revision) }
    }

    public static let limitRange = 0...100

    /// What it watches already. What its session has beside these is free again.
    public var holding: [Mark]
    /// Of new ones.
    public var limit: Int

    public init(holding: [Mark], limit: Int) {
        self.holding = holding
        self.limit = limit
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            holding: try container.decode([Mark].self, forKey: .holding),
            limit: try container.decode(Int.self, forKey: .limit))
        guard self.holding.count <= Watch.countMax else {
            throw WireDecodingError(
                decoder.codingPath + [CodingKeys.holding],
                "expected at most \(Watch.countMax), got \(self.holding.count)")
        }
        guard Self.limitRange.contains(self.limit) else {
            throw WireDecodingError(
                decoder.codingPath + [CodingKeys.limit],
                "expected a number from 0 to \(Self.limitRange.upperBound), got \(self.limit)")
        }
    }
}

/// What a robot is to watch.
public struct WatchInfo: Hashable, Sendable, Codable {
    public let trigger: Trigger.ID
    public let name: String
    public let revision: Int
    public let version: Int
    /// Of the kind `file`.
    public let file: FileSource?
    /// Of the kind `feed`.
    public let feed: FeedSource?
    public let state: Value?
    /// The password or the token of the feed; whoever holds the watch needs it.
    public let secret: String?
    public let policy: SafetyPolicy

    public init(_ watch: Watch) {
        self.trigger = watch.trigger
        self.name = watch.name
        self.revision = watch.revision
        self.version = watch.version
        switch watch.source {
        case .file(let file): (self.file, self.feed) = (file, nil)
        case .feed(let feed): (self.file, self.feed) = (nil, feed)
        }
        self.state = watch.state
        self.secret = watch.secret?.reveal()
        self.policy = watch.policy
    }

    /// `nil` of a kind that this program does not know.
    public var watch: Watch? {
        let source: Watch.Source
        switch (self.file, self.feed) {
        case (let file?, _): source = .file(file)
        case (nil, let feed?): source = .feed(feed)
        case (nil, nil): return nil
        }
        return Watch(
            trigger: self.trigger, name: self.name, revision: self.revision, version: self.version, source: source,
            state: self.state, secret: self.secret.map { WatchSecret($0) }, policy: self.policy)
    }
}

public struct WatchesResponse: Hashable, Sendable, Codable {
    /// Of those that the robot named: it holds them still.
    public let kept: [Trigger.ID]
    public let watches: [WatchInfo]

    public init(kept: [Trigger.ID], watches: [WatchInfo]) {
        self.kept = kept
        self.watches = watches
    }
}

/// `POST /api/v1/sessions/{sid}/watches/{id}`: what a robot has found for a trigger, and what it has seen by now.
public struct WatchReportRequest: Hashable, Sendable, Codable {
    public struct Finding: Hashable, Sendable, Codable {
        public let key: String
        public let payload: Value

        public init(_ finding: WatchFinding) {
            self.key = finding.key
            self.payload = finding.payload
        }
    }

    public var revision: Int
    /// Of the report before: it counts on top of that one only.
    public var version: Int
    public var findings: [Finding]
    /// `nil`: as it was.
    public var state: Object?
    /// Why nothing can be watched just now.
    public var error: String?

    public init(_ report: WatchReport, revision: Int, version: Int) {
        self.revision = revision
        self.version = version
        self.findings = report.findings.map(Finding.init)
        self.state = report.state?.object
        self.error = report.error
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.revision = try container.decode(Int.self, forKey: .revision)
        self.version = try container.decode(Int.self, forKey: .version)
        self.findings = try container.decode([Finding].self, forKey: .findings)
        self.state = try container.decodeIfPresent(Object.self, forKey: .state)
        self.error = try container.decodeIfPresent(String.self, forKey: .error)
        let path = decoder.codingPath
        guard self.findings.count <= WatchReport.findingsMax else {
            throw WireDecodingError(
                path + [CodingKeys.findings],
                "expected at most \(WatchReport.findingsMax), got \(self.findings.count); report the others after them")
        }
        for (position, finding) in self.findings.enumerated() {
            guard (1...WatchFinding.keyCharactersMax).contains(finding.key.unicodeScalars.count) else {
                throw WireDecodingError(
                    path + [CodingKeys.findings],
                    "the key of number \(position) has not 1 to \(WatchFinding.keyCharactersMax) characters")
            }
        }
        if let state, Value.object(state).jsonText(.compact).utf8.count > WatchReport.stateBytesMax {
            throw WireDecodingError(
                path + [CodingKeys.state], "is larger than \(WatchReport.stateBytesMax) bytes; watch fewer files")
        }
    }

    public var report: WatchReport {
        WatchReport(
            findings: self.findings.map { WatchFinding(key: $0.key, payload: $0.payload) },
            state: self.state.map { .object($0) }, error: self.error)
    }
}

public struct WatchReportResponse: Hashable, Sendable, Codable {
    /// For the next report; `nil`: nothing was changed, since the watch has passed on, or this was reported before.
    public let version: Int?

    public init(version: Int?) { self.version = version }
}

/// Who watches for a trigger, and how that gets on.
public struct TriggerWatchInfo: Hashable, Sendable, Codable {
    /// `nil`: nobody just now.
    public let robot: Robot.ID?
    public let since: Date?
    /// When something was last reported; nothing is while nothing happens.
    public let reportedAt: Date?
    /// Why nothing can be watched, and since when.
    public let error: String?
    public let errorSince: Date?

    public init(robot: Robot.ID?, since: Date?, reportedAt: Date?, error: String?, errorSince: Date?) {
        self.robot = robot
        self.since = since
        self.reportedAt = reportedAt
        self.error = error
        self.errorSince = errorSince
    }
}
