extension OTLPReceiver {
    /// The longest that tests wait for something: a machine that runs all tests at once is slow at times.
    package static let patience = Duration.seconds(120)

    /// Waits until so many spans have come.
    ///
    /// - Returns: all that are like that by then.
    /// - Throws: `NeverHappened` when time is up, which says what came instead.
    @discardableResult
    package func spans(
        _ count: Int, within limit: Duration = OTLPReceiver.patience,
        where isWanted: @escaping @Sendable (Span) -> Bool = { _ in true }
    ) async throws -> [Span] {
        try await self.record.wait(for: "\(count) spans", within: limit) { state in
            let found = state.spans.filter(isWanted)
            return found.count >= count ? .some(found) : .none
        }
    }

    /// Waits until so many data points of a metric have come.
    ///
    /// - Throws: `NeverHappened`.
    @discardableResult
    package func points(
        _ count: Int, of name: String, within limit: Duration = OTLPReceiver.patience,
        where isWanted: @escaping @Sendable (Point) -> Bool = { _ in true }
    ) async throws -> [Point] {
        try await self.record.wait(for: "\(count) points of \(name)", within: limit) { state in
            let found = state.points.filter { $0.name == name && isWanted($0) }
            return found.count >= count ? .some(found) : .none
        }
    }

    /// Waits until so many log records have come.
    ///
    /// - Throws: `NeverHappened`.
    @discardableResult
    package func logRecords(
        _ count: Int, within limit: Duration = OTLPReceiver.patience,
        where isWanted: @escaping @Sendable (LogRecord) -> Bool = { _ in true }
    ) async throws -> [LogRecord] {
        try await self.record.wait(for: "\(count) log records", within: limit) { state in
            let found = state.logRecords.filter(isWanted)
            return found.count >= count ? .some(found) : .none
        }
    }

    /// Waits until so many exports were asked for, taken or not.
    ///
    /// - Throws: `NeverHappened`.
    @discardableResult
    package func attempts(
        _ count: Int, of signal: Signal, within limit: Duration = OTLPReceiver.patience
    ) async throws -> [Attempt] {
        try await self.record.wait(for: "\(count) exports of \(signal)", within: limit) { state in
            let found = state.attempts.filter { $0.signal == signal }
            return found.count >= count ? .some(found) : .none
        }
    }

    /// Waits until so many connections were made.
    ///
    /// - Throws: `NeverHappened`.
    package func connections(_ count: Int, within limit: Duration = OTLPReceiver.patience) async throws {
        try await self.record.wait(for: "\(count) connections", within: limit) { state in
            state.wire.connections >= count ? .some(()) : .none
        }
    }
}
