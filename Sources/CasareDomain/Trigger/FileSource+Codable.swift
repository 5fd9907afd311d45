extension FileSource: Codable {
    enum CodingKeys: String, CodingKey {
        case path, patterns
        case isRecursive = "recursive"
        case events
        case debounceSeconds = "debounce_seconds"
        case settledSeconds = "settled_seconds"
        case ignore
        case takesExisting = "existing"
        case pollSeconds = "poll_seconds"
        case robot, variables
    }

    /// Refuses what nobody can watch, naming the member at fault.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let plain = FileSource(path: try container.decode(String.self, forKey: .path))
        let patterns = try container.decodeIfPresent([String].self, forKey: .patterns)
        let isRecursive = try container.decodeIfPresent(Bool.self, forKey: .isRecursive)
        let events = try container.decodeIfPresent([Event].self, forKey: .events)
        let debounce = try container.decodeIfPresent(Double.self, forKey: .debounceSeconds)
        let settled = try container.decodeIfPresent(Double.self, forKey: .settledSeconds)
        let ignore = try container.decodeIfPresent([String].self, forKey: .ignore)
        let existing = try container.decodeIfPresent(Bool.self, forKey: .takesExisting)
        let poll = try container.decodeIfPresent(Double.self, forKey: .pollSeconds)
        let robot = try container.decodeIfPresent(Robot.ID.self, forKey: .robot)
        let variables = try container.decodeIfPresent(Object.self, forKey: .variables) ?? [:]
        self.init(
            path: plain.path, patterns: patterns ?? plain.patterns, isRecursive: isRecursive ?? plain.isRecursive,
            events: events ?? plain.events, debounceSeconds: debounce ?? plain.debounceSeconds,
            settledSeconds: settled ?? plain.settledSeconds, ignore: ignore ?? plain.ignore,
            takesExisting: existing ?? plain.takesExisting, pollSeconds: poll ?? plain.pollSeconds, robot: robot,
            variables: try container.mapping(variables, .variables, refusing: []))
        try self.check(container)
    }

    private func check(_ container: KeyedDecodingContainer<CodingKeys>) throws {
        try container.check(self.path, .path, Self.pathCharactersMax)
        let start = self.path.utf8.first
        guard start == UInt8(ascii: "/") || start == UInt8(ascii: "~") else {
            throw container.invalid(
                .path, "expected an absolute path such as /srv/in, or one from the robot's home such as ~/in")
        }
        guard !self.patterns.isEmpty else { throw container.invalid(.patterns, "name one pattern or more, such as *") }
        try container.checkPatterns(self.patterns, .patterns)
        try container.checkPatterns(self.ignore, .ignore)
        guard !self.events.isEmpty, Set(self.events).count == self.events.count else {
            let names = Event.allCases.map(\.rawValue).joined(separator: ", ")
            throw container.invalid(.events, "name one or more of \(names), each once")
        }
        let quiet = 0...Self.quietSecondsMax
        let waits: [(seconds: Double, key: CodingKeys)] = [
            (self.debounceSeconds, .debounceSeconds), (self.settledSeconds, .settledSeconds),
        ]
        for wait in waits { try container.checkSeconds(wait.seconds, wait.key, quiet) }
        try container.checkSeconds(self.pollSeconds, .pollSeconds, Self.pollSecondsRange)
    }

    /// What is not asked for is left out: so a spec reads as it was written.
    public func encode(to encoder: any Encoder) throws {
        let plain = FileSource(path: self.path)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.path, forKey: .path)
        if self.patterns != plain.patterns { try container.encode(self.patterns, forKey: .patterns) }
        if self.isRecursive { try container.encode(true, forKey: .isRecursive) }
        if self.events != plain.events { try container.encode(self.events, forKey: .events) }
        if self.debounceSeconds != plain.debounceSeconds {
            try container.encode(self.debounceSeconds, forKey: .debounceSeconds)
        }
        if self.settledSeconds != plain.settledSeconds {
            try container.encode(self.settledSeconds, forKey: .settledSeconds)
        }
        if self.ignore != plain.ignore { try container.encode(self.ignore, forKey: .ignore) }
        if self.takesExisting { try container.encode(true, forKey: .takesExisting) }
        if self.pollSeconds != plain.pollSeconds { try container.encode(self.pollSeconds, forKey: .pollSeconds) }
        if let robot { try container.encode(robot, forKey: .robot) }
        if !self.variables.isEmpty { try container.encode(self.variables.texts, forKey: .variables) }
    }
}

// MARK: - What the members of watches have in common

extension KeyedDecodingContainer {
    func checkSeconds(_ seconds: Double, _ key: Key, _ range: ClosedRange<Double>) throws {
        guard range.contains(seconds) else {
            throw self.invalid(
                key, "expected seconds from \(range.lowerBound) to \(Int(range.upperBound)), got \(seconds)")
        }
    }

    /// Patterns of file names, none of which leads out of the folder.
    fileprivate func checkPatterns(_ patterns: [String], _ key: Key) throws {
        guard patterns.count <= FileSource.patternsMax else {
            throw self.invalid(key, "expected at most \(FileSource.patternsMax), got \(patterns.count)")
        }
        for pattern in patterns {
            try self.check(pattern, key, FileSource.patternCharactersMax)
            let parts = pattern.utf8.split(separator: UInt8(ascii: "/"))
            guard pattern.utf8.first != UInt8(ascii: "/"), !parts.isEmpty,
                !parts.contains(where: { $0.elementsEqual("..".utf8) })
            else {
                throw self.invalid(key, "\"\(pattern.prefix(60))\" must stay inside the folder; write *.csv or in/*")
            }
        }
    }
}
