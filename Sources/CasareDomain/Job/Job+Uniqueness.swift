extension Job {
    /// What is true of a job that holds a unique key: while it does, there is no other one of this key.
    public struct UniqueKey: Hashable, Sendable {
        /// How long a job holds its key.
        public enum Scope: Hashable, Sendable {
            /// Until a robot has it.
            case waiting
            /// Until it has ended.
            case unfinished
            /// For so long from its submit on, whatever becomes of it.
            case window(seconds: Double)
        }

        public let key: String
        public let scope: Scope

        public init(key: String, scope: Scope) {
            self.key = key
            self.scope = scope
        }
    }

    /// How a submit asks for there to be one job of a key at a time.
    public struct Uniqueness: Hashable, Sendable {
        /// What happens when another job holds the key.
        public enum Conflict: Hashable, Sendable {
            /// The submit returns that job.
            case returnExisting
            /// The submit is refused.
            case reject
            /// That job is cancelled, and the new one takes its place; one that runs is left alone and returned.
            case replace
            /// As `replace`, and the new job begins only when no other has replaced it for a while.
            case debounce(Debounce)
        }

        public struct Debounce: Hashable, Sendable {
            public let seconds: Double
            /// Counted from the first of the jobs that replaced each other: then one begins, however many still come.
            public let secondsMax: Double?
        }

        /// Why it cannot be: a sentence for whoever wrote it, about one member.
        public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
            public enum Member: String, Hashable, Sendable {
                case key, scope, windowSeconds, onConflict, debounceSeconds, debounceMaxSeconds
            }

            public let member: Member
            public let description: String
        }

        public let key: UniqueKey
        public let conflict: Conflict

        public init(
            _ key: String, scope: UniqueKey.Scope = .unfinished, conflict: Conflict = .returnExisting
        )
            throws(Invalid)
        {
            if case .window(let seconds) = scope { try Self.checkSpan(seconds, .windowSeconds) }
            if case .debounce(let debounce) = conflict {
                try Self.checkSpan(debounce.seconds, .debounceSeconds)
                if let max = debounce.secondsMax {
                    try Self.checkSpan(max, .debounceMaxSeconds)
                    guard max >= debounce.seconds else {
                        throw Invalid(
                            member: .debounceMaxSeconds,
                            description: "is less than debounce_seconds; no job would wait that long")
                    }
                }
                guard scope == .waiting else {
                    throw Invalid(
                        member: .scope, description: "is waiting for a job with debounce_seconds; leave it out")
                }
            }
            self.key = UniqueKey(key: key, scope: scope)
            self.conflict = conflict
        }

        /// A job that begins when no other of this key has been submitted for `seconds`.
        public init(_ key: String, debounceSeconds seconds: Double, secondsMax: Double? = nil) throws(Invalid) {
            try self.init(
                key, scope: .waiting, conflict: .debounce(Debounce(seconds: seconds, secondsMax: secondsMax)))
        }

        private static func checkSpan(_ seconds: Double, _ member: Invalid.Member) throws(Invalid) {
            guard seconds > 0, seconds <= Job.spanSecondsMax else {
                throw Invalid(
                    member: member,
                    description: "expected seconds above 0, up to \(Int(Job.spanSecondsMax)), got \(seconds)")
            }
        }
    }
}

/// The names that requests, answers and the database use.
extension Job.UniqueKey {
    public enum ScopeName: String, Hashable, Sendable, Codable, CaseIterable {
        case waiting, unfinished, window
    }

    public var scopeName: ScopeName {
        switch self.scope {
        case .waiting: .waiting
        case .unfinished: .unfinished
        case .window: .window
        }
    }

    public var windowSeconds: Double? {
        if case .window(let seconds) = self.scope { seconds } else { nil }
    }

    /// `nil` when a window has no length, or something else has one.
    public init?(key: String, scope: ScopeName, windowSeconds: Double?) {
        switch (scope, windowSeconds) {
        case (.waiting, nil): self.init(key: key, scope: .waiting)
        case (.unfinished, nil): self.init(key: key, scope: .unfinished)
        case (.window, let seconds?): self.init(key: key, scope: .window(seconds: seconds))
        case (.waiting, .some), (.unfinished, .some), (.window, nil): return nil
        }
    }
}

extension Job.Uniqueness {
    public enum ConflictName: String, Hashable, Sendable, Codable, CaseIterable {
        case `return`, reject, replace
    }

    public var conflictName: ConflictName {
        switch self.conflict {
        case .returnExisting: .return
        case .reject: .reject
        case .replace, .debounce: .replace
        }
    }

    public var debounce: Debounce? {
        if case .debounce(let debounce) = self.conflict { debounce } else { nil }
    }
}

extension Job.Uniqueness: Codable {
    private enum CodingKeys: String, CodingKey {
        case key, scope, windowSeconds, onConflict, debounceSeconds, debounceMaxSeconds
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let key = try container.decode(String.self, forKey: .key)
        let scopeName = try container.decodeIfPresent(Job.UniqueKey.ScopeName.self, forKey: .scope)
        let window = try container.decodeIfPresent(Double.self, forKey: .windowSeconds)
        let conflictName = try container.decodeIfPresent(ConflictName.self, forKey: .onConflict)
        let debounce = try container.decodeIfPresent(Double.self, forKey: .debounceSeconds)
        let debounceMax = try container.decodeIfPresent(Double.self, forKey: .debounceMaxSeconds)
        do throws(Invalid) {
            try self.init(
                key: key, scope: scopeName, windowSeconds: window, onConflict: conflictName, debounceSeconds: debounce,
                debounceMaxSeconds: debounceMax)
        } catch {
            let member = CodingKeys(rawValue: error.member.rawValue) ?? .key
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath + [member], debugDescription: error.description,
                    underlyingError: error))
        }
    }

    /// From members that may contradict each other, as a request or a command line has them.
    public init(
        key: String, scope: Job.UniqueKey.ScopeName?, windowSeconds: Double?, onConflict: ConflictName?,
        debounceSeconds: Double?, debounceMaxSeconds: Double?
    ) throws(Invalid) {
        let scope = scope ?? (windowSeconds != nil ? .window : debounceSeconds != nil ? .waiting : .unfinished)
        if scope == .window && windowSeconds == nil {
            throw Invalid(member: .windowSeconds, description: "is required for the scope window")
        }
        guard let held = Job.UniqueKey(key: key, scope: scope, windowSeconds: windowSeconds) else {
            throw Invalid(
                member: .windowSeconds, description: "belongs to the scope window, and the scope is \(scope.rawValue)")
        }
        if let debounceSeconds {
            guard onConflict ?? .replace == .replace else {
                throw Invalid(
                    member: .onConflict, description: "is replace for a job with debounce_seconds; leave it out")
            }
            try self.init(
                key, scope: held.scope,
                conflict: .debounce(Debounce(seconds: debounceSeconds, secondsMax: debounceMaxSeconds)))
            return
        }
        guard debounceMaxSeconds == nil else {
            throw Invalid(member: .debounceMaxSeconds, description: "belongs to debounce_seconds; give that too")
        }
        let conflict: Conflict =
            switch onConflict ?? .return {
            case .return: .returnExisting
            case .reject: .reject
            case .replace: .replace
            }
        try self.init(key, scope: held.scope, conflict: conflict)
    }

    /// Leaves out what there is not.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.key.key, forKey: .key)
        try container.encode(self.key.scopeName, forKey: .scope)
        if let seconds = self.key.windowSeconds { try container.encode(seconds, forKey: .windowSeconds) }
        try container.encode(self.conflictName, forKey: .onConflict)
        if let debounce {
            try container.encode(debounce.seconds, forKey: .debounceSeconds)
            if let max = debounce.secondsMax { try container.encode(max, forKey: .debounceMaxSeconds) }
        }
    }
}
