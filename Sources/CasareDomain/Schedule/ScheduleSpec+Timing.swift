public import FoundationEssentials

extension ScheduleSpec {
    /// When it fires.
    public enum Timing: Hashable, Sendable {
        case cron(Cron)
        case interval(Interval)
        case once(Once)
        case dependency(Dependency)
        case event(Event)

        /// Its name, and its member in JSON.
        public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
            case cron, interval, once, dependency, event
        }

        public var kind: Kind {
            switch self {
            case .cron: .cron
            case .interval: .interval
            case .once: .once
            case .dependency: .dependency
            case .event: .event
            }
        }

        /// Whether it fires at times that are known before.
        public var hasTimes: Bool {
            switch self {
            case .cron, .interval, .once: true
            case .dependency, .event: false
            }
        }
    }

    /// By the clock on the wall of a zone.
    public struct Cron: Hashable, Sendable {
        public static let expressionCharactersMax = 500
        public static let zoneCharactersMax = 64
        public static let zoneDefault = "UTC"

        public var expression: String
        /// Of the IANA database, such as `Europe/Berlin`.
        public var zone: String
        /// What happens when clocks are put forward or back.
        public var dst: DSTRule

        public init(_ expression: String, zone: String = Cron.zoneDefault, dst: DSTRule = .automatic) {
            self.expression = expression
            self.zone = zone
            self.dst = dst
        }
    }

    /// Every so many seconds of elapsed time.
    public struct Interval: Hashable, Sendable {
        /// One second to 366 days.
        public static let secondsRange = 1...31_622_400

        public var seconds: Int
        /// The first tick; the others are counted from it. Without one, ticks are whole multiples of `seconds` after
        /// 1970-01-01T00:00:00Z.
        public var from: Date?

        public init(seconds: Int, from: Date? = nil) {
            self.seconds = seconds
            self.from = from
        }
    }

    /// One tick, and no other.
    public struct Once: Hashable, Sendable {
        public var at: Date

        public init(at: Date) { self.at = at }
    }

    /// After jobs of other workflows.
    public struct Dependency: Hashable, Sendable {
        public enum WaitFor: String, Hashable, Sendable, Codable, CaseIterable {
            /// One job of each of the workflows.
            case all
            /// One job of any of them.
            case any
        }

        /// Which endings count.
        public enum On: String, Hashable, Sendable, Codable, CaseIterable {
            case success, failure, always
        }

        public static let workflowsMax = 50
        public static let withinSecondsDefault = 3600.0

        /// Names of workflows.
        public var after: [String]
        public var waitFor: WaitFor
        public var on: On
        /// The first and the last of the endings that `all` waits for lie no further apart; older ones are forgotten.
        public var withinSeconds: Double

        public init(
            after: [String], waitFor: WaitFor = .all, on: On = .success,
            withinSeconds: Double = Dependency.withinSecondsDefault
        ) {
            self.after = after
            self.waitFor = waitFor
            self.on = on
            self.withinSeconds = withinSeconds
        }
    }

    /// When something happens to a job, a secret, or the keys of the installation.
    public struct Event: Hashable, Sendable {
        /// Any of these.
        public var kinds: [EventKind]
        /// Name of the workflow of the job; `nil`: any. Only where all kinds are those of jobs.
        public var workflow: String?
        /// What must be true of the event's detail, as `DetailFilter` reads it.
        public var filter: Object
        /// It fires once nothing has happened for so long; what happened until then counts as one.
        public var debounceSeconds: Double?

        public init(
            kinds: [EventKind], workflow: String? = nil, filter: Object = [:], debounceSeconds: Double? = nil
        ) {
            self.kinds = kinds
            self.workflow = workflow
            self.filter = filter
            self.debounceSeconds = debounceSeconds
        }
    }
}
