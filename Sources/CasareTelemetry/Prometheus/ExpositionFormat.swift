/// The two texts that Prometheus reads.
package enum ExpositionFormat: Hashable, Sendable, CaseIterable {
    /// Its own one, version 0.0.4, which everything reads.
    case text
    /// OpenMetrics 1.0, with units, and with an end by which a cut answer is known.
    case openMetrics

    /// For the header `Content-Type`.
    package var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What a client reads best, by its header `Accept` (RFC 9110 §12.5.1). OpenMetrics is for those who ask for it by
    /// its name; everybody else gets the text, whatever they ask for, as with other programs that Prometheus reads.
    package init(accept: String?) {
        var qualities: [ExpositionFormat: Double] = [:]
        for range in (accept ?? "").split(separator: ",") {
            let parts = range.split(separator: ";").map { part in
                part.filter { $0 != " " && $0 != "\t" }.lowercased()
            }
            guard let type = parts.first, let format = Self.named(type) else { continue }
            var quality = 1.0
            var version: String?
            for parameter in parts.dropFirst() {
                if parameter.hasPrefix("q=") { quality = Double(parameter.dropFirst(2)) ?? 0 }
                if parameter.hasPrefix("version=") { version = parameter.dropFirst(8).filter { $0 != "\"" } }
            }
            guard format.isWritten(version) else { continue }
            qualities[format] = max(qualities[format] ?? 0, quality)
        }
        let openMetrics = qualities[.openMetrics] ?? 0
        self = openMetrics > 0 && openMetrics >= qualities[.text] ?? 0 ? .openMetrics : .text
    }

    private static func named(_ type: String) -> ExpositionFormat? {
        switch type {
        case "application/openmetrics-text": .openMetrics
        case "text/plain": .text
        default: nil
        }
    }

    /// A version that a client asks for by name.
    private func isWritten(_ version: String?) -> Bool {
        guard let version else { return true }
        switch self {
        case .text: return version == "0.0.4"
        case .openMetrics: return version == "1.0.0"
        }
    }
}
