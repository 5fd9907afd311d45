import CasareDomain
package import FoundationEssentials
import OTLPProtos
import SwiftProtobuf

/// Judges telemetry as it arrives. It remembers what later items are held against: the spans that came, and the last
/// point of each series.
package struct OTLPValidator: Sendable {
    /// In the order in which they were found.
    package private(set) var violations: [OTLPViolation] = []
    private let canaries: [[UInt8]]
    let temporality: OTLPReceiver.Temporality?
    let now: @Sendable () -> Date

    private var resources: Set<SeenResource> = []
    var spans: [SpanPlace: OTLPReceiver.Span] = [:]
    var tracesBySpan: [String: Set<String>] = [:]
    var shapes: [MetricPlace: MetricShape] = [:]
    var lastPoints: [SeriesPlace: OTLPReceiver.Point] = [:]
    var seriesCounts: [MetricPlace: Int] = [:]

    private struct SeenResource: Hashable {
        let signal: OTLPReceiver.Signal
        let origin: OTLPReceiver.Origin
    }

    /// What a violation is said of.
    struct Subject {
        let signal: OTLPReceiver.Signal
        let origin: OTLPReceiver.Origin
        let name: String
    }

    /// - Parameters:
    ///   - canaries: texts that must not stand anywhere; empty ones are left out.
    ///   - temporality: what sums that only grow and histograms must have; `nil`: either.
    ///   - now: what times are held against.
    package init(
        canaries: [String] = [], temporality: OTLPReceiver.Temporality? = .cumulative,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.canaries = canaries.filter { !$0.isEmpty }.map { Array($0.utf8) }
        self.temporality = temporality
        self.now = now
    }

    mutating func report(_ rule: OTLPRule, _ subject: Subject, _ message: String) {
        self.violations.append(
            OTLPViolation(
                rule: rule, signal: subject.signal, service: subject.origin.service, subject: subject.name,
                message: message))
    }

    // MARK: - What all signals share

    /// Once for each resource and scope: programs say them again with every request.
    mutating func check(
        _ resource: Opentelemetry_Proto_Resource_V1_Resource,
        _ scope: Opentelemetry_Proto_Common_V1_InstrumentationScope, of origin: OTLPReceiver.Origin,
        in signal: OTLPReceiver.Signal
    ) {
        guard self.resources.insert(SeenResource(signal: signal, origin: origin)).inserted else { return }
        let subject = Subject(signal: signal, origin: origin, name: "resource")
        self.checkKeys(resource.attributes, subject)
        self.checkCanaries(resource, subject)
        if origin.service.isEmpty || origin.service.hasPrefix("unknown_service") {
            self.report(.serviceName, subject, "service.name is '\(origin.service)'")
        }
        if origin.instance.isEmpty { self.report(.serviceInstance, subject, "service.instance.id is missing") }
        if origin.resource["service.version"]?.string?.isEmpty ?? true {
            self.report(.serviceVersion, subject, "service.version is missing")
        }
        for key in ["telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version"]
        where origin.resource[key]?.string?.isEmpty ?? true {
            self.report(.sdk, subject, "\(key) is missing")
        }
        let made = Subject(signal: signal, origin: origin, name: origin.scope)
        self.checkKeys(scope.attributes, made)
        self.checkCanaries(scope, made)
        if origin.scope.isEmpty { self.report(.scope, made, "the scope has no name") }
    }

    mutating func checkKeys(_ pairs: [Opentelemetry_Proto_Common_V1_KeyValue], _ subject: Subject) {
        let counts = Dictionary(pairs.map { ($0.key, 1) }, uniquingKeysWith: +)
        for (key, count) in counts.sorted(by: { $0.key < $1.key }) where key.isEmpty || count > 1 {
            self.report(.attributeKey, subject, "the key '\(key)' comes \(count) times")
        }
    }

    /// Texts stand in a message's bytes as they are, so everything is looked through, unknown fields included.
    mutating func checkCanaries(_ message: some SwiftProtobuf.Message, _ subject: Subject) {
        guard !self.canaries.isEmpty else { return }
        // It was just read from bytes, and can be written.
        guard let bytes: [UInt8] = try? message.serializedBytes() else { return }
        // The name may be where it stands.
        let subject = Subject(signal: subject.signal, origin: subject.origin, name: "not shown")
        for (index, canary) in self.canaries.enumerated()
        where bytes.indices.contains(where: { bytes[$0...].starts(with: canary) }) {
            self.report(.canary, subject, "the secret number \(index) stands in it")
        }
    }

    private static let secondsPast = 366.0 * 86_400
    private static let secondsFuture = 600.0

    mutating func checkTime(_ nanoseconds: UInt64, _ what: String, _ subject: Subject) {
        let distance = Double(nanoseconds) / 1e9 - self.now().timeIntervalSince1970
        if distance < -Self.secondsPast || distance > Self.secondsFuture {
            self.report(.time, subject, "\(what) is \(nanoseconds)")
        }
    }

    /// OpenTelemetry's standard for attributes, events and links.
    private static let countMax = 128

    mutating func checkCount(_ count: Int, _ what: String, _ subject: Subject) {
        if count > Self.countMax { self.report(.limit, subject, "\(count) \(what)") }
    }

    /// - Parameter count: resources with scopes.
    mutating func checkParts(_ count: Int, in signal: OTLPReceiver.Signal) {
        guard count == 0 else { return }
        let nobody = OTLPReceiver.Origin(
            Opentelemetry_Proto_Resource_V1_Resource(), Opentelemetry_Proto_Common_V1_InstrumentationScope())
        self.checkItems(0, in: signal, from: nobody)
    }

    mutating func checkItems(_ count: Int, in signal: OTLPReceiver.Signal, from origin: OTLPReceiver.Origin) {
        guard count == 0 else { return }
        self.report(.empty, Subject(signal: signal, origin: origin, name: origin.scope), "nothing is in it")
    }

    /// Of an ID in hex digits.
    static func isValid(_ id: String, bytes: Int) -> Bool {
        id.utf8.count == 2 * bytes && id.utf8.contains { $0 != UInt8(ascii: "0") }
    }
}
