import CasareDomain
import CasareWire

/// What a file says of a queue: all limits of the whole queue. One that is left out is none; pauses and the limits of
/// single keys are for people.
struct QueueDescription: Hashable, Sendable {
    private static let members = ["concurrency", "rate", "key_concurrency", "key_rate", "ageing_seconds"]

    let limits: QueueLimits

    init(_ limits: QueueLimits) { self.limits = limits }

    /// - Throws: for the first member at fault. A rate is written as `100/min`, or as the API has it.
    init(json members: Object) throws(WireDecodingError) {
        var members = members
        for name in members.keys where !Self.members.contains(name) {
            let near = Spelling.nearest(to: name, among: Self.members).map { "did you mean \($0)?" }
            throw WireDecodingError(
                path: name,
                message: "there is no such member; \(near ?? "expected \(Self.members.joined(separator: ", "))")",
                kind: .malformed)
        }
        for name in ["rate", "key_rate"] {
            switch members[name] {
            case .string(let text)?:
                guard let rate = RateArgument(argument: text) else {
                    throw WireDecodingError(
                        path: name, message: "expected \(RateArgument.form), got \(text.prefix(60))")
                }
                let info = rate.info(burst: nil)
                members[name] = ["every_seconds": .double(info.everySeconds), "burst": .int(info.burst)]
            case .object(let rate)?:
                if let unknown = rate.keys.first(where: { $0 != "every_seconds" && $0 != "burst" }) {
                    throw WireDecodingError(
                        path: "\(name).\(unknown)", message: "there is no such member; expected every_seconds, burst",
                        kind: .malformed)
                }
            case .null?, .bool?, .int?, .double?, .list?, nil: break
            }
        }
        let request: ChangeLimitsRequest = try ValueDecoder.decode(from: .object(members))
        var limits = QueueLimits()
        request.apply(to: &limits)
        self.limits = limits
    }

    /// Without what is not limited.
    var json: Object {
        var json: Object = [:]
        if let concurrency = self.limits.concurrency { json["concurrency"] = .int(concurrency) }
        if let rate = self.limits.rate { json["rate"] = Self.json(rate) }
        if let concurrency = self.limits.keyConcurrency { json["key_concurrency"] = .int(concurrency) }
        if let rate = self.limits.keyRate { json["key_rate"] = Self.json(rate) }
        if self.limits.ageingSeconds != QueueLimits.ageingSecondsDefault {
            json["ageing_seconds"] = .double(self.limits.ageingSeconds)
        }
        return json
    }

    private static func json(_ rate: QueueRate) -> Value {
        ["every_seconds": .double(rate.everySeconds), "burst": .int(rate.burst)]
    }

    /// What makes a queue have these limits and no others.
    func request(reason: String?) -> ChangeLimitsRequest {
        ChangeLimitsRequest(
            reason: reason, create: true, concurrency: Self.change(self.limits.concurrency),
            rate: Self.change(self.limits.rate.map { QueueRateInfo($0) }),
            keyConcurrency: Self.change(self.limits.keyConcurrency),
            keyRate: Self.change(self.limits.keyRate.map { QueueRateInfo($0) }),
            ageingSeconds: .set(self.limits.ageingSeconds))
    }

    private static func change<Limit: Hashable & Sendable>(_ limit: Limit?) -> ChangeLimitsRequest.Change<Limit> {
        limit.map { .set($0) } ?? .remove
    }
}

extension QueueLimits {
    init(_ info: QueueLimitsInfo) {
        self.init(
            concurrency: info.concurrency, rate: info.rate?.rate, keyConcurrency: info.keyConcurrency,
            keyRate: info.keyRate?.rate, ageingSeconds: info.ageingSeconds)
    }
}
