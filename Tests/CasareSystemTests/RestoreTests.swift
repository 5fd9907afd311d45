import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

/// A database that is lost and put back from a backup, while robots and the world have gone on: nothing of what was done
/// in the time that was lost is done again. A file outside of the programs is the judge.
@Suite(.serialized)
struct RestoreTests {
    /// Who says that the database was put back.
    enum Declaration: CaseIterable {
        /// `casarectl db restored`, before any server is there.
        case person
        /// An orchestrator that is started, and was never told of anything.
        case server
    }

    /// Of sessions over the API: longer than the database is away.
    private static let leaseSeconds = 20

    /// Appends words to a file, and between two of them waits until there is another one.
    private static func script(in folder: String) throws -> String {
        let path = "\(folder)/effect.sh"
        try """
        echo "$2" >> "$1"
        [ -z "$3" ] && exit 0
        while [ ! -e "$3" ]; do sleep 0.05; done
        echo "$4" >> "$1"

        """.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private static func workflow(
        _ name: String, script: String, arguments: [String], naming secret: String? = nil
    ) -> String {
        var nodes: Object = [
            "act": [
                "node_type": "RunCommandNode",
                "config": ["command": "/bin/sh", "args": .list(([script] + arguments).map { .string($0) })],
            ]
        ]
        var connections: [Value] = []
        if let secret {
            nodes["sign_in"] = [
                "node_type": "LogNode", "config": ["message": .string("as {{$secret:\(secret).username}}")],
            ]
            connections = [
                ["source_node": "sign_in", "source_port": "exec_out", "target_node": "act", "target_port": "exec_in"]
            ]
        }
        let document: Value = [
            "metadata": ["name": .string(name)], "nodes": .object(nodes), "connections": .list(connections),
        ]
        return document.jsonText(.compact)
    }

    /// What the jobs of a test do to the world.
    private struct World: Sendable {
        let folder: String

        private var file: String { "\(self.folder)/effects" }

        /// What has been done, in its order.
        var effects: [String] {
            let text = (try? String(contentsOf: URL(filePath: self.file), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        func count(_ effect: String) -> Int { self.effects.count { $0 == effect } }

        func allow(_ name: String) throws {
            try "".write(toFile: "\(self.folder)/\(name)", atomically: true, encoding: .utf8)
        }

        /// Of a workflow that does one thing.
        func document(_ name: String) throws -> String {
            RestoreTests.workflow(
                name, script: try RestoreTests.script(in: self.folder), arguments: [self.file, name])
        }

        /// Of a workflow that does two things, the second once it is allowed.
        func longDocument(_ name: String, naming secret: String? = nil) throws -> String {
            RestoreTests.workflow(
                name, script: try RestoreTests.script(in: self.folder),
                arguments: [self.file, "\(name) begins", "\(self.folder)/\(name)", "\(name) ends"], naming: secret)
        }
    }

    /// What the programs know of the world beside the database.
    private static func settings(_ vault: TestServer, in folder: String, key: String) throws -> [String: String] {
        let providers = "\(folder)/providers.yaml"
        try """
        providers:
          corp:
            kind: hashicorp_vault
            address: \(vault.vaultAddress)
            auth: { method: approle, role_id_env: ROLE_ID, secret_id_env: SECRET_ID }
            dynamic: [database]

        """.write(toFile: providers, atomically: true, encoding: .utf8)
        return [
            "CASARE_SECRET_PROVIDERS": providers, "ROLE_ID": "role-id", "SECRET_ID": "secret-id",
            "CASARE_SEALING_KEY_FILE": key, "CASARE_LEASE_SECONDS": "\(Self.leaseSeconds)",
        ]
    }

    @Test(arguments: Declaration.allCases)
    func `what was done since the backup is not done again`(declaration: Declaration) async throws {
        try await TestServer.withVault { vault in
            try await TestInstallation.with { installation in
                let world = World(folder: installation.folder)
                let settings = try Self.settings(
                    vault, in: installation.folder, key: try installation.sealingKey(7))
                try await installation.withOrchestrator("before", variables: settings) { system in
                    // The robots live on, whatever becomes of the database.
                    let short = settings.merging(["CASARE_LEASE_SECONDS": "6"]) { $1 }
                    try await system.withRobot(.sql, id: "near", variables: short) { near in
                        try await system.withRobot(.api, id: "far") { far in
                            try await eventually("the robots are ready") {
                                [near, far].allSatisfy { $0.log.contains("Robot is ready") } ? true : nil
                            }
                            let past = try await Self.live(system, installation, world, vault)
                            system.dev.send(.terminate)
                            try await eventually("the orchestrator has ended") { system.dev.hasEnded ? true : nil }
                            try await installation.withRestored { restored in
                                try await Self.declare(declaration, restored, near, past, world)
                                try await restored.withOrchestrator(
                                    "after", variables: settings.merging(["CASARE_PORT": system.port]) { $1 }
                                ) { system in
                                    try await Self.goOn(system, declaration, far, past, world, vault)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    // MARK: - Before

    /// What had happened when the database was lost.
    private struct Past: Sendable {
        /// Ran when the backup was made, and has ended since.
        let slow: String
        /// Waited in a paused part of the queue then, and has run since.
        let waiting: String
        /// Ticks that have fired.
        let ticks: Set<String>
        let effects: [String]
    }

    private static func submit(
        _ document: String, _ options: [String], in system: TestSystem
    ) async throws -> String {
        let submitted = try await system.casarectl(["submit", "-", "-o", "name"] + options, input: document)
        guard submitted.status == 0 else { throw NeverHappened(what: "a submit: \(submitted.errors)") }
        return submitted.output.trimmingNewline
    }

    private static func ticks(_ result: String, in system: TestSystem) async throws -> [Value] {
        try await system.json("schedule", "history", "often", "--result", result, "--limit", "0").list ?? []
    }

    private static func fired(in system: TestSystem) async throws -> Set<String> {
        Set(try await Self.ticks("fired", in: system).compactMap { $0["at"]?.string })
    }

    /// A schedule fires, jobs run and wait; then comes the backup, and everything goes on.
    private static func live(
        _ system: TestSystem, _ installation: TestInstallation, _ world: World, _ vault: TestServer
    ) async throws -> Past {
        let pushed = try await system.casarectl(["workflow", "push", "-"], input: try world.document("tick"))
        #expect(pushed.status == 0, "\(pushed.errors)")
        let secret = try await system.casarectl(
            "secret", "set", "db/reports", "--kind", "username_password", "--provider", "corp", "--path",
            "database/creds/readonly")
        #expect(secret.status == 0, "\(secret.errors)")
        let created = try await system.casarectl(
            "schedule", "create", "often", "--every", "1s", "--workflow", "tick", "--overlap", "allow-all")
        #expect(created.status == 0, "\(created.errors)")
        let slow = try await Self.submit(
            try world.longDocument("slow", naming: "db/reports"), ["--robot", "near"], in: system)
        try await eventually("a tick has fired and the long job runs") {
            world.count("tick") > 0 && world.count("slow begins") == 1 ? true : nil
        }
        let paused = try await system.casarectl("queue", "pause", "default", "--key", "held", "--reason", "a backup")
        #expect(paused.status == 0, "\(paused.errors)")
        let waiting = try await Self.submit(try world.document("waiting"), ["--queue-key", "held"], in: system)
        try await installation.backUp()
        let atBackup = try await Self.fired(in: system).count

        // From here on the backup knows nothing.
        try world.allow("slow")
        #expect(try await system.casarectl("queue", "resume", "default", "--key", "held").status == 0)
        for job in [slow, waiting] {
            let ended = try await system.casarectl("job", "watch", job, "--timeout", "60s")
            #expect(ended.status == 0, "\(ended.errors)")
        }
        try await eventually("the credentials of the long job are given back") {
            vault.vaultRequests("sys/leases/revoke").count == 1 ? true : nil
        }
        try await eventually("more ticks have fired") {
            try await Self.fired(in: system).count >= atBackup + 2 ? true : nil
        }
        _ = try await Self.submit(try world.longDocument("late"), ["--robot", "far"], in: system)
        try await eventually("the late job runs") { world.count("late begins") == 1 ? true : nil }
        #expect(try await system.casarectl("schedule", "pause", "often").status == 0)
        let ticks = try await Self.fired(in: system)
        try await eventually("all ticks have done their work") { world.count("tick") == ticks.count ? true : nil }
        return Past(slow: slow, waiting: waiting, ticks: ticks, effects: world.effects)
    }

    // MARK: - After

    private static func declare(
        _ declaration: Declaration, _ installation: TestInstallation, _ near: RunningProgram, _ past: Past,
        _ world: World
    ) async throws {
        // The robot that works on the database itself comes back as soon as it can, and finds the door closed.
        try await eventually("the robot on SQL is not let in") {
            near.log.contains("the database was put back from the backup of") ? true : nil
        }
        let leases = try await installation.withConnection { connection in
            try connection.execute("SELECT count(*) AS count FROM leases").only().int("count")
        }
        #expect(leases >= 1, "what ran at the backup is still in its robot's hands, which nobody sees")
        #expect(world.effects == past.effects)

        let casarectl = try TestProgram(
            .casarectl, variables: ["HOME": installation.folder, "DATABASE_URL": installation.databaseURL])
        let doctor = try await casarectl.run(["doctor", "db", "--database-url", "-"])
        #expect(doctor.status == 1 && doctor.output.contains("CRITICAL  restore"), "\(doctor.output)")
        #expect(doctor.output.contains("casarectl db restored"), "\(doctor.output)")
        guard declaration == .person else { return }
        let unasked = try await casarectl.run(["db", "restored"])
        #expect(unasked.status == 12, "\(unasked.errors)")
        let declared = try await casarectl.run(["db", "restored", "--reason", "disk lost", "--yes"])
        #expect(declared.status == 0 && declared.errors.contains("epoch 2 begins"), "\(declared.errors)")
        #expect(declared.errors.contains("1 secret leases dropped"), "\(declared.errors)")
    }

    private static func goOn(
        _ system: TestSystem, _ declaration: Declaration, _ far: RunningProgram, _ past: Past, _ world: World,
        _ vault: TestServer
    ) async throws {
        if declaration == .server {
            try await eventually("the orchestrator begins the epoch") {
                system.dev.log.contains("a new epoch begins") ? true : nil
            }
        }
        // Ticks of the time that was lost are passed over, and then new ones fire.
        let new = try await eventually("the schedule fires again") { () throws -> Set<String>? in
            let new = try await Self.fired(in: system).subtracting(past.ticks)
            return new.count >= 2 ? new : nil
        }
        let skipped = try await Self.ticks("skipped", in: system)
        #expect(skipped.map { $0["reason"] } == ["restored"], "\(skipped)")
        let passed = try #require(skipped.first?["last_at"]?.string ?? skipped.first?["at"]?.string)
        let last = try #require(past.ticks.max())
        #expect(passed >= last && new.allSatisfy { $0 > passed }, "\(passed) \(new)")

        // Nobody takes up what ran and waited then, and its robot lets go of what only the lost database knew of.
        #expect(try await system.json("job", "get", past.slow)["status"] == "blocked")
        #expect(try await system.json("job", "get", past.waiting)["status"] == "paused")
        try await eventually("the robot over the API has stopped the late job") {
            far.log.contains("Stopped job") ? true : nil
        }
        try world.allow("late")
        // One set of credentials was made, and given back once.
        #expect(vault.vaultRequests("database/creds").count == 1)
        #expect(vault.vaultRequests("sys/leases/revoke").count == 1 && vault.vaultRequests("sys/leases/renew").isEmpty)
        try await Self.explain(system, past)

        // And the robots work: on everything that is new, once.
        #expect(try await system.casarectl("schedule", "pause", "often").status == 0)
        let all = try await Self.fired(in: system).union(past.ticks)
        for robot in ["near", "far"] {
            let job = try await Self.submit(try world.document("new"), ["--robot", robot], in: system)
            let ended = try await system.casarectl("job", "watch", job, "--timeout", "60s")
            #expect(ended.status == 0, "\(ended.errors)")
        }
        try await eventually("the new ticks have done their work") {
            world.count("tick") >= all.count ? true : nil
        }
        let counts = Dictionary(world.effects.map { ($0, 1) }) { $0 + $1 }
        #expect(
            counts == [
                "tick": all.count, "slow begins": 1, "slow ends": 1, "waiting": 1, "late begins": 1, "new": 2,
            ])
    }

    /// What there is to look at is told, with what to do; once that is done all is well.
    private static func explain(_ system: TestSystem, _ past: Past) async throws {
        func finding() async throws -> Value? {
            let report = try await system.casarectl("doctor", "db", "-o", "json")
            return try Value(parsingJSON: report.output)["findings"]?.list?.first { $0["check"] == "restore" }
        }
        let told = try await finding()
        #expect(told?["level"] == "warning", "\(told ?? .null)")
        let advice = told?["advice"]?.list?.compactMap(\.string) ?? []
        #expect(advice.contains { $0.contains("job resolve") } && advice.contains { $0.contains("job resume") })
        // Ticks may have been at work, too, as the backup was made.
        for job in try await system.json("job", "list", "--status", "blocked").list ?? [] {
            let id = try #require(job["id"]?.string)
            let resolved = try await system.casarectl("job", "resolve", id, "--fail", "--reason", "it ended")
            #expect(resolved.status == 0, "\(resolved.errors)")
        }
        for job in try await system.json("job", "list", "--status", "paused").list ?? [] {
            let id = try #require(job["id"]?.string)
            let cancelled = try await system.casarectl("job", "cancel", id, "--reason", "it ran")
            #expect(cancelled.status == 0, "\(cancelled.errors)")
        }
        try await eventually("nothing is left to look at") { try await finding()?["level"] == "ok" ? true : nil }
        let entries = try await system.json("audit", "list", "--action", "installation.restored").list
        #expect(entries?.count == 1, "\(entries ?? [])")
    }
}
