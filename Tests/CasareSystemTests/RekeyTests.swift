import CasareClient
import CasareDomain
import CasarePostgres
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Synchronization
import Testing

/// A vault that is wrapped with a new key while it is worked with, and what somebody does to its tables.
struct RekeyTests {
    private static let former: UInt8 = 0x11
    private static let new: UInt8 = 0x22
    private static let newest: UInt8 = 0x33
    /// Eight batches of an orchestrator.
    private static let count = 4000
    /// So many are done at least when the orchestrator is killed, in the middle of another batch.
    private static let doneMin = 1500
    /// The place of a row that is locked meanwhile: its batch comes to no end.
    private static let locked = 2200

    private static func settings(
        _ installation: TestInstallation, _ key: UInt8, former: UInt8? = nil
    ) throws -> [String: String] {
        var settings = ["CASARE_SEALING_KEY_FILE": try installation.sealingKey(key)]
        if let former { settings["CASARE_SEALING_FORMER_KEYS"] = try installation.sealingKey(former) }
        return settings
    }

    @Test func `secrets are wrapped anew while they are used, also by an orchestrator after one that was killed`()
        async throws
    {
        try await TestInstallation.with { installation in
            try await installation.fillVault(Self.count, key: Self.former)
            let both = try Self.settings(installation, Self.new, former: Self.former)
            let before = try await installation.withOrchestrator("first", variables: both) { system in
                try await system.withRobot(.sql, id: "robot", variables: both) { _ in
                    try await Self.killInTheMiddle(system, of: installation)
                }
            }
            #expect(before < Self.count)
            let left = try await Self.rows(with: Self.former, in: installation)
            #expect(left >= Self.count - Self.locked && left < Self.count, "\(left) have the former key still")

            try await installation.withOrchestrator("second", variables: both) { system in
                try await system.withRobot(.sql, id: "robot", variables: both) { _ in
                    try await Self.working(with: system) {
                        // Nobody starts it again.
                        let status = try await eventually("all is wrapped anew") {
                            let status = try await system.json("secret", "rekey", "--status")
                            return status["rekey"]?["finished_at"]?.string == nil ? .none : status
                        }
                        #expect(status["rekey"]?["failed"] == 0)
                        #expect((status["rekey"]?["done"]?.int ?? 0) >= Self.count)
                    }
                }
                let again = try await system.casarectl("secret", "rekey", "--wait", "--timeout", "60s")
                #expect(again.status == 0, "\(again.errors)")
            }
            #expect(try await Self.rows(with: Self.former, in: installation) == 0)
            #expect(try await Self.rows(with: Self.new, in: installation) >= Self.count)
            #expect(try await installation.opened(Self.count, key: Self.new) == Self.count)

            let alone = try Self.settings(installation, Self.new)
            try await installation.withOrchestrator("third", variables: alone) { system in
                try await system.withRobot(.sql, id: "robot", variables: alone) { _ in
                    try await Self.use(0, with: system)
                }
                try await withCasareClient(.init(url: system.url, token: system.token)) { client in
                    for number in stride(from: 0, to: Self.count, by: Self.count / 20) {
                        try await Self.reveal(number, by: client)
                    }
                }
            }
        }
    }

    /// Begins it by casarectl under load, and kills the orchestrator when some batches are done and one is under way.
    ///
    /// - Returns: how many rows it said it had wrapped last.
    private static func killInTheMiddle(
        _ system: TestSystem, of installation: TestInstallation
    ) async throws -> Int {
        let other = try await PostgresConnection.connect(try PostgresConfiguration(url: installation.databaseURL))
        try await other.script("BEGIN")
        _ = try await other.execute(
            """
            SELECT version FROM secret_versions
            WHERE (tenant_id, secret_id, version) = (
                SELECT tenant_id, secret_id, version FROM secret_versions
                ORDER BY tenant_id, secret_id, version OFFSET @place LIMIT 1
            )
            FOR UPDATE
            """, ["place": .int(Self.locked)])
        let done = try await self.working(with: system) {
            let started = try await system.casarectl("secret", "rekey", "--reason", "the key is a year old")
            #expect(started.status == 0, "\(started.errors)")
            let done = try await eventually("some batches are done") { () async throws -> Int? in
                let rekey = try await system.json("secret", "rekey", "--status")["rekey"]
                return rekey?["done"]?.int.flatMap { $0 >= Self.doneMin ? $0 : nil }
            }
            system.dev.send(.kill)
            try await eventually("it has been killed") { system.dev.hasEnded ? true : nil }
            return done
        }
        try await other.script("ROLLBACK")
        await other.close()
        return done
    }

    // MARK: - Load

    private final class End: Sendable {
        let isThere = Mutex(false)
    }

    /// Reads and puts secrets for as long as `body` runs; all that is read must be what was put. Once the orchestrator
    /// has been killed there is nobody to ask.
    private static func working<Result: Sendable>(
        with system: TestSystem, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let end = End()
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            for lane in 0..<2 {
                group.addTask {
                    try await withCasareClient(.init(url: system.url, token: system.token)) { client in
                        var turn = lane
                        while !end.isThere.withLock({ $0 }), !system.dev.hasEnded {
                            turn += 1
                            do {
                                try await Self.work(turn, by: client)
                            } catch is ClientError {
                                // Only of one that was killed, which is not known to have ended at once.
                                try await eventually("the orchestrator has ended") { system.dev.hasEnded ? true : nil }
                            }
                        }
                    }
                    return nil
                }
            }
            group.addTask {
                try await Self.use(1, with: system)
                return nil
            }
            group.addTask {
                defer { end.isThere.withLock { $0 = true } }
                return try await body()
            }
            var result: Result?
            while let one = try await group.next() { result = one ?? result }
            guard let result else { throw NeverHappened(what: "there is a result") }
            return result
        }
    }

    private static func work(_ turn: Int, by client: CasareClient) async throws {
        let number = turn * 37 % self.count
        try await self.reveal(number, by: client)
        guard turn.isMultiple(of: 3) else { return }
        let (name, value) = TestInstallation.secret(number)
        _ = try await client.putSecretVersion(
            name, PutSecretRequest(fields: ["value": SecretText("\(value), put again")]))
    }

    private static func reveal(_ number: Int, by client: CasareClient) async throws {
        let (name, value) = TestInstallation.secret(number)
        let text = try await client.revealSecret(name, reason: "a test").fields["value"]
        #expect(text?.reveal { $0.hasPrefix(value) } == true, "\(name)")
    }

    /// Has a robot write a secret to a file. The robot goes on when the orchestrator has been killed.
    private static func use(_ number: Int, with system: TestSystem) async throws {
        let (name, value) = TestInstallation.secret(number)
        let path = "\(system.folder)/used-\(number)-\(system.dev.processID)"
        let submitted = try await system.casarectl(
            ["submit", "-", "-o", "name"], input: self.document(writing: name, to: path))
        if submitted.status != 0, system.dev.hasEnded { return }
        #expect(submitted.status == 0, "\(submitted.errors)")
        try await eventually("the job has written its secret") {
            let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8)
            return text?.hasPrefix(value) == true ? true : nil
        }
    }

    private static func document(writing secret: String, to path: String) -> String {
        let document: Value = [
            "nodes": [
                "write": [
                    "node_type": "WriteFileNode",
                    "config": ["file_path": .string(path), "content": .string("{{$secret:\(secret)}}")],
                ]
            ]
        ]
        return document.jsonText(.compact)
    }

    private static func rows(with key: UInt8, in installation: TestInstallation) async throws -> Int {
        let id = try TestInstallation.keyID(key)
        return try await installation.withConnection { connection in
            try connection.execute(
                "SELECT count(*) AS rows FROM secret_versions WHERE key_id = @key", ["key": .text(id)]
            ).only().int("rows")
        }
    }

    // MARK: - Damage

    @Test func `what somebody changes in the tables opens no more, and is named by all who meet it`() async throws {
        try await TestInstallation.with { installation in
            try await installation.fillVault(6, key: Self.former)
            let settings = try Self.settings(installation, Self.former)
            try await installation.withOrchestrator("first", variables: settings) { system in
                try await system.withRobot(.sql, id: "robot", variables: settings) { _ in
                    try await Self.damage(installation)
                    let damaged = [0, 1, 2, 3].map { TestInstallation.secret($0).name }
                    for name in damaged {
                        let shown = try await system.casarectl(
                            "secret", "get", name, "--reveal", "--reason", "a test")
                        #expect(shown.status == 1 && shown.output.isEmpty, "\(shown.output)")
                        #expect(shown.errors.contains("version 1 of secret \(name) is damaged"), "\(shown.errors)")
                    }
                    let sound = try await system.casarectl(
                        "secret", "get", TestInstallation.secret(5).name, "--reveal", "--reason", "a test", "--field",
                        "value")
                    #expect(sound.output == TestInstallation.secret(5).value, "\(sound.errors)")
                    let job = try await system.casarectl(
                        ["submit", "-", "--max-attempts", "1", "--wait", "--timeout", "120s", "-o", "json"],
                        input: Self.document(writing: damaged[1], to: "\(system.folder)/never"))
                    #expect(job.status == 9 && job.output.contains("version 1 of secret \(damaged[1]) is damaged"))
                    #expect(!FileManager.default.fileExists(atPath: "\(system.folder)/never"))
                }
            }
            // Before the former key goes, a change of keys finds all of it.
            let both = try Self.settings(installation, Self.newest, former: Self.former)
            try await installation.withOrchestrator("second", variables: both) { system in
                let ended = try await system.casarectl("secret", "rekey", "--wait", "--timeout", "120s")
                #expect(ended.status == 1, "\(ended.errors)")
                for number in 0..<6 {
                    let name = TestInstallation.secret(number).name
                    #expect(ended.errors.contains("version 1 of secret \(name),") == (number < 4), "\(ended.errors)")
                }
            }
        }
    }

    /// A bit of a value, a bit of a wrapped key, and two rows that take each other's place.
    private static func damage(_ installation: TestInstallation) async throws {
        @Sendable func id(_ number: Int) -> String {
            "(SELECT secret_id FROM secrets WHERE name = '\(TestInstallation.secret(number).name)')"
        }
        try await installation.withConnection { connection in
            try connection.script(
                """
                UPDATE secret_versions SET ciphertext = set_byte(ciphertext, 20, get_byte(ciphertext, 20) # 1)
                WHERE secret_id = \(id(0));
                UPDATE secret_versions SET wrapped_key = set_byte(wrapped_key, 20, get_byte(wrapped_key, 20) # 64)
                WHERE secret_id = \(id(1));
                CREATE TEMPORARY TABLE two AS
                    SELECT * FROM secret_versions WHERE secret_id IN (\(id(2)), \(id(3)));
                UPDATE secret_versions AS mine
                SET (ciphertext, wrapped_key, key_id, fields)
                    = (SELECT ciphertext, wrapped_key, key_id, fields FROM two WHERE two.secret_id <> mine.secret_id)
                WHERE mine.secret_id IN (\(id(2)), \(id(3)));
                """)
        }
    }
}
