package import CasareDomain
package import FoundationEssentials

/// Looks for what a trigger waits for: at files, or at feeds.
package protocol Watcher: Sendable {
    /// Watches until the task is cancelled, and reports what it finds. It begins where the watch's state says that
    /// another one has got to.
    ///
    /// - Throws: `CancellationError`; what `report` throws, at once: somebody else watches then, or nothing it finds
    ///   counts any more.
    func watch(_ watch: Watch, in environment: WatchEnvironment) async throws
}

/// What a watcher is given to watch with.
package struct WatchEnvironment: Sendable {
    /// The robot's, as the tenant has it.
    package let policy: NodePolicy
    /// Of what a watcher writes nothing; rules on paths want to know it.
    package let workingDirectory: String
    package let now: @Sendable () -> Date
    /// Of a clock that nobody turns back.
    package let instant: @Sendable () -> ContinuousClock.Instant
    package let sleep: @Sendable (Duration) async throws -> Void
    /// Returns when the report is kept, with the jobs that come of it.
    package let report: @Sendable (WatchReport) async throws -> Void

    package init(
        policy: NodePolicy, workingDirectory: String, now: @escaping @Sendable () -> Date = { Date() },
        instant: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        report: @escaping @Sendable (WatchReport) async throws -> Void
    ) {
        self.policy = policy
        self.workingDirectory = workingDirectory
        self.now = now
        self.instant = instant
        self.sleep = sleep
        self.report = report
    }
}

/// Who watches what.
package struct Watchers: Sendable {
    package let file: any Watcher
    package let feed: any Watcher

    package init(file: any Watcher, feed: any Watcher) {
        self.file = file
        self.feed = feed
    }

    package func watcher(of source: Watch.Source) -> any Watcher {
        switch source {
        case .file: self.file
        case .feed: self.feed
        }
    }
}
