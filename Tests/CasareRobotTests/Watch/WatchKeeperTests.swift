import CasareDomain
import CasareEngine
import CasareStore
import FoundationEssentials
import Logging
import Synchronization
import Testing

@testable import CasareRobot

/// A robot that watches beside its jobs.
struct WatchKeeperTests {
    /// Hands out one watch, and says what is asked and reported.
    private final class Server: WrappingBroker {
        struct Unused: Error {}

        let broker: any Broker = MemoryBroker(SharedMemoryQueue())
        let reports: AsyncStream<WatchReport>
        let releases: AsyncStream<Void>
        private let reported: AsyncStream<WatchReport>.Continuation
        private let released: AsyncStream<Void>.Continuation
        private let watch: Watch
        private let answers: Mutex<[Result<Int?, BrokerError>]>
        private let state = Mutex((isHanded: false, versions: [Int]()))

        /// - Parameter answers: to the reports, one after the other; then each is taken.
        init(_ watch: Watch, answers: [Result<Int?, BrokerError>] = []) {
            self.watch = watch
            self.answers = Mutex(answers)
            (self.reports, self.reported) = AsyncStream.makeStream()
            (self.releases, self.released) = AsyncStream.makeStream()
        }

        var versions: [Int] { self.state.withLock(\.versions) }

        func watches(holding: [Watch.Mark], limit: Int) async throws(BrokerError) -> WatchOffer {
            if limit == 0 {
                self.released.yield()
                return WatchOffer()
            }
            let isNew = self.state.withLock { state in
                defer { state.isHanded = true }
                return !state.isHanded
            }
            return isNew ? WatchOffer(new: [self.watch]) : WatchOffer(kept: Set(holding.map(\.trigger)))
        }

        func report(
            _ report: WatchReport, of trigger: Trigger.ID, revision: Int, version: Int
        ) async throws(BrokerError) -> Int? {
            self.state.withLock { $0.versions.append(version) }
            self.reported.yield(report)
            guard let answer = self.answers.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
                return version + 1
            }
            return try answer.get()
        }
    }

    /// Reports the numbers from 1, as long as it may, and then waits until it is cut off.
    private struct Counter: Watcher {
        let count: Int
        let ended: Latch

        func watch(_ watch: Watch, in environment: WatchEnvironment) async throws {
            defer { self.ended.open() }
            for number in 1...self.count {
                let finding = WatchFinding(key: "\(number)", payload: .int(number))
                try await environment.report(WatchReport(findings: [finding]))
            }
            try await Task.sleep(for: .seconds(3600))
        }
    }

    private static let watch = Watch(
        trigger: .new(at: Date()), name: "t", revision: 3, version: 10, source: .file(FileSource(path: "/in")),
        state: nil, secret: nil, policy: SafetyPolicy())

    private static func keeper(_ server: Server, _ watcher: some Watcher) throws -> WatchKeeper {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return WatchKeeper(
            broker: server, watchers: Watchers(file: watcher, feed: watcher),
            configuration: RobotConfiguration(
                description: RobotDescription(
                    id: try #require(Robot.ID(rawValue: "robot")), environment: "default", tags: [],
                    capabilities: [], slots: 1),
                workingDirectory: "/nonexistent"),
            logger: logger)
    }

    @Test(.timeLimit(.minutes(1)))
    func `each report counts on top of the one before, and the end lets go of the watch`() async throws {
        let server = Server(Self.watch)
        let watcher = Counter(count: 3, ended: Latch())
        let keeper = try Self.keeper(server, watcher)
        let over = Latch()
        async let running: Void = keeper.run(until: over)
        var reports = server.reports.makeAsyncIterator()
        for number in 1...3 {
            let report = await reports.next()
            #expect(report?.findings.map(\.key) == ["\(number)"])
        }
        over.open()
        await running
        #expect(watcher.ended.isOpen && server.versions == [10, 11, 12])
        var releases = server.releases.makeAsyncIterator()
        _ = await releases.next()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a report that could not be delivered is delivered again, as the same`() async throws {
        let server = Server(Self.watch, answers: [.failure(.unavailable("test")), .success(11)])
        let keeper = try Self.keeper(server, Counter(count: 2, ended: Latch()))
        let over = Latch()
        async let running: Void = keeper.run(until: over)
        var reports = server.reports.makeAsyncIterator()
        var keys: [String] = []
        for _ in 0..<3 { keys += (await reports.next())?.findings.map(\.key) ?? [] }
        over.open()
        await running
        #expect(keys == ["1", "1", "2"] && server.versions == [10, 10, 11])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a watch that has passed on is looked at no longer`() async throws {
        let server = Server(Self.watch, answers: [.success(nil)])
        let watcher = Counter(count: 5, ended: Latch())
        let keeper = try Self.keeper(server, watcher)
        let over = Latch()
        async let running: Void = keeper.run(until: over)
        await watcher.ended.waitUntilOpen()
        over.open()
        await running
        #expect(server.versions == [10])
    }
}
