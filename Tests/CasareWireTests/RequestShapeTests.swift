import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

struct RequestShapeTests {
    private static func problem(_ type: any Decodable.Type, _ json: String) throws -> WireDecodingError? {
        let shape = RequestShape(of: type)
        let value = try Value(parsingJSON: json)
        do throws(WireDecodingError) {
            try shape.check(value)
            return nil
        } catch {
            return error
        }
    }

    private struct Case: Sendable {
        let type: any (Decodable & SendableMetatype).Type
        let json: String
        let message: String
    }

    private static let unknown: [Case] = [
        Case(
            type: CreateTokenRequest.self, json: #"{"name":"a","role":"viewer","expire_at":"2030-01-01T00:00:00Z"}"#,
            message: "expire_at: there is no such member; did you mean expires_at?"),
        Case(
            type: CreateTokenRequest.self, json: #"{"name":"a","role":"viewer","expiresAt":"2030-01-01T00:00:00Z"}"#,
            message: "expiresAt: there is no such member; did you mean expires_at?"),
        Case(
            type: CreateTokenRequest.self, json: #"{"nothing_like_it":1}"#,
            message: "nothing_like_it: there is no such member; the members are name, role, robot, expires_at, "
                + "description, scopes, networks, reason"),
        Case(
            type: SubmitBatchRequest.self, json: #"{"jobs":[{"workflow":"a"},{"workflow":"a","prioritty":1}]}"#,
            message: "jobs[1].prioritty: there is no such member; did you mean priority?"),
        Case(
            type: SubmitJobRequest.self, json: #"{"options":{"retry":{"max_atempts":1}}}"#,
            message: "options.retry.max_atempts: there is no such member; did you mean max_attempts?"),
        Case(
            type: FailRequest.self, json: #"{"failure":{"knd":"business"}}"#,
            message: "failure.knd: there is no such member; did you mean kind?"),
        Case(
            type: CheckpointRequest.self, json: #"{"entries":[{"step":0,"note":"x"}]}"#,
            message: "entries[0].note: there is no such member; did you mean node?"),
    ]

    @Test func `an unknown member is named, with the one that was meant`() throws {
        for each in Self.unknown {
            let error = try #require(try Self.problem(each.type, each.json))
            #expect(error.description == each.message)
            #expect(error.kind == .malformed)
        }
    }

    @Test func `documents, variables and results hold what they like`() throws {
        let document = #"{"document":{"nodes":[],"x":{"y":1}},"variables":{"a":{"b":[{"c":1}]}}}"#
        #expect(try Self.problem(SubmitJobRequest.self, document) == nil)
        #expect(try Self.problem(PushWorkflowRequest.self, #"{"document":{"anything":1}}"#) == nil)
        #expect(try Self.problem(ValidateWorkflowRequest.self, #"{"document":[{"anything":1}]}"#) == nil)
        let result = #"{"token":1,"result":{"success":true,"variables":{"x":1},"node_outputs":{"n":{"out":1}}}}"#
        #expect(try Self.problem(CompleteRequest.self, result) == nil)
        let entries = #"{"token":1,"entries":[{"step":1,"result":{"outputs":{"x":1}}}]}"#
        #expect(try Self.problem(CheckpointRequest.self, entries) == nil)
    }

    @Test func `what the client sends is within the shape`() throws {
        var options = Job.Options(trace: true)
        options.retry = .standard
        options.nodeTimeoutSeconds = 1
        let job = SubmitJobRequest(
            workflow: "w", version: 1, variables: ["a": ["b": 1]], priority: .high, environment: "e",
            idempotencyKey: "k", delaySeconds: 1, options: options)
        try RequestShape(of: SubmitBatchRequest.self).check(try ValueEncoder.encode(SubmitBatchRequest(jobs: [job])))
        let id = Job.ID(rawValue: UUID())
        let failure = Failure(kind: .business, message: "m", type: "T", node: "n")
        let result = RunResult(
            success: false, error: "e", variables: ["a": 1], logs: ["l"],
            nodeErrors: [RunResult.NodeError(node: "n", error: "e", type: "T")], trace: ["n"], nodeOutputs: ["n": [:]])
        let fail = FailRequest(token: Lease.Token(rawValue: 1), failure: failure, result: result, entries: [])
        try RequestShape(of: FailRequest.self).check(try ValueEncoder.encode(fail))
        let renew = RenewRequest(leases: [LeaseInfo(Lease(job: id, token: Lease.Token(rawValue: 1)))])
        try RequestShape(of: RenewRequest.self).check(try ValueEncoder.encode(renew))
    }

    @Test func `what is no object at all is left to decoding`() throws {
        for json in ["[]", "7", "null", #"{"jobs":7}"#, #"{"jobs":[7]}"#] {
            #expect(try Self.problem(SubmitBatchRequest.self, json) == nil)
        }
    }
}
