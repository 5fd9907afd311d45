import CasareDomain
import CasareWire
import Testing

struct ForkMessageTests {
    private func decode<T: Codable>(_ type: T.Type, _ text: String) throws -> T {
        try WireJSON.decode(from: Array(text.utf8))
    }

    @Test func `a retry says where it begins, and one that does not begins as it always did`() throws {
        let cases: [(String, Job.ResumePoint?)] = [
            ("{}", nil), (#"{"from":null}"#, nil), (#"{"from":"start"}"#, .start), (#"{"from":"failed"}"#, .failed),
            (#"{"from":7}"#, .step(7)),
        ]
        for (text, point) in cases { #expect(try self.decode(RetryJobRequest.self, text).from == point) }
        for text in [#"{"from":"end"}"#, #"{"from":-1}"#, #"{"from":1.5}"#, #"{"from":{}}"#] {
            let error = #expect(throws: WireJSON.Failure.self) { try self.decode(RetryJobRequest.self, text) }
            #expect(error?.description.hasPrefix("from: ") == true)
        }
        // A server before it knew of this refuses a member that it does not know.
        let plain = try ValueEncoder.encode(RetryJobRequest(variables: ["x": 1]))
        #expect(plain == ["variables": ["x": 1]])
    }

    @Test(arguments: [Job.ResumePoint.start, .failed, .step(0), .step(Int(Int32.max))])
    func `where a retry begins means the same after it went over the wire`(point: Job.ResumePoint) throws {
        let request = RetryJobRequest(variables: ["x": 1], from: point)
        let decoded: RetryJobRequest = try WireJSON.decode(from: try WireJSON.encode(request))
        #expect(decoded == request)
    }

    @Test func `a retry says how it differs, and what contradicts itself is refused`() throws {
        let patch = try JSONPatch(json: [["op": "replace", "path": "/a", "value": 2]])
        let request = RetryJobRequest(reason: "fixed", patch: patch, set: ["b": 1], version: .latest)
        let decoded: RetryJobRequest = try WireJSON.decode(from: try WireJSON.encode(request))
        #expect(decoded == request)
        #expect(decoded.choices == Job.RerunChoices(patch: patch, set: ["b": 1], version: .latest))
        #expect(RetryJobRequest().choices == Job.RerunChoices())
        let refused = [
            (#"{"patch":{}}"#, "patch: the JSON patch is an object"),
            (#"{"patch":[{"op":"remove"}]}"#, "patch: operation 1 of the JSON patch: \"path\" is required, and a text"),
            (#"{"set":[]}"#, "set: expected an object, got a list"),
            (#"{"version":"2"}"#, "version: expected one of same, latest, got \"2\""),
            (#"{"version":"latest","from":"failed"}"#, "version: the recorded steps belong to the version"),
        ]
        for (text, message) in refused {
            let error = #expect(throws: WireJSON.Failure.self) { try self.decode(RetryJobRequest.self, text) }
            #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
        }
    }

    @Test(arguments: [nil, 0, 90.5] as [Double?])
    func `a failure says what a server asked for, and nothing where none did`(seconds: Double?) throws {
        let failure = Failure(kind: .application, message: "m", type: "T", retryAfterSeconds: seconds)
        let json = try ValueEncoder.encode(failure)
        #expect(json["retry_after_seconds"] == seconds.map { Value.double($0) })
        #expect(try ValueDecoder.decode(Failure.self, from: json) == failure)
    }

    @Test func `a fork names a step, and a reason is bounded`() throws {
        let request = ForkJobRequest(fromStep: 3, variables: ["x": 1], reason: "a typo")
        let decoded: ForkJobRequest = try WireJSON.decode(from: try WireJSON.encode(request))
        #expect(decoded == request)
        for text in [#"{}"#, #"{"from_step":-1}"#, #"{"from_step":"n"}"#, #"{"from_step":0,"reason":""}"#] {
            #expect(throws: WireJSON.Failure.self) { try self.decode(ForkJobRequest.self, text) }
        }
    }
}
