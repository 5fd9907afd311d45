import CasareDomain
import CasareWire
import Testing

struct WireJSONTests {
    private static let shape = RequestShape(of: SubmitBatchRequest.self)

    private static func problem(_ json: String, _ shape: RequestShape?) -> WireJSON.Failure? {
        do throws(WireJSON.Failure) {
            _ = try WireJSON.decode(SubmitBatchRequest.self, from: Array(json.utf8), shape: shape)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (#"{"jobs": [{"workflow": "a", "workflow": "b"}]}"#, "jobs.workflow", 1),
        ("{\"jobs\": [],\n \"jobs\": []}", "jobs", 2),
        (#"{"jobs": [{"workflow": "a", "variables": {"x": {"y": 1, "y": 1}}}]}"#, "jobs.variables.x.y", 1),
    ])
    func `a member of a request that is there twice is refused by name`(json: String, path: String, line: Int) {
        let error = WireDecodingError(
            path: path, message: "is there twice, again in line \(line); leave one of the two out", kind: .malformed)
        #expect(Self.problem(json, Self.shape) == .unexpected(error))
        // Of an answer the last counts, as ever: a client cannot ask for another one.
        #expect(Self.problem(json, nil) == nil)
    }

    @Test func `text that is no JSON is said to be none, whatever is there twice`() {
        guard case .notJSON = Self.problem(#"{"a": 1, "a": 2"#, Self.shape) else {
            Issue.record("It was taken")
            return
        }
    }

    @Test func `a way that is very long is cut`() {
        let name = String(repeating: "n", count: 1000)
        guard case .unexpected(let error) = Self.problem("{\"\(name)\": 1, \"\(name)\": 2}", Self.shape) else {
            Issue.record("It was taken")
            return
        }
        #expect(error.path.count < 300 && error.path.hasSuffix("…"))
    }
}
