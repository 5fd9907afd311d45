import CasareDomain
import CasareEngine
import CasareNodes
import CasarePostgres
@testable import CasareRobot
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Logging
import Testing

/// Jobs that use secrets, really run: the world gets the values, and what is kept of the run has none.
struct SecretJobTests {
    typealias Form = BrokerFixture.Form

    private static let password = "c0rrect-h0rse \"b4ttery\""

    private static func workflow(_ nodes: [(String, String, Object)], _ edges: [(String, String, String)]) -> String {
        let document: Value = [
            "metadata": ["name": "w"],
            "nodes": .object(
                Object(nodes.map { ($0.0, ["node_type": .string($0.1), "config": .object($0.2)]) })),
            "connections": .list(
                edges.map { source, port, target in
                    [
                        "source_node": .string(source), "source_port": .string(port), "target_node": .string(target),
                        "target_port": "exec_in",
                    ]
                }),
        ]
        return document.jsonText(.compact)
    }

    private static func line(_ message: String) -> Object {
        ["message": .string(message), "include_node_id": false, "include_timestamp": false]
    }

    /// Runs the next job once.
    private static func runNext(_ fixture: BrokerFixture, in folder: String, hasKeys: Bool = true) async throws {
        let broker = try await fixture.broker(fixture.form, hasKeys: hasKeys)
        _ = try await broker.open(try BrokerFixture.description("robot"))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let executor = JobExecutor(
            broker: broker, programs: ProgramCache(catalogue: StandardNodes.catalogue),
            configuration: RobotConfiguration(
                description: try BrokerFixture.description("robot"), workingDirectory: folder, policy: .unbound),
            logger: logger, telemetry: .unobserved, isStopRequested: { false })
        let job = try await broker.lease(slots: 1, waiting: .seconds(10)).first
        if let job { await executor.execute(job) }
        await broker.close()
        try #require(job != nil)
    }

    /// All that the tables say, as whoever has a copy of the database would read it.
    private static func dump(_ fixture: BrokerFixture) async throws -> String {
        try await fixture.database.asSystem { connection in
            try connection.execute(
                """
                SELECT string_agg(
                    query_to_xml(format('SELECT * FROM %I.%I', n.nspname, c.relname), true, false, '')::text, chr(10)
                ) AS rows
                FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                    AND has_table_privilege(c.oid, 'SELECT')
                """
            ).only().string("rows")
        }
    }

    @Test(arguments: Form.withTenants)
    func `the world gets a secret, and what is kept of the job does not`(form: Form) async throws {
        let document = Self.workflow(
            [
                ("write", "WriteFileNode", ["file_path": "{{path}}", "content": "{{$secret:db/prod.password}}"]),
                ("read", "ReadFileNode", ["file_path": "{{path}}"]),
                ("sign", "HttpAuthNode", ["credential_name": "db/prod", "auth_type": "Basic"]),
                ("keep", "SetVariableNode", ["variable_name": "header", "value": "{{sign.headers.Authorization}}"]),
                ("log", "LogNode", Self.line("read {{read.content}} and {{header}}")),
                ("fail", "AssertNode", ["condition": false, "message": "no {{read.content}}"]),
            ],
            [
                ("write", "exec_out", "read"), ("read", "exec_out", "sign"), ("sign", "exec_out", "keep"),
                ("keep", "exec_out", "log"), ("log", "exec_out", "fail"),
            ])
        try await BrokerFixture.with(form) { fixture in
            try await withTemporaryDirectory { folder in
                try await fixture.put(
                    "db/prod", ["username": SecretText("ann"), "password": SecretText(Self.password)])
                let path = "\(folder)/out"
                let id = try await fixture.submit(
                    document: document, variables: ["path": .string(path)],
                    options: Job.Options(trace: true, retry: .never))[0]
                try await Self.runNext(fixture, in: folder)
                #expect(try String(contentsOf: URL(filePath: path), encoding: .utf8) == Self.password)
                guard case .finished(let outcome) = try await fixture.job(id).state else {
                    Issue.record("The job has not ended")
                    return
                }
                #expect(outcome.failure?.node == "fail" && outcome.result?.logs == ["read *** and Basic ***"])
                let letter = try await fixture.deadLetter(id)
                let dump = try await Self.dump(fixture)
                let kept = [
                    try await fixture.steps(id).map { $0.result ?? "" }.joined(),
                    try await fixture.log(of: id).map(\.message).joined(),
                    Value.object(outcome.result?.json ?? [:]).jsonText(.compact), outcome.failure?.message ?? "",
                    String(describing: letter), dump,
                ]
                #expect(dump.contains("db/prod"))
                let pair = Data("ann:\(Self.password)".utf8).base64EncodedString()
                for text in kept {
                    for secret in [Self.password, "c0rrect", "b4ttery", pair] {
                        #expect(!text.contains(secret), "\(text)")
                    }
                }
            }
        }
    }

    @Test(arguments: Form.withTenants)
    func `a job that was interrupted goes on with the secret of now`(form: Form) async throws {
        let document = Self.workflow(
            [
                ("first", "AppendFileNode", ["file_path": "{{path}}", "content": "<{{$secret:key}}>"]),
                ("may", "AssertNode", ["condition": "{{may}}"]),
                ("second", "AppendFileNode", ["file_path": "{{path}}", "content": "<{{$secret:key}}>"]),
            ], [("first", "exec_out", "may"), ("may", "exec_out", "second")])
        try await BrokerFixture.with(form) { fixture in
            try await withTemporaryDirectory { folder in
                try await fixture.put("key", ["value": SecretText("first-value")])
                let path = "\(folder)/out"
                let failed = try await fixture.submit(
                    document: document, variables: ["path": .string(path), "may": false],
                    options: Job.Options(retry: .never))[0]
                try await Self.runNext(fixture, in: folder)
                #expect(try await fixture.job(failed).status == .failed)
                let retried = try await fixture.retry(
                    failed, from: .failed, variables: ["path": .string(path), "may": true])
                try await Self.runNext(fixture, in: folder)
                #expect(try await fixture.job(retried).status == .completed)
                let lines = try String(contentsOf: URL(filePath: path), encoding: .utf8)
                #expect(lines == "<first-value><first-value>")
            }
        }
    }

    @Test func `a secret that cannot be had just now is tried again by the job's policy`() async throws {
        let document = Self.workflow([("a", "LogNode", Self.line("{{$secret:key}}"))], [])
        try await BrokerFixture.with(.sql) { fixture in
            try await withTemporaryDirectory { folder in
                try await fixture.put("key", ["value": SecretText("some-value")])
                let options = Job.Options(retry: try RetryPolicy(.list([0]), attemptsMax: 3, jitter: 0))
                let id = try await fixture.submit(document: document, options: options)[0]
                try await Self.runNext(fixture, in: folder, hasKeys: false)
                #expect(try await fixture.job(id).status == .pending)
                try await fixture.promoteDue()
                try await Self.runNext(fixture, in: folder)
                let job = try await fixture.job(id)
                #expect(job.status == .completed)
                guard case .finished(let outcome) = job.state else { return }
                #expect(outcome.result?.logs == ["***"])
                // One that is not there is not tried again.
                let missing = try await fixture.submit(
                    document: Self.workflow([("a", "LogNode", Self.line("{{$secret:gone}}"))], []), options: options)[0]
                try await Self.runNext(fixture, in: folder)
                guard case .finished(let end) = try await fixture.job(missing).state else {
                    Issue.record("The job has not ended")
                    return
                }
                #expect(end.failure?.type == "secret_not_found")
            }
        }
    }
}
