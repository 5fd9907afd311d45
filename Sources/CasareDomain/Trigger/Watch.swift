/// What a robot watches for a trigger, until the watch passes on to another robot.
public struct Watch: Hashable, Sendable {
    /// What is looked at: the sources of triggers that no request brings.
    public enum Source: Hashable, Sendable {
        case file(FileSource)
        case feed(FeedSource)
    }

    /// Which watch a robot believes to hold.
    public struct Mark: Hashable, Sendable {
        public let trigger: Trigger.ID
        public let revision: Int

        public init(trigger: Trigger.ID, revision: Int) {
            self.trigger = trigger
            self.revision = revision
        }
    }

    /// Of one robot's session.
    public static let countMax = 1000

    public let trigger: Trigger.ID
    /// The trigger's.
    public let name: String
    /// Of the trigger's spec.
    public let revision: Int
    /// Grows with every report; a report counts only on top of the one before.
    public let version: Int
    public let source: Source
    /// What was seen before, as the watcher wrote it; `nil` of a watch that begins.
    public let state: Value?
    public let secret: WatchSecret?
    /// The tenant's.
    public let policy: SafetyPolicy

    public init(
        trigger: Trigger.ID, name: String, revision: Int, version: Int, source: Source, state: Value?,
        secret: WatchSecret?, policy: SafetyPolicy
    ) {
        self.trigger = trigger
        self.name = name
        self.revision = revision
        self.version = version
        self.source = source
        self.state = state
        self.secret = secret
        self.policy = policy
    }

    public var mark: Mark { Mark(trigger: self.trigger, revision: self.revision) }
}

extension Watch.Source {
    /// Of a trigger that robots watch for; `nil` of the others.
    public init?(_ source: TriggerSpec.Source) {
        switch source {
        case .file(let file): self = .file(file)
        case .feed(let feed): self = .feed(feed)
        case .webhook, .job: return nil
        }
    }

    /// Says what is watched: what was seen of it counts for as long as this is the same.
    public var identity: [String] {
        switch self {
        case .file(let file): file.identity
        case .feed(let feed): feed.identity
        }
    }
}

/// A password or a token that a robot is handed for a watch. Never printed by accident.
public struct WatchSecret: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    private let text: String

    public init(_ text: String) { self.text = text }

    public func reveal() -> String { self.text }

    public var description: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The answer to a robot that asks what to watch.
public struct WatchOffer: Hashable, Sendable {
    /// Of those that the robot named: it still holds them. Whatever else it watches has passed on, or changed.
    public let kept: Set<Trigger.ID>
    /// It holds them from now on.
    public let new: [Watch]

    public init(kept: Set<Trigger.ID> = [], new: [Watch] = []) {
        self.kept = kept
        self.new = new
    }
}

/// Something that a watcher has found.
public struct WatchFinding: Hashable, Sendable {
    public static let keyCharactersMax = 1000
    /// Of one text of a payload; watchers cut longer ones.
    public static let textBytesMax = 65_536

    /// By which it is known when it is found again.
    public let key: String
    public let payload: Value

    public init(key: String, payload: Value) {
        self.key = key
        self.payload = payload
    }
}

/// What a robot reports of a watch: what it found, and what it has seen by now. Both count, or neither.
public struct WatchReport: Hashable, Sendable {
    public static let findingsMax = 100
    public static let errorCharactersMax = 500
    /// Of the state as JSON.
    public static let stateBytesMax = 8_388_608

    public var findings: [WatchFinding]
    /// `nil`: as it was.
    public var state: Value?
    /// Why nothing can be watched just now.
    public var error: String?

    public init(findings: [WatchFinding] = [], state: Value? = nil, error: String? = nil) {
        self.findings = findings
        self.state = state
        self.error = error
    }
}
