/// What can go wrong between this process and an SQLite database.
package enum SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// SQLite refused something: the extended result code, and its message.
    case refused(code: Int32, message: String)
    /// The statement took too long, or waited too long for another program's lock, and was stopped.
    case timedOut(after: Duration)
    /// The statement was stopped because its caller was.
    case cancelled
    /// The statement ran, and its rows are more than the caller takes.
    case resultTooLarge(rowsMax: Int, bytesMax: Int)
    case closed
    /// The statement cannot be run as it is: it is empty, or several.
    case misuse(String)

    package var description: String {
        switch self {
        case .refused(_, let message): message
        case .timedOut(let duration): "The statement was stopped after \(duration)"
        case .cancelled: "The statement was cancelled"
        case .resultTooLarge(let rowsMax, let bytesMax):
            "The statement was carried out, but returned more than \(rowsMax) rows or \(bytesMax) bytes: select less, "
                + "for example with LIMIT"
        case .closed: "The connection is closed"
        case .misuse(let message): message
        }
    }
}
