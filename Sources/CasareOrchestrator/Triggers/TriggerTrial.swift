import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

/// What would become of a sample that came to a trigger. It looks at nothing that came before.
struct TriggerTrial: Sendable {
    let trigger: Trigger
    /// `nil` where there is none of that name.
    let workflow: Workflow?
    let sample: TestTriggerRequest

    /// Why no job would be made.
    private struct Refusal {
        let result: TriggerDelivery.Result
        let reason: String
    }

    private var webhook: Webhook? {
        switch self.trigger.spec.source {
        case .webhook(let webhook): webhook
        case .job, .file, .feed: nil
        }
    }

    private var headers: [String: String] {
        var headers: [String: String] = [:]
        for (name, value) in self.sample.headers ?? [:] { headers[name.lowercased()] = value.string }
        return headers
    }

    private var query: [String: String] {
        var query: [String: String] = [:]
        for (name, value) in self.sample.query ?? [:] { query[name] = value.string }
        return query
    }

    private var body: [UInt8] {
        if let payload = self.sample.payload { return Array(payload.jsonText(.compact).utf8) }
        return Array((self.sample.body ?? "").utf8)
    }

    /// Whether the sample has a signature or a secret, which is checked then.
    var checksSignature: Bool {
        guard let header = self.webhook?.auth.secretHeader else { return false }
        return self.headers[header] != nil
    }

    /// - Parameter secrets: those that count, where the sample has a signature.
    func response(secrets: [[UInt8]], now: Date) -> TestTriggerResponse {
        guard let webhook = self.webhook else { return self.responseOfPayload(now: now) }
        let body = self.body
        var proof = HookProof()
        var shown = TestTriggerResponse.Proof.notChecked
        var refusal: Refusal?
        if !webhook.auth.kind.needsSecret { shown = .none }
        if self.checksSignature {
            do throws(SignatureFault) {
                proof = try webhook.auth.check(
                    HookMessage(headers: self.headers, body: body), secrets: secrets, now: now)
                shown = .verified
            } catch {
                shown = .refused
                refusal = Refusal(result: .rejected, reason: error.description)
            }
        }
        if let method = self.sample.method, !webhook.methods.contains(method) {
            let methods = webhook.methods.map(\.rawValue).joined(separator: ", ")
            refusal = Refusal(result: .rejected, reason: "the hook takes \(methods)")
        } else if body.count > webhook.bodyBytesMax {
            refusal = Refusal(
                result: .rejected, reason: "its body is too large: the hook takes \(webhook.bodyBytesMax) bytes")
        } else if refusal == nil, self.trigger.pause != nil {
            refusal = Refusal(result: .paused, reason: "the trigger is paused")
        } else if refusal == nil, let filter = webhook.refusing(self.headers) {
            refusal = Refusal(result: .filtered, reason: "the header \(filter.name) is not what the trigger waits for")
        }
        let content = DeliveryContent(
            body: body, headers: self.headers, query: self.query, proof: proof, webhook, of: self.trigger,
            id: .new(at: now), at: now)
        let key = self.trigger.spec.keys(of: content, proof, webhook).shown
        return self.response(content, refusal, proof: shown, key: key)
    }

    /// Of what no request brings: the payload is all there is.
    private func responseOfPayload(now: Date) -> TestTriggerResponse {
        let content = DeliveryContent(
            payload: self.sample.payload, delivery: "sample", trigger: self.trigger.name,
            receivedAt: Timestamp.text(now))
        var key: String?
        if let dedup = self.trigger.spec.dedup, let value = content.value(at: dedup) { key = value.displayText }
        let refusal = self.trigger.pause == nil ? nil : Refusal(result: .paused, reason: "the trigger is paused")
        return self.response(content, refusal, proof: .none, key: key)
    }

    private func response(
        _ content: DeliveryContent, _ refusal: Refusal?, proof: TestTriggerResponse.Proof, key: String?
    ) -> TestTriggerResponse {
        let spec = self.trigger.spec
        let found = spec.mapping.variables(of: content)
        let missing = spec.mapping.entries.map(\.variable).filter { found[$0] == nil }
        var refusal = refusal
        var plan: TestTriggerResponse.Plan?
        if let workflow = self.workflow {
            let version = spec.workflowVersion ?? workflow.latestVersion
            if version <= workflow.latestVersion {
                plan = TestTriggerResponse.Plan(
                    workflow: workflow.name, version: version, priority: spec.priority,
                    environment: spec.environment, queueKey: spec.queueKey,
                    variables: spec.variables.merging(found))
            } else if refusal == nil {
                refusal = Refusal(result: .failed, reason: "the workflow \(workflow.name) has no version \(version)")
            }
        } else if refusal == nil {
            refusal = Refusal(result: .failed, reason: "there is no workflow \(spec.workflow)")
        }
        return TestTriggerResponse(
            result: refusal?.result ?? .accepted, reason: refusal?.reason, proof: proof, key: key, missing: missing,
            job: refusal == nil ? plan : nil)
    }
}
