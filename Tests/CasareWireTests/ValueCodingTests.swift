import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

struct ValueCodingTests {
    private struct Sample: Codable, Hashable {
        var plain: String
        var twoWords: Int
        var jobID: Double?
        var apiURLPath: Bool
        var free: Value
        var members: Object
        var list: [Value]
        var at: Date?
        var nested: [Inner]

        struct Inner: Codable, Hashable {
            var isDone: Bool
        }
    }

    private static let sample = Sample(
        plain: "x", twoWords: 2, jobID: nil, apiURLPath: true, free: ["camelCase": 1, "b": 1.0, "a": .null],
        members: ["keepMe": ["innerKey": 15.0]], list: [1, 2.0, "3"], at: Date(timeIntervalSince1970: 1.5),
        nested: [Sample.Inner(isDone: false)])

    @Test func `names of members become snake case and free JSON stays as it is`() throws {
        #expect(
            try ValueEncoder.encode(Self.sample).jsonText(.compact)
                == #"{"plain":"x","two_words":2,"job_id":null,"api_url_path":true,"#
                + #""free":{"camelCase":1,"b":1.0,"a":null},"members":{"keepMe":{"innerKey":15.0}},"#
                + #""list":[1,2.0,"3"],"at":"1970-01-01T00:00:01.500Z","nested":[{"is_done":false}]}"#)
    }

    @Test func `what was encoded decodes to the same`() throws {
        let text = try ValueEncoder.encode(Self.sample).jsonText(.compact)
        let decoded: Sample = try WireJSON.decode(from: Array(text.utf8))
        #expect(decoded == Self.sample)
        #expect(try ValueEncoder.encode(decoded).jsonText(.compact) == text)
    }

    @Test func `null counts as missing for an optional member, and what an answer has beside is ignored`() throws {
        let decoded: CancelJobRequest = try WireJSON.decode(from: Array(#"{"reason":null,"other":[1]}"#.utf8))
        #expect(decoded.reason == nil)
    }

    @Test(arguments: [
        (
            #"{"jobs":[{"workflow":"a"},{"workflow":"a","priority":"x"}]}"#,
            "jobs[1].priority: expected a number from 0 to 20, got \"x\""
        ),
        (#"{"jobs":[{"workflow":"a","priority":21}]}"#, "jobs[0].priority: expected a number from 0 to 20, got 21"),
        (#"{"jobs":[{"workflow":7}]}"#, "jobs[0].workflow: expected a string, got 7"),
        (#"{"jobs":[{}]}"#, "jobs[0].workflow: is required: the name or ID of a workflow; or send a document"),
        (#"{"jobs":{}}"#, "jobs: expected a list, got an object"),
        (#"{}"#, "jobs: is required"),
        (#"[]"#, "expected an object, got a list"),
        (#"{"jobs":[null]}"#, "jobs[0]: expected an object, got null"),
        (#"{"jobs":[{"workflow":"a","variables":[]}]}"#, "jobs[0].variables: expected an object, got a list"),
        (
            #"{"jobs":[{"workflow":"a","run_at":"soon"}]}"#,
            "jobs[0].run_at: expected a time such as 2026-01-02T03:04:05Z, got \"soon\""
        ),
        (#"{"jobs":[{"workflow":"a","version":1.5}]}"#, "jobs[0].version: expected a whole number, got 1.5"),
        (#"{"jobs":[{"workflow":"a","version":0}]}"#, "jobs[0].version: expected a number from 1, got 0"),
        (
            #"{"jobs":[{"workflow":"a","delay_seconds":-1}]}"#,
            "jobs[0].delay_seconds: expected seconds from 0 to 2592000, got -1.0"
        ),
        (
            #"{"jobs":[{"workflow":"a","options":{"retry":{"backoff":"never"}}}]}"#,
            "jobs[0].options.retry.backoff: expected one of fixed, list, exponential, linear, got \"never\""
        ),
        (
            #"{"jobs":[{"workflow":"a","options":{"retry":{"by_kind":{"business":"never"}}}}]}"#,
            "jobs[0].options.retry: by_kind.business: failures of this kind are never retried; leave it out"
        ),
        (
            #"{"jobs":[{"workflow":"a","options":{"retry":{"by_kind":{"timeout":"sometimes"}}}}]}"#,
            "jobs[0].options.retry.by_kind.timeout: expected a retry policy, an object, or \"never\""
        ),
        (
            #"{"jobs":[{"workflow":"a","options":{"retry":{"max_attempts":0}}}]}"#,
            "jobs[0].options.retry: max_attempts is 0; it must be from 1 to 100"
        ),
        (
            #"{"jobs":[{"workflow":"a","options":{"timeout_seconds":0}}]}"#,
            "jobs[0].options.timeout_seconds: expected a number above 0, up to 2592000, got 0.0"
        ),
        (#"{"jobs":[{"workflow":"a","document":{}}]}"#, "jobs[0].document: give a workflow or a document, not both"),
    ])
    func `a wrong body names the member and what was expected`(body: String, message: String) {
        let error = #expect(throws: WireJSON.Failure.self) {
            _ = try WireJSON.decode(SubmitBatchRequest.self, from: Array(body.utf8))
        }
        #expect(error?.description == message)
    }

    @Test func `other wrong texts say what would be right`() {
        func message<T: Decodable>(_ type: T.Type, _ body: String) -> String? {
            do throws(WireJSON.Failure) {
                _ = try WireJSON.decode(type, from: Array(body.utf8))
                return nil
            } catch {
                return error.description
            }
        }
        #expect(
            message(RegisterRobotRequest.self, #"{"id":"no spaces"}"#)
                == "id: expected 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit, got \"no spaces\""
        )
        #expect(
            message(RenewRequest.self, #"{"leases":[{"job_id":"7","token":1}]}"#)
                == "leases[0].job_id: expected a UUID, got \"7\"")
        #expect(
            message(CreateTokenRequest.self, #"{"name":"a","role":"The King"}"#)
                == "role: expected 1 to 63 small letters, digits, '-' and '_', beginning with a letter, got \"The King\""
        )
        #expect(
            message(CancelJobRequest.self, "{")
                == "the body is not JSON: line 1, column 2: expected a key in double quotes")
        #expect(message(CancelJobRequest.self, "{}") == nil)
    }

    @Test(arguments: [
        ("5", 5), ("\"HIGH\"", 15), ("\"low\"", 0), ("20", 20), ("\"7\"", 7), ("3.0", 3),
    ])
    func `a priority is a number or a name`(json: String, expected: Int) throws {
        let request: SubmitJobRequest = try WireJSON.decode(
            from: Array(#"{"workflow":"a","priority":\#(json)}"#.utf8))
        #expect(request.priority.rawValue == expected)
    }

    @Test func `a request means the same after it went over the wire`() throws {
        var options = Job.Options()
        options.retry = try RetryPolicy(.exponential(initial: 1, factor: 2, max: 60), attemptsMax: 3)
        options.nodeTimeoutSeconds = 2.5
        let request = SubmitJobRequest(
            workflow: "invoices", version: 3, variables: ["fileName": "a.csv", "n": 15.0], priority: .high,
            environment: "prod", idempotencyKey: "k", delaySeconds: 60, options: options)
        let decoded: SubmitJobRequest = try WireJSON.decode(from: try WireJSON.encode(request))
        #expect(decoded == request)
    }

    @Test func `a leased job keeps its document byte for byte`() throws {
        let id = try #require(Job.ID("0197f3a0-0000-7000-8000-000000000001"))
        let job = LeasedJob(
            lease: Lease(job: id, token: Lease.Token(rawValue: .max)), attempt: 2, workflowName: "w",
            workflowVersion: 1, document: "{\"a\" : 1.50,\n\"ü\\\"\":[]}", variables: ["x": 1], options: Job.Options(),
            priority: .low, origin: Job.ID("0197f3a0-0000-7000-8000-000000000002"),
            trace: TraceCarrier(
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1",
                baggage: "b=2"))
        let info: LeasedJobInfo = try WireJSON.decode(from: try WireJSON.encode(LeasedJobInfo(job)))
        #expect(info.leasedJob == job && job.trace?.baggage != nil)
    }
}
