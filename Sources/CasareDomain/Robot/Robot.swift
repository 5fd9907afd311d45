public import FoundationEssentials

/// A process that runs jobs.
public struct Robot: Identifiable, Hashable, Sendable {
    /// Chosen by whoever registers it: 1 to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit.
    public struct ID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
        public let rawValue: String

        public init?(rawValue: String) {
            guard (1...64).contains(rawValue.utf8.count), let first = rawValue.utf8.first,
                Self.isLetterOrDigit(first),
                rawValue.utf8.allSatisfy({ Self.isLetterOrDigit($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F })
            else { return nil }
            self.rawValue = rawValue
        }

        public var description: String { self.rawValue }

        private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
    }

    /// One boot of one robot process. Leases belong to it and end with it.
    public struct SessionID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
        public let rawValue: Int64

        public init(rawValue: Int64) { self.rawValue = rawValue }

        public var description: String { String(self.rawValue) }
    }

    /// How it stands: always derived from what is known of it, never stored. What comes later in this list comes first
    /// where several hold.
    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        /// It has a free slot.
        case live
        /// Every slot runs a job.
        case busy
        /// It finishes what it runs and leases nothing more.
        case cordoned
        /// It was asked to end, and has not ended yet.
        case draining
        /// It renews its session, and its jobs or its leasing do not get on.
        case wedged
        /// It has missed renewals: before long its jobs go to others.
        case stale
        /// It has no session.
        case offline
    }

    public let id: ID
    public let environment: String
    public let tags: [String]
    public let capabilities: [String]
    /// Jobs it runs at once, in each of its sessions.
    public let slots: Int
    /// Sessions that are in time. More than one: as many processes run under its ID, and each gets jobs.
    public let sessions: Int
    public let status: Status
    /// Live leases; always derived.
    public let slotsInUse: Int
    public let lastSeenAt: Date?
    public let registeredAt: Date
    /// Since when nothing more is leased to it.
    public let cordonedAt: Date?
    public let control: Control

    public init(
        id: ID, environment: String, tags: [String], capabilities: [String], slots: Int, sessions: Int = 0,
        status: Status, slotsInUse: Int, lastSeenAt: Date?, registeredAt: Date, cordonedAt: Date? = nil,
        control: Control = Control()
    ) {
        self.id = id
        self.environment = environment
        self.tags = tags
        self.capabilities = capabilities
        self.slots = slots
        self.sessions = sessions
        self.status = status
        self.slotsInUse = slotsInUse
        self.lastSeenAt = lastSeenAt
        self.registeredAt = registeredAt
        self.cordonedAt = cordonedAt
        self.control = control
    }

    /// Jobs it runs at once, in all of its sessions together.
    public var slotsInAll: Int { Self.slotsInAll(self.slots, sessions: self.sessions) }

    /// Whether jobs are leased to it, once it has a free slot. One that is wedged by a single job goes on with others.
    public var takesJobs: Bool {
        switch self.status {
        case .live, .busy: true
        case .wedged: self.control.wedge?.cause == .jobOverdue && self.slotsInUse < self.slotsInAll
        case .cordoned, .draining, .stale, .offline: false
        }
    }

    public static func slotsInAll(_ slots: Int, sessions: Int) -> Int { slots * max(sessions, 1) }
}
