/// A robot's right to run a job, for as long as its session is alive.
public struct Lease: Hashable, Sendable {
    /// Grows with every lease of every job, so the newest holder has the largest: a fencing token.
    public struct Token: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
        public let rawValue: Int64

        public init(rawValue: Int64) { self.rawValue = rawValue }

        public var description: String { String(self.rawValue) }

        public static func < (left: Token, right: Token) -> Bool { left.rawValue < right.rawValue }
    }

    public let job: Job.ID
    public let token: Token

    public init(job: Job.ID, token: Token) {
        self.job = job
        self.token = token
    }
}
