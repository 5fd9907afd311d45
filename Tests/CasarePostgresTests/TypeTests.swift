import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

/// One value of each type through the server and back, by parameters whose types the server was told.
@Suite struct TypeTests {
    private static let roundTrip = Query(
        """
        SELECT @bool::bool AS bool, @int2::int2 AS int2, @int4::int4 AS int4, @int8::int8 AS int8,
            @double::float8 AS double, @text::text AS text, @varchar::varchar AS varchar, @name::name AS name,
            @bytes::bytea AS bytes, @uuid::uuid AS uuid, @time::timestamptz AS time, @json::json AS json,
            @jsonb::jsonb AS jsonb
        """)
    private static let uuid = UUID(uuidString: "0192f0c1-2345-7abc-8def-0123456789ab")!
    private static let time = Date(timeIntervalSince1970: 1_767_323_045.678901)

    @Test func `each type makes the round trip`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let rows = try await connection.execute(
                Self.roundTrip,
                [
                    "bool": true, "int2": .int2(-32768), "int4": .int4(.max), "int8": .int8(.min),
                    "double": 0.1, "text": "Grüße\n\"☂\"", "varchar": "", "name": "n", "bytes": .bytes([0, 255, 10]),
                    "uuid": .uuid(Self.uuid), "time": .timestamp(Self.time), "json": .json(#"{"b": 1, "a":2}"#),
                    "jsonb": .jsonb(#"{"b": 1, "a":2}"#),
                ])
            let row = try rows.only()
            #expect(try row.bool("bool"))
            #expect(try row.int("int2") == -32768)
            #expect(try row.int("int4") == Int(Int32.max))
            #expect(try row.int64("int8") == .min)
            #expect(try row.double("double") == 0.1)
            #expect(try row.string("text") == "Grüße\n\"☂\"")
            #expect(try row.string("varchar") == "")
            #expect(try row.string("name") == "n")
            #expect(try row.bytes("bytes") == [0, 255, 10])
            #expect(try row.uuid("uuid") == Self.uuid)
            #expect(abs(try row.date("time").timeIntervalSince(Self.time)) < 1e-6)
            #expect(try row.string("json") == #"{"b": 1, "a":2}"#)
            #expect(try row.string("jsonb") == #"{"a": 2, "b": 1}"#)
            await connection.close()
        }
    }

    @Test func `NULL of each type makes the round trip`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let text: String? = nil
            let row = try await connection.execute(
                Self.roundTrip,
                [
                    "bool": nil, "int2": .null, "int4": .null, "int8": .int(nil), "double": .null, "text": .text(text),
                    "varchar": .null, "name": .null, "bytes": .null, "uuid": .null, "time": .null, "json": .null,
                    "jsonb": .null,
                ]
            ).only()
            #expect(try row.optionalBool("bool") == nil)
            #expect(try row.optionalInt("int2") == nil)
            #expect(try row.optionalInt64("int8") == nil)
            #expect(try row.optionalDouble("double") == nil)
            #expect(try row.optionalString("text") == nil)
            #expect(try row.optionalBytes("bytes") == nil)
            #expect(try row.optionalUUID("uuid") == nil)
            #expect(try row.optionalDate("time") == nil)
            #expect(try row.isNull("jsonb"))
            #expect(throws: PostgresError.decoding(column: "int4", reason: "is NULL")) { try row.int("int4") }
            await connection.close()
        }
    }

    @Test func `arrays make the round trip, empty ones and NULL elements too`() async throws {
        let query = Query(
            """
            SELECT @bools::bool[] AS bools, @int2s::int2[] AS int2s, @int4s::int4[] AS int4s, @int8s::int8[] AS int8s,
                @doubles::float8[] AS doubles, @texts::text[] AS texts, @blobs::bytea[] AS blobs,
                @uuids::uuid[] AS uuids,
                @times::timestamptz[] AS times, @documents::jsonb[] AS documents, @empty::text[] AS empty,
                @numbers::numeric[]::text AS numbers
            """)
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let row = try await connection.execute(
                query,
                [
                    "bools": .boolArray([true, nil, false]), "int2s": .int2Array([1, -1]), "int4s": .intArray([1, 2]),
                    "int8s": .int8Array([nil, .max]), "doubles": .doubleArray([1.5, nil]),
                    "texts": .textArray(["a", nil, "", "ü\"\\,{}"]), "blobs": .bytesArray([[1, 2], []]),
                    "uuids": .uuidArray([Self.uuid, nil]), "times": .timestampArray([Self.time, nil, .distantFuture]),
                    "documents": .textArray([#"{"a":1}"#, nil]), "empty": .textArray([]),
                    "numbers": .doubleArray([1.25, nil]),
                ]
            ).only()
            #expect(try row.decode("bools", as: [Bool?].self) == [true, nil, false])
            #expect(try row.ints("int2s") == [1, -1])
            #expect(try row.ints("int4s") == [1, 2])
            #expect(try row.decode("int8s", as: [Int64?].self) == [nil, .max])
            #expect(try row.decode("doubles", as: [Double?].self) == [1.5, nil])
            #expect(try row.decode("texts", as: [String?].self) == ["a", nil, "", "ü\"\\,{}"])
            #expect(try row.decode("blobs", as: [[UInt8]].self) == [[1, 2], []])
            #expect(try row.decode("uuids", as: [UUID?].self) == [Self.uuid, nil])
            #expect(try row.decode("times", as: [Date?].self).last == .distantFuture)
            #expect(try row.decode("documents", as: [String?].self) == [#"{"a": 1}"#, nil])
            #expect(try row.strings("empty") == [])
            #expect(try row.string("numbers") == "{1.25,NULL}")
            #expect(throws: PostgresError.self) { try row.strings("texts") }
            await connection.close()
        }
    }

    @Test func `a value takes the form of its place`() async throws {
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script(
                "CREATE TYPE mood AS ENUM ('fine', 'sad'); CREATE TABLE t (i int2, n numeric, m mood, d date, f float8)"
            )
            try await connection.execute(
                "INSERT INTO t VALUES (@i, @n, @m, @d, @f)",
                ["i": .int8(7), "n": .double(1.5), "m": "sad", "d": .timestamp(Self.time), "f": .int(3)])
            let row = try await connection.execute(
                "SELECT i, n, m, d::text AS d, f, 12345678901::numeric AS big, -0.00012::numeric AS small FROM t"
            ).only()
            #expect(try row.int("i") == 7)
            #expect(try row.double("n") == 1.5)
            #expect(try row.string("m") == "sad")
            #expect(try row.string("d") == "2026-01-02")
            #expect(try row.double("f") == 3)
            #expect(try row.int("big") == 12_345_678_901)
            #expect(try row.double("small") == -0.00012)
            #expect(throws: PostgresError.self) { try row.int("n") }
            let misfit = PostgresError.misuse("The value of @i does not fit its place in the query, which takes int2")
            await #expect(throws: misfit) {
                try await connection.execute("SELECT @i::int2", ["i": 70_000])
            }
            await #expect(throws: PostgresError.misuse("The query's parameter @b has no value")) {
                try await connection.execute("SELECT @a::int + @b", ["a": 1])
            }
            await #expect(throws: PostgresError.misuse("The query has no parameter @c")) {
                try await connection.execute("SELECT @a::int", ["a": 1, "c": 1])
            }
            await connection.close()
        }
    }

    @Test(arguments: [0.0, -1, 951_782_400, 951_868_799.999999, 4_102_444_800, -62_135_596_800, -13_000_000_000])
    func `a timestamp's text is what the server writes`(seconds: Double) async throws {
        let date = Date(timeIntervalSince1970: seconds)
        try await withEmptyDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.script("CREATE TABLE t (binary_form timestamptz, text_form timestamptz)")
            try await connection.execute("INSERT INTO t (binary_form) VALUES (@date)", ["date": .timestamp(date)])
            try await connection.copyIn("COPY t (text_form) FROM STDIN", rows: [[.timestamp(date)]])
            let row = try await connection.execute("SELECT min(binary_form) AS b, min(text_form) AS t FROM t").only()
            #expect(try row.date("b") == row.date("t"))
            #expect(try abs(row.date("b").timeIntervalSince(date)) < 1e-5)
            await connection.close()
        }
    }
}
