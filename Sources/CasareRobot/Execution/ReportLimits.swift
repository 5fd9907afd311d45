import CasareDomain

/// How large may be what a robot reports. It is the same over SQL and over the API, whose requests hold 16 MiB, so that
/// how a job ends does not depend on where its robot stands.
struct ReportLimits: Hashable, Sendable {
    /// The result of a job, as JSON.
    var resultBytesMax = 8 << 20
    /// The result of one journaled step, as JSON.
    var stepBytesMax = 8 << 20
    /// Steps that are sent in one request, unless a single one is larger.
    var stepsBytesMax = 4 << 20
    /// Of the message of a failure, which is stored several times.
    static let messageCharactersMax = 10_000

    /// In MiB with one digit after the point, rounded up so that what is over a limit looks so.
    static func text(bytes: Int) -> String {
        let tenths = (bytes * 10 + (1 << 20) - 1) >> 20
        return tenths % 10 == 0 ? "\(tenths / 10) MiB" : "\(tenths / 10).\(tenths % 10) MiB"
    }

    static func shortened(_ message: String) -> String {
        let excess = message.unicodeScalars.count - Self.messageCharactersMax
        guard excess > 0 else { return message }
        return String(message.unicodeScalars.prefix(Self.messageCharactersMax)) + "… (\(excess) characters left out)"
    }
}

/// The result of a step that is too large to be recorded. The step was done; nothing can go on from it.
struct StepTooLarge: Error, Hashable, Sendable, CustomStringConvertible {
    let step: Int
    let node: String
    let nodeType: String
    let bytes: Int
    let bytesMax: Int

    var description: String {
        "the result of \(self.node) (\(self.nodeType), step \(self.step)) is \(ReportLimits.text(bytes: self.bytes)) and "
            + "may be \(ReportLimits.text(bytes: self.bytesMax)); let the workflow write such data to a file, "
            + "or take it in smaller parts"
    }
}
