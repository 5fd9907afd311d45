import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import Testing

@Suite struct WebhookNotifyTests {
    private static let details: Value = ["code": 7, "where": "step 3"]

    private static func sent(_ format: String, _ details: Value) async throws -> Value {
        try await WebServer.with({ _ in .text("ok") }) { server in
            try await withWeb { web async throws in
                let inputs: Object = [
                    "webhook_url": .string(server.url), "message": "It broke", "format": .string(format),
                    "error_details": details,
                ]
                #expect(try await web.perform("WebhookNotifyNode", inputs) == ["success": true, "response": "ok"])
                let request = try #require(server.requests.first)
                #expect(request.method == "POST")
                #expect(request.header("Content-Type") == "application/json")
                #expect(request.header("Idempotency-Key") != nil)
                return try Value(parsingJSON: request.bytes)
            }
        }
    }

    @Test func `a notification speaks the service's words`() async throws {
        #expect(
            try await Self.sent("generic", Self.details)
                == ["message": "It broke", "details": Self.details, "source": "CasareRPA"])
        #expect(try await Self.sent("generic", .null)["details"] == [:])
        let slack = try await Self.sent("slack", Self.details)
        #expect(slack["text"] == "It broke")
        #expect(
            slack["attachments"]?.list?.first?["fields"]?.list?.first == ["title": "code", "value": "7", "short": true])
        let discord = try await Self.sent("discord", [1, "two"])
        #expect(discord["content"] == "It broke")
        #expect(discord["embeds"]?.list?.first?["fields"]?.list?.last == ["name": "2", "value": "two", "inline": true])
        let teams = try await Self.sent("teams", "trace")
        #expect(teams["@type"] == "MessageCard")
        #expect(teams["summary"] == "It broke")
        #expect(teams["themeColor"] != nil)
        #expect(teams["sections"]?.list?.first?["activityTitle"] == "It broke")
        #expect(teams["sections"]?.list?.first?["facts"] == [["name": "Details", "value": "trace"]])
        #expect(try await Self.sent("slack", "")["attachments"]?.list?.first?["fields"] == [])
    }

    @Test(arguments: [(399, true), (400, false), (500, false)])
    func `an error status is no failure`(status: Int, success: Bool) async throws {
        try await WebServer.with({ _ in .text("said", status: status) }) { server in
            try await withWeb { web async throws in
                let outputs = try await web.perform("WebhookNotifyNode", ["webhook_url": .string(server.url)])
                #expect(outputs == ["success": .bool(success), "response": "said"])
            }
        }
    }

    @Test func `failures do not give the address away`() async throws {
        let port = ClosedPort.number
        try await withWeb { web async throws in
            let inputs: Object = ["webhook_url": .string("http://127.0.0.1:\(port)/services/T0/s3cret?x=s3cret")]
            let failure = try await web.failure("WebhookNotifyNode", inputs)
            #expect(failure.message == "Cannot reach http://127.0.0.1:\(port): 127.0.0.1 refused the connection")
            #expect(failure.outputs["success"] == false)
            #expect(try await web.failure("WebhookNotifyNode", [:]).message == "webhook_url is required")
        }
    }
}
