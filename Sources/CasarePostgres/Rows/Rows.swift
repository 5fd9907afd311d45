import CLibpq

/// What a statement returned. Values stay in libpq's memory and are decoded when they are asked for.
package struct Rows: RandomAccessCollection, Sendable {
    /// The columns of a statement, shared by all its results.
    final class Columns: Sendable {
        let names: [String]
        let types: [PostgresType]

        init(_ result: OpaquePointer) {
            let indices = 0..<PQnfields(result)
            self.names = indices.map { String(cString: PQfname(result, $0)) }
            self.types = indices.map { PostgresType(rawValue: PQftype(result, $0)) }
        }
    }

    /// Owns a result.
    ///
    /// Safe to share: "PGresult objects are normally read-only after creation, and so can be passed around freely
    /// between threads" (manual §34.20).
    final class Storage: @unchecked Sendable {
        let result: OpaquePointer
        let columns: Columns

        init(_ result: OpaquePointer, _ columns: Columns) {
            self.result = result
            self.columns = columns
        }

        deinit { PQclear(self.result) }
    }

    private let storage: Storage
    package let count: Int
    /// How many rows the statement selected, inserted, updated, deleted or copied.
    package let affectedRows: Int

    init(_ storage: Storage) {
        self.storage = storage
        self.count = Int(PQntuples(storage.result))
        self.affectedRows = Int(String(cString: PQcmdTuples(storage.result))) ?? 0
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { self.count }
    package var columnNames: [String] { self.storage.columns.names }

    package subscript(position: Int) -> Row {
        precondition(self.indices.contains(position), "There is no row \(position) among \(self.count)")
        return Row(self.storage, Int32(position))
    }

    /// The one row of a statement that always returns one.
    package func only() throws(PostgresError) -> Row {
        guard self.count == 1 else { throw .misuse("The statement returned \(self.count) rows where one was expected") }
        return self[0]
    }
}
