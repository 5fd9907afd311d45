import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

struct ExplainViewTests {
    private static let now = Date(timeIntervalSince1970: 1_767_268_800)
    private static let subject = Explanation.Subject.job(Job.ID("01890000-0000-7000-8000-000000000001")!)  // It is one.

    private static func explanation(_ reasons: [Explanation.Reason]) -> ExplanationInfo {
        ExplanationInfo(Explanation(subject: Self.subject, reasons: reasons), explainedAt: Self.now)
    }

    private static func reason(_ code: Explanation.Code, _ detail: Object) -> Explanation.Reason {
        Explanation.Reason(code, about: Self.subject, detail: detail, clears: nil)
    }

    private static func render(_ explanation: ExplanationInfo, _ arguments: [String] = []) throws -> String {
        let output = try OutputOptions.parse(arguments)
        return try output.render(
            try explanation.presentation(output), in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    @Test func `people read how far away a moment is, programs its time alone`() throws {
        let explanation = Self.explanation([
            Explanation.Reason(
                .queuePaused, about: .queue("q"),
                detail: ["queue": "q", "since": "2026-01-01T11:59:00.000Z", "until": "2026-01-01T14:00:00.000Z"],
                clears: Explanation.Command("casarectl queue resume", "q"))
        ])
        let sheet = """
            job 01890000-0000-7000-8000-000000000001

            1. queue_paused
              Queue q is paused; since 2026-01-01T11:59:00.000Z (60 s ago), until 2026-01-01T14:00:00.000Z (in 2 h).
              → casarectl queue resume q

            """
        #expect(try Self.render(explanation) == sheet)
        let json = try Value(parsingJSON: try Self.render(explanation, ["-o", "json"]))
        #expect(json["reasons"]?.list?.first?["message"]?.string?.hasSuffix("until 2026-01-01T14:00:00.000Z.") == true)
        #expect(try Self.render(explanation, ["-o", "name"]) == "queue_paused\n")
        #expect(try Self.render(explanation, ["-o", "csv"]).hasPrefix("code,message,clears\nqueue_paused,"))
    }

    @Test func `what a heartbeat changes is not printed anew`() throws {
        var detail: Object = ["robot": "r1", "since": "2026-01-01T12:00:00.000Z", "attempt": 1]
        detail["seen_at"] = "2026-01-01T12:00:00.000Z"
        let before = Self.explanation([Self.reason(.running, detail)])
        detail["seen_at"] = "2026-01-01T12:00:10.000Z"
        let later = Self.explanation([Self.reason(.running, detail)])
        #expect(before.reasons != later.reasons && later.reads(as: before))
        detail["attempt"] = 2
        #expect(!Self.explanation([Self.reason(.running, detail)]).reads(as: before))
    }

    @Test(arguments: [
        (Explanation.Code.ended, "completed", ExitReason.success), (.ended, "failed", .jobEndedBadly),
        (.ended, "cancelled", .jobEndedBadly), (.running, "", .success),
    ])
    func `watching ends as the job did`(code: Explanation.Code, kind: String, status: ExitReason) throws {
        let reason = Self.reason(code, ["kind": .string(kind), "at": "2026-01-01T12:00:00.000Z"])
        #expect(Self.explanation([reason]).exitReason == status)
    }

    @Test func `a message ends with one full stop`() throws {
        for (text, end) in [("Nobody began it.", "Nobody began it."), ("Why?", "Why?"), ("it broke", "it broke.")] {
            let reason = Self.reason(.ended, ["kind": "failed", "at": "then", "message": .string(text)])
            #expect(reason.message == "It ended as failed at then: \(end)")
        }
    }
}

struct OutageTests {
    private static let unreachable = CommandFailure(.unavailable, "nobody answers")

    private actor Server {
        private(set) var asked = 0

        func answer(failing failure: CommandFailure, times: Int = .max) throws -> Int {
            self.asked += 1
            if self.asked <= times { throw failure }
            return self.asked
        }
    }

    @Test func `what the server was away for is asked again`() async throws {
        let server = Server()
        let answer = try await Outage.withstanding(pausing: .zero, atMost: .seconds(3600)) {
            try await server.answer(failing: Self.unreachable, times: 2)
        }
        #expect(answer == 3)
    }

    @Test func `any other failure, and one after the deadline, is not repeated`() async throws {
        let server = Server()
        let missing = CommandFailure(.notFound, "no such job")
        await #expect(throws: missing) {
            try await Outage.withstanding(pausing: .zero) { try await server.answer(failing: missing) }
        }
        await #expect(throws: Self.unreachable) {
            try await Outage.withstanding(until: .now, pausing: .zero) {
                try await server.answer(failing: Self.unreachable)
            }
        }
        #expect(await server.asked == 2)
    }
}
