/// What was read a moment ago, for everybody who asks meanwhile: however many scrape, it is read once in a while, by one
/// of them.
actor CachedReading<Value: Sendable> {
    /// How long a reading counts. One that took long counts for longer: reading takes no more than a twentieth of the time.
    static var keptFor: Duration { .seconds(5) }
    static var pauseFactor: Int { 20 }
    static var keptForMax: Duration { .seconds(60) }

    private let read: @Sendable () async throws -> Value
    private let failed: @Sendable (any Error) -> Void
    private let now: @Sendable () -> ContinuousClock.Instant
    private var kept: (value: Value?, until: ContinuousClock.Instant)?
    private var reading: Task<Value?, Never>?

    /// - Parameters:
    ///   - read: sees to it that it does not take long.
    ///   - failed: hears of each failure once.
    init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        read: @escaping @Sendable () async throws -> Value, failed: @escaping @Sendable (any Error) -> Void
    ) {
        self.now = now
        self.read = read
        self.failed = failed
    }

    /// `nil`: it could not be read. That counts for a while too, and nothing older comes in its place.
    var value: Value? {
        get async {
            if let kept, self.now() < kept.until { return kept.value }
            if let reading { return await reading.value }
            // Not the caller's own task, which may be cancelled while others wait. It is awaited at once.
            let reading = Task { await self.fresh() }
            self.reading = reading
            return await reading.value
        }
    }

    private func fresh() async -> Value? {
        let began = self.now()
        var value: Value?
        do {
            value = try await self.read()
        } catch {
            self.failed(error)
        }
        let ended = self.now()
        let pause = min(max(Self.keptFor, (ended - began) * Self.pauseFactor), Self.keptForMax)
        self.kept = (value, ended + pause)
        self.reading = nil
        return value
    }
}
