public import FoundationEssentials

/// Something on the server that files describe: `casarectl apply` has made it as its file says.
public struct AppliedResource: Hashable, Sendable {
    /// The kinds of things that files describe, in the order in which they are applied: later ones name earlier ones.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case workflow, calendar, queue, schedule, trigger

        /// As files write it.
        public var fileName: String {
            switch self {
            case .workflow: "Workflow"
            case .calendar: "Calendar"
            case .queue: "Queue"
            case .schedule: "Schedule"
            case .trigger: "Trigger"
            }
        }

        public init?(fileName: String) {
            guard let kind = Self.allCases.first(where: { $0.fileName == fileName }) else { return nil }
            self = kind
        }
    }

    /// How it stands beside what was applied last.
    public enum State: String, Hashable, Sendable, Codable, CaseIterable {
        case asApplied = "as_applied"
        /// Somebody has changed it since.
        case changed
        /// It is not there any more.
        case gone
    }

    /// A kind and a name: no two things have both.
    public struct Key: Hashable, Sendable {
        public let kind: Kind
        public let name: String

        public init(_ kind: Kind, _ name: String) {
            self.kind = kind
            self.name = name
        }
    }

    public static let nameCharactersMax = 255
    public static let ownerCharactersMax = 64
    /// The owner of files that name none.
    public static let ownerDefault = "default"
    /// No tenant has more of them.
    public static let countMax = 5000

    public let key: Key
    /// Whose files describe it.
    public let owner: String
    public let state: State
    /// When it was made as it is described, for the last time that this changed something.
    public let appliedAt: Date
    /// The name of a token.
    public let appliedBy: String

    public init(key: Key, owner: String, state: State, appliedAt: Date, appliedBy: String) {
        self.key = key
        self.owner = owner
        self.state = state
        self.appliedAt = appliedAt
        self.appliedBy = appliedBy
    }
}
