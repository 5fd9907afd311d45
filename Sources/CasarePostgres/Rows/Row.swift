import CLibpq
package import FoundationEssentials

/// One row. Columns are read by name; a wrong name or type throws `PostgresError.decoding`.
package struct Row: Sendable {
    private let storage: Rows.Storage
    private let index: Int32

    init(_ storage: Rows.Storage, _ index: Int32) {
        self.storage = storage
        self.index = index
    }

    /// Reads a column as any supported type: `[String?]`, `Int32`, `UUID?`, …
    package func decode<Value: PostgresDecodable>(
        _ column: String, as _: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        let number = try self.number(of: column)
        let result = self.storage.result
        if PQgetisnull(result, self.index, number) == 1 {
            guard let value = Value.decodeNull() else { throw .decoding(column: column, reason: "is NULL") }
            return value
        }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(result, self.index, number), count: Int(PQgetlength(result, self.index, number)))
        let type = self.storage.columns.types[Int(number)]
        guard let value = Value.decode(bytes, as: type) else {
            throw .decoding(column: column, reason: "holds \(type), which cannot be read as \(Value.self)")
        }
        return value
    }

    package func isNull(_ column: String) throws(PostgresError) -> Bool {
        PQgetisnull(self.storage.result, self.index, try self.number(of: column)) == 1
    }

    package func bool(_ column: String) throws(PostgresError) -> Bool { try self.decode(column) }
    package func int(_ column: String) throws(PostgresError) -> Int { try self.decode(column) }
    package func int64(_ column: String) throws(PostgresError) -> Int64 { try self.decode(column) }
    package func double(_ column: String) throws(PostgresError) -> Double { try self.decode(column) }
    /// Text, names, labels of enumerations, `json` and `jsonb`.
    package func string(_ column: String) throws(PostgresError) -> String { try self.decode(column) }
    package func bytes(_ column: String) throws(PostgresError) -> [UInt8] { try self.decode(column) }
    package func uuid(_ column: String) throws(PostgresError) -> UUID { try self.decode(column) }
    package func date(_ column: String) throws(PostgresError) -> Date { try self.decode(column) }
    package func strings(_ column: String) throws(PostgresError) -> [String] { try self.decode(column) }
    package func ints(_ column: String) throws(PostgresError) -> [Int] { try self.decode(column) }
    package func uuids(_ column: String) throws(PostgresError) -> [UUID] { try self.decode(column) }

    package func optionalBool(_ column: String) throws(PostgresError) -> Bool? { try self.decode(column) }
    package func optionalInt(_ column: String) throws(PostgresError) -> Int? { try self.decode(column) }
    package func optionalInt64(_ column: String) throws(PostgresError) -> Int64? { try self.decode(column) }
    package func optionalDouble(_ column: String) throws(PostgresError) -> Double? { try self.decode(column) }
    package func optionalString(_ column: String) throws(PostgresError) -> String? { try self.decode(column) }
    package func optionalBytes(_ column: String) throws(PostgresError) -> [UInt8]? { try self.decode(column) }
    package func optionalUUID(_ column: String) throws(PostgresError) -> UUID? { try self.decode(column) }
    package func optionalDate(_ column: String) throws(PostgresError) -> Date? { try self.decode(column) }

    private func number(of column: String) throws(PostgresError) -> Int32 {
        // Rows are narrow: comparing a few names costs less than hashing one.
        guard let index = self.storage.columns.names.firstIndex(of: column) else {
            throw .decoding(
                column: column,
                reason: "is not among the columns \(self.storage.columns.names.joined(separator: ", "))")
        }
        return Int32(index)
    }
}
