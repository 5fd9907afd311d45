import CasareDomain
import Instrumentation
import Testing

/// Headers as a dictionary.
struct Headers: Injector, Extractor {
    typealias Carrier = [String: String]

    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }

    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

/// Places in traces, for whoever needs some.
enum Places {
    static let trace = "0af7651916cd43dd8448eb211c80319c"
    static let span = "b7ad6b7169203331"

    static func carrier(flags: String = "01", state: String? = nil, baggage: String? = nil) throws -> TraceCarrier {
        try #require(
            TraceCarrier(traceparent: "00-\(Self.trace)-\(Self.span)-\(flags)", tracestate: state, baggage: baggage))
    }
}
