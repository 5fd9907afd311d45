import CasareClient
import CasareDomain
import CasarePostgres
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

/// A morning of somebody on call, from the first look at the dead letters to what the audit says of it.
struct IncidentTests {
    private static let refused = 2000
    private static let nameless = 30
    /// More than an explanation needs to see.
    private static let paid = 12
    private static let canary = 5
    private static let perSecond = 50
    /// The orchestrators are killed once so many jobs have been run again.
    private static let kills = [300, 800, 1300]
    private static let reason = "the new gateway is up"

    /// Pays an invoice by writing its number into a file. The first version pays every one. The second knows gateways,
    /// and none that works; the third knows the new one.
    private static func document(version: Int, file: String) -> String {
        let pay: Value = [
            "node_type": "AppendFileNode", "config": ["file_path": .string(file), "content": "{{number}};"],
        ]
        func fail(_ message: String) -> Value {
            ["node_type": "ThrowErrorNode", "config": ["error_message": .string(message)]]
        }
        func ask(_ condition: String) -> Value {
            ["node_type": "IfNode", "config": ["condition": .string(condition)]]
        }
        func next(_ node: String, _ port: String, _ other: String) -> Value {
            [
                "source_node": .string(node), "source_port": .string(port), "target_node": .string(other),
                "target_port": "exec_in",
            ]
        }
        var nodes: Object = ["pay": pay]
        var connections: [Value] = []
        if version > 1 {
            nodes["known"] = ask("customer == ''")
            nodes["nameless"] = fail("invoice {{number}} names no customer")
            nodes["gateway"] = ask("gateway == 'old'")
            nodes["refused"] = fail("the gateway refused invoice {{number}}: 503")
            connections = [
                next("known", "true", "nameless"), next("known", "false", "gateway"),
                next("gateway", "true", "refused"), next("gateway", "false", version > 2 ? "pay" : "unknown"),
            ]
            if version == 2 {
                nodes["unknown"] = fail("there is no gateway {{gateway}}")
                nodes["pay"] = nil
            }
        }
        let document: Value = [
            "metadata": ["name": "invoices"], "nodes": .object(nodes), "connections": .list(connections),
        ]
        return document.jsonText(.compact)
    }

    /// A job for each of the numbers. None of them is tried twice.
    private static func invoices(_ numbers: ClosedRange<Int>, customer: String) throws -> [SubmitJobRequest] {
        numbers.map { number in
            SubmitJobRequest(
                workflow: "invoices",
                variables: ["number": .int(number), "customer": .string(customer), "gateway": "old"],
                options: Job.Options(retry: .never))
        }
    }

    /// What one test works with.
    private struct Incident: Sendable {
        let system: TestSystem
        let client: CasareClient
        /// The owner's connection, which sees everything.
        let database: PostgresConnection
        /// Where the workflow writes what it pays.
        let file: String

        /// Runs casarectl, which must succeed.
        func run(_ arguments: [String], input: String = "", url: String? = nil) async throws -> String {
            let ended = try await self.system.casarectl(
                arguments, input: input, variables: url.map { ["CASARE_URL": $0] } ?? [:])
            guard ended.status == 0 else {
                throw NeverHappened(what: "\(arguments) ended with \(ended.status): \(ended.errors)")
            }
            return ended.output
        }

        func push(version: Int) async throws {
            let document = IncidentTests.document(version: version, file: self.file)
            let pushed = try await self.run(["workflow", "push", "-", "-o", "json"], input: document)
            #expect(try Value(parsingJSON: pushed)["version"]?.int == version)
        }

        func groups(_ filter: String...) async throws -> [Value] {
            try Value(parsingJSON: try await self.run(["dlq", "groups", "-o", "json"] + filter)).list ?? []
        }

        func count(_ query: Query, _ parameters: KeyValuePairs<String, PostgresValue> = [:]) async throws -> Int {
            try await self.database.execute(query, parameters).first?.int("count") ?? 0
        }

        /// The invoices that were paid, in the order in which they were.
        var paid: [Int] {
            let text = (try? String(contentsOf: URL(filePath: self.file), encoding: .utf8)) ?? ""
            return text.split(separator: ";").compactMap { Int($0) }
        }
    }

    @Test func `two thousand jobs come through after a fix, each once, though orchestrators are killed meanwhile`()
        async throws
    {
        try await TestSystem.with { system in
            try await withCasareClient(.init(url: system.url, token: system.token)) { client in
                let database = try await PostgresConnection.connect(try PostgresConfiguration(url: system.databaseURL))
                let incident = Incident(
                    system: system, client: client, database: database, file: "\(system.folder)/paid")
                try await system.withRobot(.sql, id: "r1", slots: 16) { _ in
                    try await Self.happens(incident)
                    let (refused, nameless) = try await Self.isUnderstood(incident)
                    let operation = try await Self.isMended(incident, refused)
                    try await Self.isAcknowledged(incident, nameless)
                    try await Self.isToldByTheAudit(incident, operation)
                    try await Self.isToldByTheJobs(incident, operation)
                }
                await database.close()
            }
        }
    }

    /// The second version is out, and everything fails.
    private static func happens(_ incident: Incident) async throws {
        try await incident.push(version: 1)
        let before = (Self.refused + Self.nameless + 1)...(Self.refused + Self.nameless + Self.paid)
        _ = try await incident.client.submit(Self.invoices(before, customer: "acme"))
        try await eventually("the first version pays") { incident.paid.count == Self.paid ? true : nil }
        try await eventually("its jobs have completed") {
            try await incident.count("SELECT count(*) FROM outcomes WHERE kind = 'completed'") == Self.paid ? true : nil
        }
        try await incident.push(version: 2)
        _ = try await incident.client.submit(Self.invoices(1...Self.refused, customer: "acme"))
        _ = try await incident.client.submit(
            Self.invoices((Self.refused + 1)...(Self.refused + Self.nameless), customer: ""))
        try await eventually("all of them have failed") {
            try await incident.count("SELECT count(*) FROM dead_letters") == Self.refused + Self.nameless ? true : nil
        }
    }

    /// Two groups: so many letters of each, and what the large one has in common that the successes have not.
    ///
    /// - Returns: their fingerprints.
    private static func isUnderstood(_ incident: Incident) async throws -> (refused: String, nameless: String) {
        let groups = try await incident.groups()
        try #require(groups.count == 2, "\(groups)")
        #expect(groups.map { $0["count"]?.int } == [Self.refused, Self.nameless])
        #expect(groups.map { $0["open_count"]?.int } == [Self.refused, Self.nameless])
        #expect(groups[0]["failure"]?["message"]?.string?.hasPrefix("the gateway refused invoice") == true)
        #expect(groups[1]["failure"]?["message"]?.string?.hasSuffix("names no customer") == true)
        #expect(groups[0]["success_count"]?.int == Self.paid)
        #expect(groups[0]["explanation"]?["factor"] == "version" && groups[0]["explanation"]?["value"] == "2")
        let fingerprints = groups.compactMap { $0["fingerprint"]?.string }
        try #require(fingerprints.count == 2 && fingerprints[0] != fingerprints[1])
        return (fingerprints[0], fingerprints[1])
    }

    /// The fix is pushed, and a replay with the new gateway goes on from orchestrator to orchestrator.
    private static func isMended(_ incident: Incident, _ fingerprint: String) async throws -> Operation.ID {
        try await incident.push(version: 3)
        let replay = [
            "dlq", "replay", "--fingerprint", fingerprint, "--set", "gateway=new", "--version", "latest",
            "--canary", "\(Self.canary)", "--rate", "\(Self.perSecond)/s", "--reason", Self.reason,
        ]
        let planned = try Value(parsingJSON: try await incident.run(replay + ["--dry-run", "-o", "json"]))
        let sample = planned["sample"]?.list?.first
        #expect(planned["count"]?.int == Self.refused)
        #expect(sample?["variables"]?["gateway"] == "old" && sample?["changed"]?["gateway"] == "new", "\(planned)")
        #expect(try await incident.count("SELECT count(*) FROM jobs WHERE retry_of IS NOT NULL") == 0)
        let unasked = try await incident.system.casarectl(replay)
        #expect(unasked.status == 12, "\(unasked.errors)")

        let operation = try await incident.system.withOrchestrator("orchestrator-0") { server, url in
            let begun = try Value(
                parsingJSON: try await incident.run(replay + ["--yes", "--detach", "-o", "json"], url: url))
            #expect(begun["count"]?.int == Self.refused)
            let operation = try #require(begun["id"]?.string.flatMap { Operation.ID($0) })
            try await Self.kill(server, at: Self.kills[0], of: operation, incident)
            return operation
        }
        for (number, done) in Self.kills.enumerated().dropFirst() {
            try await incident.system.withOrchestrator("orchestrator-\(number)") { server, _ in
                try await Self.kill(server, at: done, of: operation, incident)
            }
        }
        _ = try await incident.run(["op", "watch", "\(operation)"])
        let end = try await incident.client.operation(operation)
        #expect(end.status == .completed)
        #expect(end.progress.done == Self.refused && end.progress.succeeded == Self.refused)
        #expect(end.progress.failed == 0 && end.progress.skipped == 0)
        try await eventually("every letter is settled") {
            let settled = try await incident.groups("--fingerprint", fingerprint, "--status", "resolved")
            return settled.first?["count"]?.int == Self.refused ? true : nil
        }
        try await Self.ranOnce(incident, end)
        return operation
    }

    private static func kill(
        _ server: RunningProgram, at done: Int, of operation: Operation.ID, _ incident: Incident
    ) async throws {
        try await eventually("\(done) jobs have been run again") {
            let info = try await incident.client.operation(operation)
            guard info.status == .running else {
                throw NeverHappened(what: "it is running at \(done): \(info.status), \(info.statusReason ?? "")")
            }
            return info.progress.done >= done ? true : nil
        }
        server.send(.kill)
        try await eventually("the orchestrator is dead") { server.hasEnded ? true : nil }
    }

    /// Each of the jobs was submitted once more, completed at its first attempt and did its effect once; the canary's
    /// were done before the others began; and it was not faster than was asked.
    private static func ranOnce(_ incident: Incident, _ operation: OperationInfo) async throws {
        #expect(incident.paid.filter { $0 <= Self.refused }.sorted() == Array(1...Self.refused))
        let again = """
            SELECT count(DISTINCT jobs.retry_of)
            FROM jobs JOIN outcomes USING (tenant_id, job_id)
            WHERE jobs.retry_of IS NOT NULL AND jobs.workflow_version = 3 AND outcomes.kind = 'completed'
                AND outcomes.attempt = 1
            """ as Query
        #expect(try await incident.count(again) == Self.refused)
        #expect(try await incident.count("SELECT count(*) FROM jobs WHERE retry_of IS NOT NULL") == Self.refused)
        // By their numbers: a transaction that has waited for a job has an earlier time than that job's end.
        let early = """
            SELECT count(*)
            FROM operation_items AS item JOIN events ON events.job_id = item.new_job AND events.kind = 'submitted'
            WHERE item.position >= @canary AND events.event_id < (
                SELECT max(events.event_id)
                FROM operation_items AS first JOIN events ON events.job_id = first.new_job
                WHERE first.position < @canary AND events.kind = 'completed')
            """ as Query
        #expect(try await incident.count(early, ["canary": .int(Self.canary)]) == 0)
        let startedAt = try #require(operation.startedAt)
        let finishedAt = try #require(operation.finishedAt)
        // What a rate was not used for may be caught up on for a second, and the canary goes first.
        let seconds = Double(Self.refused) / Double(Self.perSecond) - 2
        #expect(finishedAt.timeIntervalSince(startedAt) >= seconds)
    }

    private static func isAcknowledged(_ incident: Incident, _ fingerprint: String) async throws {
        _ = try await incident.run(
            ["dlq", "ack", "--fingerprint", fingerprint, "--reason", "sales asks the customers", "--yes"])
        #expect(try await incident.groups("--status", "open") == [])
        let known = try await incident.groups("--status", "acknowledged")
        #expect(known.map { $0["fingerprint"]?.string } == [fingerprint])
        #expect(known.first?["count"]?.int == Self.nameless)
        let letters = try Value(
            parsingJSON: try await incident.run(
                ["dlq", "list", "--status", "acknowledged", "--limit", "1", "-o", "json"]))
        let letter = try #require(letters.list?.first)
        #expect(letter["acknowledgement"]?["reason"] == "sales asks the customers", "\(letter)")
    }

    /// One row for each of the two operations, and none for one of their jobs.
    private static func isToldByTheAudit(_ incident: Incident, _ replay: Operation.ID) async throws {
        let actions = try await incident.client.actions(limit: 100).actions
        let operations = actions.filter { $0.action.hasPrefix("operation.") }
        try #require(operations.map(\.action) == ["operation.create", "operation.create"])
        #expect(operations[1].subject == "\(replay)" && operations[1].reason == Self.reason)
        #expect(operations.map { $0.detail["verb"] } == ["acknowledge", "replay"])
        #expect(operations.map { $0.detail["count"]?.int } == [Self.nameless, Self.refused])
        #expect(!actions.contains { $0.action.hasPrefix("job.") || $0.action.hasPrefix("dead_letter.") }, "\(actions)")
    }

    /// One event in the life of each job, which names the operation.
    private static func isToldByTheJobs(_ incident: Incident, _ replay: Operation.ID) async throws {
        let told = """
            SELECT count(DISTINCT job_id) FROM events WHERE kind = @kind AND detail ->> 'operation' = @operation
            """ as Query
        let retried = try await incident.count(told, ["kind": .text("retried"), "operation": .text("\(replay)")])
        #expect(retried == Self.refused)
        #expect(try await incident.count("SELECT count(*) FROM events WHERE kind = 'retried'") == Self.refused)
        #expect(try await incident.count("SELECT count(*) FROM events WHERE kind = 'acknowledged'") == Self.nameless)
        let items = try await incident.client.operationItems(replay, limit: 1).items
        let item = try #require(items.first)
        #expect(item.newJobStatus == .completed)
        let first = try await incident.client.history(of: item.job)
        #expect(first.events.map(\.kind) == ["submitted", "leased", "failed", "dead_lettered", "retried"])
        let new = try await incident.client.history(of: try #require(item.newJob))
        #expect(new.events.map(\.kind) == ["submitted", "leased", "completed"])
    }
}
