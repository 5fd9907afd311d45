import CasareDomain
import CasareEngine
import CasareTestSupport
import InMemoryTracing
import Testing
import Tracing

/// What traces are told of what nodes have databases, programs and servers of mail and files do.
@Suite struct NodeTracingTests {
    private static func attribute(_ name: String, _ tracer: InMemoryTracer) -> [SpanAttribute?] {
        tracer.finishedSpans.map { $0.attributes.get(name) }
    }

    // MARK: Databases

    @Test(arguments: TestDatabase.allCases)
    func `a statement has a span that tells what it does, and nothing of its text`(kind: TestDatabase) async throws {
        try await kind.with { folder, inputs async throws in
            let tracer = InMemoryTracer()
            var folder = folder
            folder.tracer = tracer
            folder.masked = { $0.replacing("hunter2", with: "***") }
            let connection = try await folder.perform("DatabaseConnectNode", inputs)["connection"] ?? .null
            #expect(tracer.finishedSpans.isEmpty)
            let database = DatabaseFolder(kind: kind, folder: folder, connection: connection)
            try await database.perform("BeginTransactionNode")
            try await database.execute("CREATE TABLE hunter2 (id int PRIMARY KEY, t text)")
            try await database.perform("CommitTransactionNode")
            try await database.execute("INSERT INTO hunter2 VALUES (4711, 's3cret')")
            _ = try await database.failure("ExecuteNonQueryNode", ["query": "INSERT INTO hunter2 VALUES (4711, 's')"])
            _ = try await database.rows("SELECT t FROM hunter2 WHERE id = 4711")
            _ = try await database.perform("TableExistsNode", ["table_name": "hunter2"])
            _ = try await database.perform(
                "ExecuteBatchNode", ["statements": ["DELETE FROM hunter2", "UPDATE hunter2 SET id = 1"]])
            let spans = tracer.finishedSpans
            #expect(
                spans.map(\.operationName) == [
                    "BEGIN", "CREATE TABLE ***", "COMMIT", "INSERT ***", "INSERT ***", "SELECT ***", "SELECT",
                    "DELETE ***", "UPDATE ***",
                ])
            #expect(spans.allSatisfy { $0.kind == .client && $0.errors.isEmpty })
            let system: SpanAttribute = kind == .sqlite ? "sqlite" : "postgresql"
            #expect(Self.attribute("db.system.name", tracer).allSatisfy { $0 == system })
            #expect(Self.attribute("db.query.text", tracer).allSatisfy { $0 == nil })
            #expect(Self.attribute("db.operation.name", tracer)[1] == "CREATE TABLE")
            #expect(spans.map { $0.attributes.get("error.type") != nil }.firstIndex(of: true) == 4)
            #expect(spans.filter { $0.status?.code == .error }.count == 1)
            #expect((Self.attribute("server.address", tracer)[0] == nil) == (kind == .sqlite))
        }
    }

    // MARK: Programs

    @Test func `a program learns what trace it belongs to, unless the run says otherwise`() async throws {
        try await withRunFolder { folder in
            let tracer = InMemoryTracer()
            var folder = folder
            folder.tracer = tracer
            let print: Object = ["command": "printenv IN_MEMORY_TRACE_ID IN_MEMORY_SPAN_ID"]
            let outside = try await folder.perform("RunCommandNode", print)
            #expect(outside["stdout"] == "")
            try await tracer.withSpan("node") { [folder] span in
                let inside = try await folder.perform("RunCommandNode", print)
                #expect(inside["stdout"] == .string("\(span.traceID)\n\(span.spanID)\n"))
                let set: Object = ["action": "set", "var_name": "IN_MEMORY_TRACE_ID", "value": "own"]
                try await folder.perform("EnvironmentVariableNode", set)
                let own = try await folder.perform("RunCommandNode", print)
                #expect(own["stdout"] == .string("own\n\(span.spanID)\n"))
            }
        }
    }

    // MARK: Mail and files

    @Test func `a mail that is sent has a span with its server`() async throws {
        try await SendingFixture.with { sending in
            let tracer = InMemoryTracer()
            var folder = sending.folder
            folder.tracer = tracer
            let traced = SendingFixture(server: sending.server, folder: folder)
            try await traced.send()
            _ = try await traced.refusal(["password": "wrong"])
            let spans = tracer.finishedSpans
            #expect(spans.map(\.operationName) == ["smtp", "smtp"])
            #expect(spans.first?.attributes == ["server.address": "localhost"])
            #expect(spans.last?.attributes.get("error.type") != nil && spans.last?.status?.code == .error)
        }
    }

    @Test func `what a server of files does has spans with its name`() async throws {
        try await FTPFixture.with(.plain) { ftp in
            let tracer = InMemoryTracer()
            var folder = ftp.folder
            folder.tracer = tracer
            let traced = FTPFixture(kind: ftp.kind, server: ftp.server, folder: folder)
            _ = try await traced.connect()
            try folder.write("x", "up.txt")
            try await folder.perform("FTPUploadNode", ["local_path": "up.txt", "remote_path": "s3cret.txt"])
            try await folder.perform("FTPListNode")
            _ = try await folder.failure("FTPDeleteNode", ["remote_path": "none"])
            let spans = tracer.finishedSpans
            #expect(spans.map(\.operationName) == ["ftp", "ftp", "ftp", "ftp"])
            #expect(spans.dropLast().allSatisfy { $0.attributes == ["server.address": "localhost"] })
            #expect(spans.last?.status?.code == .error)
        }
    }
}
