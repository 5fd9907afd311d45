import CasareClient
import CasareDomain
import CasarePostgres
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Synchronization
import Testing

/// The audit log as it is kept by processes that die, and looked at by people: the chain has no gap whatever happens to
/// them.
@Suite(.serialized)
struct AuditTests {
    private static let writers = 100
    private static let changesOfEach = 2
    private static let restWhileAway = Duration.milliseconds(200)

    private static let state = Query(
        """
        SELECT
            (SELECT count(*) FROM audit_entries WHERE tenant_id = 1) AS entries,
            (SELECT count(*) FROM audit_chain WHERE tenant_id = 1) AS links,
            (SELECT max(number) FROM audit_chain WHERE tenant_id = 1) AS last,
            (SELECT count(DISTINCT entry_id) FROM audit_chain WHERE tenant_id = 1) AS linked
        """)

    /// How many entries there are, once all of them are linked, each once and without a gap.
    static func linked(in installation: TestInstallation) async throws -> Int {
        try await eventually("all entries are linked") {
            let counts = try await installation.withConnection { connection in
                let row = try connection.execute(Self.state).only()
                return try ["entries", "links", "last", "linked"].map { try row.optionalInt64($0) ?? 0 }
            }
            return Set(counts).count == 1 && counts[0] > 0 ? Int(counts[0]) : nil
        }
    }

    // MARK: - Writers

    /// What has been done, for whoever waits for a part of it.
    private final class Done: Sendable {
        private let names = Mutex<Set<String>>([])

        var count: Int { self.names.withLock { $0.count } }

        func note(_ name: String) { self.names.withLock { _ = $0.insert(name) } }
    }

    /// Makes a token, however often a server is gone meanwhile. What was done before the answer got lost is not done
    /// again.
    private static func make(_ name: String, by client: CasareClient) async throws {
        try await eventually("token \(name) is there") {
            do {
                _ = try await client.createToken(CreateTokenRequest(name: name, role: .viewer))
                return true
            } catch ClientError.unreachable, ClientError.timedOut {
                // Not all of them at once again, while it starts.
                try await Task.sleep(for: Self.restWhileAway)
                return nil
            } catch ClientError.api(let problem) where problem.code == .conflict {
                return true
            } catch ClientError.api(let problem) where problem.status >= 500 {
                return nil
            }
        }
    }

    private static func write(_ done: Done, to urls: [String], as token: String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, url) in urls.enumerated() {
                group.addTask {
                    var configuration = CasareClient.Configuration(url: url, token: token)
                    configuration.connectionsMax = Self.writers / urls.count
                    try await withCasareClient(configuration) { client in
                        try await withThrowingTaskGroup(of: Void.self) { writers in
                            for writer in stride(from: number, to: Self.writers, by: urls.count) {
                                writers.addTask {
                                    for change in 0..<Self.changesOfEach {
                                        try await Self.make("w-\(writer)-\(change)", by: client)
                                        done.note("\(writer)-\(change)")
                                    }
                                }
                            }
                            try await writers.waitForAll()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a hundred writers on two servers, one of which is killed, leave a chain without a gap`() async throws {
        try await TestInstallation.with { installation in
            try await installation.withOrchestrator("first") { first in
                try await installation.withOrchestrator("second") { second in
                    let follow = try TestProgram(
                        .casarectl,
                        variables: [
                            "HOME": installation.folder, "CASARE_URL": second.url, "CASARE_TOKEN": second.token,
                        ])
                    // Whoever follows asks the server that is killed.
                    try await follow.withRunning(
                        ["audit", "follow", "--after", "0", "-o", "jsonl"], log: "\(installation.folder)/follow.log"
                    ) { follower in
                        try await Self.writeThroughDeath(of: second, beside: first, installation, follower)
                    }
                }
            }
        }
    }

    /// The second server is killed when a part is done, and comes again at the same place.
    private static func writeThroughDeath(
        of second: TestSystem, beside first: TestSystem, _ installation: TestInstallation, _ follower: RunningProgram
    ) async throws {
        let done = Done()
        let all = Self.writers * Self.changesOfEach
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Self.write(done, to: [first.url, second.url], as: first.token) }
            group.addTask {
                try await eventually("the follower has begun") { follower.log.contains("\"number\":") ? true : nil }
                try await eventually("a part is done") { done.count >= all / 4 ? true : nil }
                second.dev.send(.kill)
                try await eventually("the second server is gone") { second.dev.hasEnded ? true : nil }
                try await installation.withOrchestrator("second again", variables: ["CASARE_PORT": second.port]) { _ in
                    try await eventually("everything is done") { done.count == all ? true : nil }
                    try await Self.check(first, installation, follower)
                }
            }
            try await group.waitForAll()
        }
    }

    private static func check(
        _ system: TestSystem, _ installation: TestInstallation, _ follower: RunningProgram
    ) async throws {
        let count = try await Self.linked(in: installation)
        let verdict = try await system.json("audit", "verify")
        #expect(verdict["is_intact"] == true && verdict["entries"] == .int(count), "\(verdict)")
        // Each change has its one entry, whatever became of its answer.
        let subjects = try await installation.withConnection { connection in
            try connection.execute(
                """
                SELECT subject FROM audit_entries
                WHERE tenant_id = 1 AND action = 'token.create' AND outcome = 'granted' AND subject LIKE 'w-%'
                """
            ).map { try $0.string("subject") }
        }
        let all = Self.writers * Self.changesOfEach
        #expect(subjects.count == all && Set(subjects).count == all, "\(subjects.count)")

        // Whoever follows has seen the server go and come, and nothing twice or not at all.
        let numbers = try await eventually("the follower has seen all") { () throws -> [Int]? in
            #expect(!follower.hasEnded, "\(follower.log.suffix(1_000))")
            guard !follower.hasEnded else { return [] }
            let numbers = follower.log.split(separator: "\n").compactMap { line in
                (try? Value(parsingJSON: String(line)))?["number"]?.int
            }
            return numbers.count >= count ? numbers : nil
        }
        #expect(numbers == Array(1...count))
    }
}
