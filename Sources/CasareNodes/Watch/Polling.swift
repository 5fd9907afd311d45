import CasareDomain
import CasareEngine
import Crypto
import FoundationEssentials

/// What a look has brought.
struct Look: Sendable {
    var findings: [WatchFinding] = []
    /// What is known by now; `nil`: nothing that was not known before.
    var state: Value?
    /// There is more to find, without waiting.
    var isPartial = false
}

/// Looks once, and remembers what it saw.
protocol Looking {
    /// - Throws: `NodeFailure` when nothing can be seen just now: what is known stays as it is.
    mutating func look() async throws -> Look
}

/// Looks again and again, and reports.
enum Polling {
    /// Of the payloads of one report, as JSON: a request holds a state beside them.
    static let findingsBytesMax = 4 << 20

    /// Runs until the task is cancelled.
    ///
    /// - Throws: what `report` throws, and whatever is no `NodeFailure`.
    static func run(
        _ looking: some Looking, every interval: Duration, in environment: WatchEnvironment
    ) async throws {
        var looking = looking
        /// Why the last look saw nothing. Of the watcher before nothing is known.
        var failure: String?
        var isFirst = true
        while true {
            var isPartial = false
            do {
                let look = try await looking.look()
                if isFirst || failure != nil || look.state != nil || !look.findings.isEmpty {
                    try await environment.report(WatchReport(findings: look.findings, state: look.state))
                }
                failure = nil
                isPartial = look.isPartial
            } catch let error as NodeFailure {
                if error.message != failure {
                    try await environment.report(WatchReport(error: error.message))
                }
                failure = error.message
            }
            isFirst = false
            if isPartial {
                try Task.checkCancellation()
            } else {
                try await environment.sleep(interval)
            }
        }
    }

    /// As many of the findings as fit into one report, one at least.
    static func fitting(_ findings: [WatchFinding], countMax: Int) -> [WatchFinding] {
        var bytes = 0
        return Array(
            findings.prefix(countMax).prefix { finding in
                defer { bytes += finding.payload.jsonText(.compact).utf8.count }
                return bytes < self.findingsBytesMax
            })
    }
}

/// Texts as they stand in payloads and states.
enum WatchText {
    /// A text that is not longer than payloads hold, cut at the end of a character.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > WatchFinding.textBytesMax else { return text }
        let bytes = Array(text.utf8.prefix(WatchFinding.textBytesMax))
        let end = bytes.lastIndex { $0 & 0xC0 != 0x80 } ?? 0
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// 64 bits that stand for a text: enough to tell some thousand apart.
    static func digest(_ text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0\(digits)" : digits
        }.joined()
    }

    static func time(_ date: Date) -> String {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(date)
    }

    /// Whether a text holds another one, whatever the case; it holds one that is not asked for.
    static func holds(_ text: String, _ part: String?) -> Bool {
        guard let part else { return true }
        return text.lowercased().contains(part.lowercased())
    }
}

/// Numbers what a watch finds, so that no two findings of it have the same key.
///
/// Whatever is found anew after a pause has numbers of another series.
struct FindingNumbers: Sendable {
    private let series: String
    private var last: Int

    /// - Parameter stored: `value` of earlier on; `nil`: of a watch that begins.
    init(_ stored: Value?) {
        self.series = stored?["series"]?.string ?? String(UInt64.random(in: .min ... .max), radix: 36)
        self.last = stored?["last"]?.int ?? 0
    }

    var value: Value { ["series": .string(self.series), "last": .int(self.last)] }

    mutating func next() -> String {
        self.last += 1
        return "\(self.series)-\(self.last)"
    }
}
