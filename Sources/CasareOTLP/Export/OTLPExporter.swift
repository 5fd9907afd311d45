import CasareTelemetry
import SwiftProtobuf

/// Sends one kind of telemetry to a collector: one request at a time, all of them together within one time limit.
///
/// What does not fit into one request goes in several. A request that failed is sent again while OTLP's rules allow it
/// and time is left; one that was taken in part never is.
struct OTLPExporter<Payload: OTLPPayload>: TelemetryExporter {
    typealias Item = Payload.Item
    typealias Instant = ContinuousClock.Instant

    /// Sends a request once, within the time.
    typealias Send =
        @Sendable (_ request: [UInt8], _ timeout: Duration) async -> Result<PartialSuccess?, OTLPFailure>

    /// Bytes of a request before it is compressed. Many servers take 4 MiB; the rest is for what they count beside it.
    static var requestBytesMax: Int { (4 << 20) - (64 << 10) }
    /// Of one call, where the export has no limit.
    static var callMax: Duration { .seconds(60) }

    private let payload: Payload
    private let timeout: Duration?
    private let bytesMax: Int
    private let meter: ExporterMeter
    private let troubles: ExporterTroubles
    private let now: @Sendable () -> Instant
    private let sleep: @Sendable (Duration) async throws -> Void
    private let send: Send

    /// - Parameters:
    ///   - timeout: of one export, repeats included; `nil`: no limit.
    ///   - sleep: throws when its task is cancelled.
    init(
        _ payload: Payload, timeout: Duration?, meter: ExporterMeter, troubles: ExporterTroubles,
        bytesMax: Int = Self.requestBytesMax, now: @escaping @Sendable () -> Instant = { .now },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        send: @escaping Send
    ) {
        self.payload = payload
        self.timeout = timeout
        self.bytesMax = bytesMax
        self.meter = meter
        self.troubles = troubles
        self.now = now
        self.sleep = sleep
        self.send = send
    }

    init(
        _ payload: Payload, through client: OTLPClient, timeout: Duration?, meter: ExporterMeter,
        troubles: ExporterTroubles
    ) {
        self.init(
            payload, timeout: timeout, meter: meter, troubles: troubles, sleep: { try await client.sleep(for: $0) },
            send: { request, timeout in
                await client.call(Payload.method, request, for: Payload.Response.self, timeout: timeout)
                    .map { Payload.partialSuccess(in: $0) }
            })
    }

    func export(_ items: [Item]) async -> ExportOutcome {
        let start = self.now()
        let deadline = self.timeout.map { start + $0 }
        var tally = ExportTally()
        // What is still to be sent, the next at the end.
        var parts = [self.payload.pieces(of: items)[...]]
        while let part = parts.popLast() {
            guard !part.isEmpty else { continue }
            if let request = self.request(of: part) {
                await self.deliver(request, of: part.count, until: deadline, into: &tally)
            } else if part.count == 1 {
                tally.lost(1, ExportTally.tooLarge)
                self.troubles.happened(.tooLarge, lost: 1, "A single piece is larger than a request may be")
            } else {
                let middle = part.startIndex + part.count / 2
                parts.append(part[middle...])
                parts.append(part[..<middle])
            }
        }
        let outcome = tally.outcome
        if outcome.failed.isEmpty, outcome.exported > 0 { self.troubles.wentWell() }
        self.meter.count(outcome, took: self.now() - start)
        return outcome
    }

    /// Nothing is open here: whoever made the client closes it.
    func shutDown() async {}

    /// - Returns: `nil` for one that is too large; what cannot be written at all is that.
    private func request(of part: ArraySlice<Payload.Piece>) -> [UInt8]? {
        guard let bytes = try? self.bytes(of: part), bytes.count <= self.bytesMax else { return nil }
        return bytes
    }

    private func bytes(of part: ArraySlice<Payload.Piece>) throws -> [UInt8] {
        try self.payload.request(of: part).serializedBytes()
    }

    // MARK: One request

    private func deliver(
        _ request: [UInt8], of count: Int, until deadline: Instant?, into tally: inout ExportTally
    ) async {
        var retry = OTLPRetry()
        var generator = SystemRandomNumberGenerator()
        while true {
            if Task.isCancelled { return tally.lost(count, ExportTally.cancelled) }
            let timeLeft = deadline.map { $0 - self.now() }
            if let timeLeft, timeLeft <= .zero {
                self.troubles.happened(.unsent, lost: count, "The time limit of the export is over")
                return tally.lost(count, OTLPRetry.timeout)
            }
            switch await self.send(request, timeLeft ?? Self.callMax) {
            case .success(let partial):
                return self.taken(count, partial, into: &tally)
            case .failure(let failure):
                if Task.isCancelled || failure == .closed { return tally.lost(count, ExportTally.cancelled) }
                let action =
                    failure.isLast
                    ? OTLPRetry.Action.giveUp(errorType: failure.status.name)
                    : retry.failed(
                        failure.status, retryDelay: failure.retryDelay, timeLeft: deadline.map { $0 - self.now() },
                        using: &generator)
                switch action {
                case .retry(let wait):
                    // It throws when somebody ends the export, which is seen above.
                    try? await self.sleep(wait)
                case .giveUp(let errorType):
                    self.troubles.happened(.unsent, lost: count, "\(failure.status.name): \(failure.message)")
                    return tally.lost(count, errorType)
                }
            }
        }
    }

    private func taken(_ count: Int, _ partial: PartialSuccess?, into tally: inout ExportTally) {
        let rejected = min(max(Int(clamping: partial?.rejected ?? 0), 0), count)
        tally.taken(count - rejected)
        if let partial, rejected > 0 {
            tally.lost(rejected, ExportTally.rejected)
            self.troubles.happened(.rejected, lost: rejected, partial.message)
        } else if let partial, !partial.message.isEmpty {
            self.troubles.happened(.warning, lost: 0, partial.message)
        }
    }
}

/// What has become of the pieces of an export up to now.
struct ExportTally: Sendable {
    static let tooLarge = "too_large"
    static let rejected = "rejected"
    static let cancelled = "cancelled"

    private var exported = 0
    private var failed: [String: Int] = [:]

    mutating func taken(_ count: Int) { self.exported += count }

    mutating func lost(_ count: Int, _ errorType: String) { self.failed[errorType, default: 0] += count }

    var outcome: ExportOutcome { ExportOutcome(exported: self.exported, failed: self.failed) }
}
