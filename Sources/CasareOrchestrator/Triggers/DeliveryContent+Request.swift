import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

extension DeliveryContent {
    /// What came with a request.
    init(
        body: [UInt8], headers: [String: String], query: [String: String], proof: HookProof, _ webhook: Webhook,
        of trigger: Trigger, id: TriggerDelivery.ID, at now: Date
    ) {
        let text = String(validating: body, as: UTF8.self)
        self.init(
            payload: Self.payload(body, text, headers["content-type"]), body: text,
            headers: headers.filter { !webhook.secretHeaders.contains($0.key) }, query: query,
            delivery: webhook.deliveryID(headers, proof) ?? id.description, trigger: trigger.name,
            receivedAt: Timestamp.text(now))
    }

    /// The body as JSON; of a form, its fields.
    private static func payload(_ body: [UInt8], _ text: String?, _ type: String?) -> Value? {
        let isForm = type?.lowercased().hasPrefix("application/x-www-form-urlencoded") ?? false
        guard isForm else {
            // What is no JSON has no places in it.
            return body.isEmpty ? nil : try? Value(parsingJSON: body)
        }
        return text.flatMap(Self.fields(ofForm:))
    }

    /// The fields of a form as texts; one that is there several times is a list of them. `nil` for what is not properly
    /// percent-encoded UTF-8.
    private static func fields(ofForm text: String) -> Value? {
        var fields: [String: [Value]] = [:]
        for part in text.split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(halves[0], plusIsSpace: true),
                let value = percentDecoded(halves.count > 1 ? halves[1] : "", plusIsSpace: true)
            else { return nil }
            fields[name, default: []].append(.string(value))
        }
        let sorted = fields.sorted { $0.key < $1.key }
        return .object(Object(sorted.map { ($0.key, $0.value.count == 1 ? $0.value[0] : .list($0.value)) }))
    }
}

extension Webhook {
    /// The sender's ID of a delivery.
    func deliveryID(_ headers: [String: String], _ proof: HookProof) -> String? {
        if let id = proof.deliveryID { return id }
        guard let name = self.deliveryHeader ?? self.auth.ownDeliveryHeader, let id = headers[name], !id.isEmpty else {
            return nil
        }
        return id
    }

    /// The first filter that does not let a request with these headers through.
    func refusing(_ headers: [String: String]) -> HeaderFilter? {
        self.headers.first { !$0.allows(headers[$0.name]) }
    }
}

extension TriggerSpec {
    /// By what a delivery is known when it comes again, and what is shown of that.
    func keys(
        of content: DeliveryContent, _ proof: HookProof, _ webhook: Webhook
    ) -> (keys: [TriggerDeliveries.Key], shown: String?) {
        var keys: [TriggerDeliveries.Key] = []
        var shown: String?
        if let mark = proof.mark {
            keys.append(TriggerDeliveries.Key("mark", mark, remembered: webhook.auth.markSeconds))
        }
        if let id = webhook.deliveryID(content.headers, proof) {
            keys.append(TriggerDeliveries.Key("delivery", id, remembered: self.dedupSeconds))
            shown = id
        }
        if let dedup, let value = content.value(at: dedup) {
            keys.append(
                TriggerDeliveries.Key(
                    "value", value.jsonText(.compact, sortKeys: true), remembered: self.dedupSeconds))
            shown = value.displayText
        }
        return (keys, shown)
    }
}
