/// What is known about a statement while it runs.
struct StatementWatch {
    private let text: String
    let startedAt = ContinuousClock.now
    /// The server's limit for it, as far as this process set it.
    let timeout: Duration?
    /// False for what ends a transaction: it must reach the server whatever becomes of the task.
    let isCancellable: Bool
    var cancelRequest: CancelRequest?
    var hasWaited = false

    init(_ text: String, timeout: Duration?, isCancellable: Bool) {
        self.text = text
        self.timeout = timeout
        self.isCancellable = isCancellable
    }

    /// The statement's beginning, for an error. Statements hold no values, those go in as parameters.
    var operation: String {
        let line = self.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 80 ? "\(line.prefix(80))…" : line
    }
}
