import CasareDomain
import CasareWire
import Testing

struct ShortTextTests {
    private static func problem<T: Decodable>(_ type: T.Type, _ body: String) -> WireDecodingError? {
        do throws(WireJSON.Failure) {
            _ = try WireJSON.decode(type, from: Array(body.utf8))
            return nil
        } catch {
            guard case .unexpected(let error) = error else { return nil }
            return error
        }
    }

    @Test(arguments: [
        (
            #"{"workflow":"a","environment":"a\u0000b"}"#,
            "environment: holds the control character U+0000; leave it out"
        ),
        (#"{"workflow":"a","environment":"a\n"}"#, "environment: holds the control character U+000A; leave it out"),
        (#"{"workflow":"a","environment":"\u0085"}"#, "environment: holds the control character U+0085; leave it out"),
        (#"{"workflow":"\u007f"}"#, "workflow: holds the control character U+007F; leave it out"),
        (
            #"{"workflow":"a","idempotency_key":"k\u0001"}"#,
            "idempotency_key: holds the control character U+0001; leave it out"
        ),
        (
            #"{"workflow":"a","run_at":"0000-01-01T00:00:00Z"}"#,
            "run_at: expected a time such as 2026-01-02T03:04:05Z, got \"0000-01-01T00:00:00Z\""
        ),
        (#"{"workflow":"a","run_at":7}"#, "run_at: expected a time such as 2026-01-02T03:04:05Z, got 7"),
        (
            #"{"workflow":"a","run_at":"2026-02-30T00:00:00Z"}"#,
            "run_at: expected a time such as 2026-01-02T03:04:05Z, got \"2026-02-30T00:00:00Z\""
        ),
        (
            #"{"workflow":"a","run_at":"1999-12-31T23:59:59Z"}"#,
            "run_at: expected a time from 2000-01-01T00:00:00.000Z to before 2100-01-01T00:00:00.000Z, "
                + "got 1999-12-31T23:59:59.000Z"
        ),
        (
            #"{"workflow":"a","run_at":"9999-12-31T23:59:59Z"}"#,
            "run_at: expected a time from 2000-01-01T00:00:00.000Z to before 2100-01-01T00:00:00.000Z, "
                + "got 9999-12-31T23:59:59.000Z"
        ),
        (
            #"{"workflow":"a","delay_seconds":-1}"#,
            "delay_seconds: expected seconds from 0 to 2592000, got -1.0"
        ),
        (
            #"{"workflow":"a","delay_seconds":1e300}"#,
            "delay_seconds: expected seconds from 0 to 2592000, got 1e+300"
        ),
    ])
    func `what cannot have been meant is malformed`(body: String, message: String) {
        let error = Self.problem(SubmitJobRequest.self, body)
        #expect(error?.description == message)
        #expect(error?.kind == .malformed)
    }

    @Test func `so are odd labels of a robot`() {
        let tag = Self.problem(RegisterRobotRequest.self, #"{"id":"r","tags":["fine","\t"]}"#)
        #expect(tag?.path == "tags[1]" && tag?.kind == .malformed)
        let capability = Self.problem(RegisterRobotRequest.self, #"{"id":"r","capabilities":["a\u0000"]}"#)
        #expect(capability?.path == "capabilities[0]" && capability?.kind == .malformed)
        let environment = Self.problem(RegisterRobotRequest.self, #"{"id":"r","environment":"\u001b[2J"}"#)
        #expect(environment?.path == "environment" && environment?.kind == .malformed)
        let empty = Self.problem(RegisterRobotRequest.self, #"{"id":"r","tags":[""]}"#)
        #expect(empty?.description == "tags[0]: expected 1 to 64 characters" && empty?.kind == .invalid)
        let list = Self.problem(RegisterRobotRequest.self, #"{"id":"r","capabilities":["a","b,c"]}"#)
        #expect(list?.path == "capabilities[1]" && list?.message.contains("holds a comma") == true)
        let asked = Self.problem(SubmitJobRequest.self, #"{"workflow":"a","requirements":{"tags":["a,b"]}}"#)
        #expect(asked?.path == "requirements.tags[0]" && asked?.kind == .invalid)
        let tags = Array(repeating: #""t""#, count: RegisterRobotRequest.labelsMax + 1).joined(separator: ",")
        #expect(Self.problem(RegisterRobotRequest.self, #"{"id":"r","tags":[\#(tags)]}"#)?.path == "tags")
    }

    @Test(arguments: [
        #"{"workflow":"Übung 7 — 名前 👩‍💻","environment":"büro","idempotency_key":"a b/c"}"#,
        #"{"workflow":"a","run_at":"2000-01-01T00:00:00Z"}"#, #"{"workflow":"a","run_at":"2099-12-31T23:59:59.999Z"}"#,
        #"{"workflow":"a","run_at":"2026-01-02T03:04:05+02:00"}"#, #"{"workflow":"a","delay_seconds":2592000}"#,
    ])
    func `all other characters and times are taken`(body: String) {
        #expect(Self.problem(SubmitJobRequest.self, body) == nil)
    }
}
