import CLibpq

extension PostgresError.ServerError {
    /// Reads the fields of a failed result; nil when the failure did not come from the server.
    init?(_ result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            // Field codes are single ASCII letters (PG_DIAG_… in postgres_ext.h).
            PQresultErrorField(result, Int32(code.asciiValue!)).map { String(cString: $0) }
        }
        guard let state = field("C"), let message = field("M") else { return nil }
        self.init(
            state: SQLState(rawValue: state), message: message, detail: field("D"), hint: field("H"),
            constraint: field("n"), table: field("t"), column: field("c"), context: field("W"),
            position: field("P").flatMap { Int($0) })
    }

    /// Whether the server closes the connection after this error ("V" is the severity that is never translated).
    static func isFatal(_ result: OpaquePointer) -> Bool {
        guard let severity = PQresultErrorField(result, Int32(UInt8(ascii: "V"))) else { return false }
        let text = String(cString: severity)
        return text == "FATAL" || text == "PANIC"
    }
}
