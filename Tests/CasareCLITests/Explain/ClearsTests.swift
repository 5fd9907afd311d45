import ArgumentParser
import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What `explain` says clears a reason, as somebody pastes it.
struct ClearsTests {
    /// Names that a shell and a parser of options would take for something else.
    private static let environment = "ä b's"
    private static let key = "-k \"x\" $y"
    private static let tag = "-t ü"

    @Test func `every command that clears a reason is taken as it is printed`() async throws {
        try await withTestDatabase { database in
            let lines = try await database.asTenant(.default) { connection in
                try Scene.played(on: connection).clears
            }
            for line in lines {
                let words = try #require(Self.words(line), "\(line)")
                #expect(words.first == "casarectl")
                #expect(throws: Never.self, "\(line)") { try Casarectl.parseAsRoot(Array(words.dropFirst())) }
            }
            let verbs = Set(
                lines.compactMap(Self.words).map { words in
                    words.dropFirst().prefix(words[1] == "retry" ? 1 : 2).joined(separator: " ")
                })
            let expected: Set = [
                "queue resume", "queue limit", "robot register", "robot uncordon", "robot stop", "retry", "job resolve",
            ]
            #expect(verbs == expected, "\(lines)")
            // The names arrive as they are.
            let resumed = try lines.compactMap { line in
                try Casarectl.parseAsRoot(Array(Self.words(line)?.dropFirst() ?? [])) as? QueueCommand.Resume
            }
            #expect(Set(resumed.map(\.control.queue)) == [Self.environment])
            #expect(Set(resumed.map(\.control.key)) == [nil, Self.key])
            let registered = try lines.compactMap { line in
                try Casarectl.parseAsRoot(Array(Self.words(line)?.dropFirst() ?? [])) as? RobotCommand.Register
            }
            #expect(registered.contains { $0.tags.contains(Self.tag) })
        }
    }

    @Test func `names that begin with a dash are no options`() throws {
        let command = Explanation.Command("casarectl queue resume", "-x", [.init("key", "-y")])
        #expect(command.text == "casarectl queue resume --key=-y -- -x")
        let words = try #require(Self.words(command.text)).dropFirst()
        let parsed = try #require(try Casarectl.parseAsRoot(Array(words)) as? QueueCommand.Resume)
        #expect(parsed.control.queue == "-x" && parsed.control.key == "-y")
    }

    @Test func `a command is filled in as a shell takes it`() {
        let command = Explanation.Command("casarectl queue resume", "a b", [.init("key", "it's")])
        #expect(command.text == #"casarectl queue resume 'a b' --key 'it'\''s'"#)
    }

    /// Words as a POSIX shell finds them (2.2 of its chapter); `nil` for anything that it would not take literally.
    private static func words(_ line: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var rest = line[...]
        while let character = rest.popFirst() {
            switch character {
            case "'":
                guard let end = rest.firstIndex(of: "'") else { return nil }
                word = (word ?? "") + rest[..<end]
                rest = rest[rest.index(after: end)...]
            case "\\":
                guard let next = rest.popFirst() else { return nil }
                word = (word ?? "") + String(next)
            case " ":
                if let word { words.append(word) }
                word = nil
            case let other where "\"$`|&;<>()*?[]#~!{}\n\t".contains(other): return nil
            case let other: word = (word ?? "") + String(other)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    /// Everything that may be wrong with a queue, bit by bit.
    private struct Scene {
        private let robot: Robot.ID
        private let session: Robot.SessionID
        private var jobs: [Job.ID] = []
        private(set) var clears: Set<String> = []

        private init(robot: Robot.ID, session: Robot.SessionID) {
            self.robot = robot
            self.session = session
        }

        static func played(on connection: isolated PostgresConnection) throws -> Scene {
            let robot = try #require(Robot.ID(rawValue: "r1"))
            _ = try RobotStore.register(
                robot, environment: ClearsTests.environment, tags: ["t"], capabilities: [], slots: 1, on: connection)
            let session = try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 1, on: connection)
            var scene = Scene(robot: robot, session: session)
            let running = try scene.begin(on: connection)
            try scene.limit(on: connection)
            try scene.pause(on: connection)
            // A robot that does not get on.
            _ = try LeaseStore.renew(
                session, held: [], progress: Robot.Progress(overdueJob: running, secondsOverdue: 90), on: connection)
            try scene.look(on: connection)
            return scene
        }

        private mutating func look(on connection: isolated PostgresConnection) throws {
            var reasons = try QueueStore.explain(queue: ClearsTests.environment, on: connection).reasons
            reasons += try QueueStore.explain(robot: self.robot, on: connection).reasons
            for job in self.jobs { reasons += try QueueStore.explain(job: job, on: connection).reasons }
            self.clears.formUnion(reasons.compactMap(\.clears))
        }

        /// One has failed, one is asked about, one runs in the only slot, and the others wait.
        private mutating func begin(on connection: isolated PostgresConnection) throws -> Job.ID {
            let workflow = try WorkflowStore.push(name: "w", document: "{}", by: "ann", on: connection).version.workflow
            func job(key: String? = nil, _ requirements: Job.Requirements = .anyRobot) -> NewJob {
                NewJob(
                    workflow: workflow, workflowVersion: 1, environment: ClearsTests.environment, queueKey: key,
                    requirements: requirements)
            }
            let key = ClearsTests.key
            let unmet = Job.Requirements(tags: [ClearsTests.tag], capabilities: ["c d"])
            self.jobs = try JobStore.submit(
                [job(), job(), job(key: key), job(key: key), job(key: key), job(key: key), job(unmet)], by: "ann",
                on: connection
            ).map(\.id)
            var cursor = LeaseCursor()
            let leased = try LeaseStore.lease(self.session, limit: 3, cursor: &cursor, on: connection)
            try #require(leased.count == 3)
            let failure = Failure(kind: .business, message: "no such customer", type: "BusinessError")
            _ = try LeaseStore.fail(leased[0].lease, failure: failure, result: nil, on: connection)
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try LeaseStore.block(leased[1].lease, question: question, on: connection)
            try self.look(on: connection)
            return leased[2].lease.job
        }

        /// Limits and rates: of the queue, of every key, of one key.
        private mutating func limit(on connection: isolated PostgresConnection) throws {
            _ = try QueueStore.limit(ClearsTests.environment, on: connection) {
                $0 = QueueLimits(
                    concurrency: 0, rate: QueueRate(everySeconds: 3600, burst: 1), keyConcurrency: 0,
                    keyRate: QueueRate(everySeconds: 0.6, burst: 100))
            }
            try connection.execute("UPDATE queue_rules SET rate_busy_until = now() + interval '1 day'")
            try connection.execute("UPDATE queue_keys SET rate_busy_until = now() + interval '1 day'")
            try self.look(on: connection)
            _ = try QueueStore.limit(ClearsTests.environment, key: ClearsTests.key, on: connection) {
                $0.rate = QueueRate(everySeconds: 0.6, burst: 1)
            }
            try connection.execute("UPDATE queue_keys SET rate_busy_until = now() + interval '1 day'")
            try self.look(on: connection)
        }

        private mutating func pause(on connection: isolated PostgresConnection) throws {
            let queue = ClearsTests.environment
            _ = try QueueStore.pause(queue, by: "ann", reason: nil, until: nil, on: connection)
            _ = try QueueStore.pause(queue, key: ClearsTests.key, by: "ann", reason: nil, until: nil, on: connection)
            _ = try RobotStore.cordon(self.robot, by: "ann", on: connection)
            try self.look(on: connection)
        }
    }
}
