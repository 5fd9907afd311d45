import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@Suite struct CopyTests {
    @Test func `rows are copied with all their special characters`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (id int, name text, data bytea, at timestamptz, tags text[])")
            let count = try await connection.copyIn(
                "COPY t FROM STDIN",
                rows: [
                    [
                        .int(1), .text("tab\tline\nback\\slash\r"), .bytes([0, 92, 255]), nil,
                        .textArray(["a\"b", nil]),
                    ],
                    [.int(2), nil, nil, .timestamp(Date(timeIntervalSince1970: 0)), .textArray([])],
                ])
            #expect(count == 2)
            let rows = try await connection.execute("SELECT * FROM t ORDER BY id")
            #expect(try rows[0].string("name") == "tab\tline\nback\\slash\r")
            #expect(try rows[0].bytes("data") == [0, 92, 255])
            #expect(try rows[0].decode("tags", as: [String?].self) == ["a\"b", nil])
            #expect(try rows[1].isNull("name"))
            #expect(try rows[1].date("at") == Date(timeIntervalSince1970: 0))
            await connection.close()
        }
    }

    @Test func `many megabytes are streamed in pieces`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (id int, name text)")
            let filler = String(repeating: "x", count: 1000)
            let count = try await connection.copyIn("COPY t FROM STDIN") { writer in
                for id in 0..<20_000 { try writer.write("\(id)\t\(filler)\n".utf8) }
            }
            #expect(count == 20_000)
            #expect(try await connection.execute("SELECT sum(length(name)) AS n FROM t").only().int("n") == 20_000_000)
            await connection.close()
        }
    }

    @Test func `a copy whose source fails leaves no row and a good connection`() async throws {
        struct SourceFailed: Error {}
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (id int)")
            await #expect(throws: SourceFailed.self) {
                try await connection.copyIn("COPY t FROM STDIN") { writer in
                    for id in 0..<50_000 { try writer.row([.int(id)]) }
                    throw SourceFailed()
                }
            }
            #expect(try await connection.execute("SELECT count(*) AS n FROM t").only().int("n") == 0)
            await connection.close()
        }
    }

    @Test func `data that the server refuses is an error with its place`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (id int)")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.copyIn("COPY t FROM STDIN") { writer in
                    try writer.row([.int(1)])
                    try writer.row([.text("two")])
                    for id in 0..<200_000 { try writer.row([.int(id)]) }
                }
            }
            #expect(error?.sqlState == .invalidTextRepresentation)
            guard case .server(let server) = error else { return }
            #expect(server.context?.contains("line 2") == true)
            #expect(try await connection.execute("SELECT count(*) AS n FROM t").only().int("n") == 0)
            await connection.close()
        }
    }

    @Test func `what cannot be copied is refused before any data is asked for`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let missing = await #expect(throws: PostgresError.self) {
                try await connection.copyIn("COPY missing FROM STDIN") { _ in Issue.record("It was asked for data") }
            }
            #expect(missing?.sqlState == .undefinedTable)
            await #expect(throws: PostgresError.misuse("The statement is not a COPY … FROM STDIN")) {
                try await connection.copyIn("SELECT 1") { _ in Issue.record("It was asked for data") }
            }
            #expect(await connection.isOpen)
            await #expect(throws: PostgresError.self) { try await connection.script("COPY (SELECT 1) TO STDOUT") }
            #expect(await !connection.isOpen)
        }
    }

    @Test func `a cancelled task's copy is aborted`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (id int)")
            let task = Task {
                try await connection.copyIn("COPY t FROM STDIN") { writer in
                    for id in 0..<1000 { try writer.row([.int(id)]) }
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            await #expect(throws: PostgresError.cancelled) { try await task.value }
            #expect(try await connection.execute("SELECT count(*) AS n FROM t").only().int("n") == 0)
            await connection.close()
        }
    }
}
