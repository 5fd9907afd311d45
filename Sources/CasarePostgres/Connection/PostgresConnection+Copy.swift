import CLibpq
import Glibc

/// Takes the data of a `COPY … FROM STDIN` and sends it in pieces.
package struct CopyWriter {
    /// Data is handed to libpq in pieces of about this size.
    private static let pieceBytes = 64 << 10

    private let link: Link
    fileprivate var watch: StatementWatch
    private var piece: [UInt8] = []

    fileprivate init(_ link: Link, _ watch: StatementWatch) {
        self.link = link
        self.watch = watch
        self.piece.reserveCapacity(Self.pieceBytes)
    }

    /// Appends data in the statement's own format; pieces may end anywhere.
    package mutating func write(_ bytes: some Sequence<UInt8>) throws(PostgresError) {
        self.piece.append(contentsOf: bytes)
        if self.piece.count >= Self.pieceBytes { try self.send() }
    }

    /// Appends a row in the text format, which is COPY's default.
    package mutating func row(_ values: [PostgresValue]) throws(PostgresError) {
        for (index, value) in values.enumerated() {
            if index > 0 { self.piece.append(UInt8(ascii: "\t")) }
            CopyText.append(value, to: &self.piece)
        }
        self.piece.append(UInt8(ascii: "\n"))
        if self.piece.count >= Self.pieceBytes { try self.send() }
    }

    /// Hands what was collected to libpq, and waits while the server has more than enough to do.
    fileprivate mutating func send() throws(PostgresError) {
        if Task.isCancelled { throw .cancelled }
        while !self.piece.isEmpty {
            let status = self.piece.withUnsafeBytes { bytes in
                // A piece is far below 2 GiB unless one value is larger than that, which the server refuses anyway.
                bytes.withMemoryRebound(to: CChar.self) {
                    PQputCopyData(self.link.pointer, $0.baseAddress, Int32(clamping: $0.count))
                }
            }
            guard status >= 0 else { throw self.link.lose() }
            if status == 1 {
                self.piece.removeAll(keepingCapacity: true)
            } else {
                try self.link.wait(for: .roomToSend, &self.watch)
            }
        }
        // libpq takes any amount into memory; sending it before going on is what bounds that.
        while PQflush(self.link.pointer) == 1 {
            try self.link.wait(for: .roomToSend, &self.watch)
        }
    }
}

extension PostgresConnection {
    /// Runs `COPY … FROM STDIN` with the data that the closure writes, and returns the number of rows.
    ///
    /// When the closure throws, the copy is aborted and no row of it stays; the connection is good afterwards.
    @discardableResult
    package func copyIn(
        _ query: Query, _ write: @Sendable (inout CopyWriter) throws -> Void
    ) throws -> Int {
        guard query.parameterNames.isEmpty else { throw PostgresError.misuse("COPY takes no parameters") }
        return try self.observed(query.plan, rows: { (rows: Int) in rows }) { () throws -> Int in
            try self.copy(query, write)
        }
    }

    private func copy(_ query: Query, _ write: @Sendable (inout CopyWriter) throws -> Void) throws -> Int {
        let link = try self.usableLink()
        let watch = try self.watch(query.text)
        var writer = CopyWriter(link, watch)
        defer { link.settle(writer.watch) }
        try self.beginCopy(query, on: link, &writer.watch)
        do {
            try write(&writer)
            try writer.send()
        } catch {
            try self.endCopy(on: link, &writer.watch, aborted: true)
            throw error
        }
        return try self.endCopy(on: link, &writer.watch, aborted: false)
    }

    /// Runs `COPY … FROM STDIN` with rows in the text format.
    @discardableResult
    package func copyIn(_ query: Query, rows: some Sequence<[PostgresValue]> & Sendable) throws -> Int {
        try self.copyIn(query) { writer in
            for row in rows { try writer.row(row) }
        }
    }

    private func beginCopy(
        _ query: Query, on link: Link, _ watch: inout StatementWatch
    ) throws(PostgresError) {
        guard PQsendQuery(link.pointer, query.text) == 1 else { throw link.lose() }
        guard let result = try link.nextResult(&watch) else { throw link.lose() }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COPY_IN: return
        case PGRES_COPY_OUT, PGRES_COPY_BOTH: throw link.refuseCopy()
        case PGRES_FATAL_ERROR:
            let error = link.error(of: result, watch)
            if link.loss == nil { try self.skipResults(on: link, &watch) }
            throw error
        default:
            try self.skipResults(on: link, &watch)
            throw .misuse("The statement is not a COPY … FROM STDIN")
        }
    }

    @discardableResult
    private func endCopy(
        on link: Link, _ watch: inout StatementWatch, aborted: Bool
    ) throws(PostgresError) -> Int {
        if let loss = link.loss { throw .connection(loss) }
        while true {
            let status = PQputCopyEnd(link.pointer, aborted ? "the client gave up" : nil)
            guard status >= 0 else { throw link.lose() }
            if status == 1 { break }
            try link.wait(for: .roomToSend, &watch)
        }
        guard let result = try link.nextResult(&watch) else { throw link.lose() }
        defer { PQclear(result) }
        if PQresultStatus(result) == PGRES_COMMAND_OK {
            try self.skipResults(on: link, &watch)
            return Int(String(cString: PQcmdTuples(result))) ?? 0
        }
        let error = link.error(of: result, watch)
        if link.loss == nil { try self.skipResults(on: link, &watch) }
        // The server answers an aborted copy with an error; the reason is the closure's own.
        if aborted { return 0 }
        throw error
    }

    private func skipResults(on link: Link, _ watch: inout StatementWatch) throws(PostgresError) {
        while let result = try link.nextResult(&watch) { PQclear(result) }
    }
}
