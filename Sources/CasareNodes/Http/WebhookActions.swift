import CasareDomain
import CasareEngine
import NIOHTTP1

extension HttpActions {
    /// Sends a notification. The address is a secret: whoever has it can post.
    func notify(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        guard let text = inputs.firstText("webhook_url") else { throw NodeFailure.value("webhook_url is required") }
        let body = WebhookMessage.body(
            inputs.string("format"), message: inputs.string("message"), details: inputs["error_details"])
        var request = WebRequest(
            method: .POST, url: try WebURL(text),
            headers: [
                "Content-Type": "application/json", "User-Agent": HttpRequests.userAgent,
                "Idempotency-Key": environment.idempotencyKey,
            ],
            body: .bytes(Array(body.jsonText(.compact).utf8)), options: try HttpRequests.options(inputs, environment))
        request.options.hidesPath = true
        request.options.leavesDoubt = HttpRequests.leavesDoubt(.effect, environment)
        request.signInByURL()
        let answer = try await self.web.answer(to: request)
        return NodeResult([
            "success": .bool(answer.status < 400), "response": .string(String(decoding: answer.bytes, as: UTF8.self)),
        ])
    }
}
