/// The answer of `/metrics`, read: Prometheus's text, or OpenMetrics.
struct ExpositionText: Sendable {
    struct Line: Hashable, Sendable {
        /// With the metric.
        let labels: PromQLLabels
        let value: Double
        /// As it stood there.
        let text: String
    }

    let lines: [Line]

    /// - Throws: For a line that is none; it says which.
    init(_ text: String) throws(PromQLError) {
        var lines: [Line] = []
        // By bytes: for characters a line may end with two that are one, and an answer may have 100,000 lines.
        let parts = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, part) in parts.enumerated() {
            let line = part.last == UInt8(ascii: "\r") ? part.dropLast() : part
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            guard let read = Self.line(Substring(line)) else { throw PromQLError("line \(number + 1) is no metric") }
            lines.append(read)
        }
        self.lines = lines
    }

    private static func line(_ text: Substring) -> Line? {
        let bytes = Array(text.utf8)
        var place = 0
        func name() -> String? {
            let start = place
            while place < bytes.count, !" {=,}\"".utf8.contains(bytes[place]) { place += 1 }
            return place > start ? String(decoding: bytes[start..<place], as: UTF8.self) : nil
        }
        guard let metric = name() else { return nil }
        var labels: PromQLLabels = [PromQLLabels.name: metric]
        if place < bytes.count, bytes[place] == UInt8(ascii: "{") {
            place += 1
            while place < bytes.count, bytes[place] != UInt8(ascii: "}") {
                guard let label = name(), place + 1 < bytes.count, bytes[place] == UInt8(ascii: "="),
                    bytes[place + 1] == UInt8(ascii: "\"")
                else { return nil }
                place += 2
                var value: [UInt8] = []
                while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
                    if bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count {
                        place += 1
                        value.append(bytes[place] == UInt8(ascii: "n") ? 0x0A : bytes[place])
                    } else {
                        value.append(bytes[place])
                    }
                    place += 1
                }
                guard place < bytes.count else { return nil }
                place += 1
                labels[label] = String(decoding: value, as: UTF8.self)
                if place < bytes.count, bytes[place] == UInt8(ascii: ",") { place += 1 }
            }
            guard place < bytes.count else { return nil }
            place += 1
        }
        // Behind the value may stand a time and an exemplar.
        let rest = bytes[place...].split(separator: UInt8(ascii: " "))
        guard let number = rest.first.flatMap({ Double(String(decoding: $0, as: UTF8.self)) }) else { return nil }
        return Line(labels: labels, value: number, text: String(text))
    }
}
