import CasareDomain
import CasareWire
import Testing

struct AppliedMessageTests {
    private static func refusal(_ body: Value) -> String? {
        do throws(WireDecodingError) {
            try RequestShape(of: RecordAppliedRequest.self).check(body)
            let _: RecordAppliedRequest = try ValueDecoder.decode(from: body)
            return nil
        } catch {
            return error.path
        }
    }

    @Test func `what is noted is a kind and a name`() throws {
        let body: Value = ["applied": [["kind": "schedule", "name": "nightly"]]]
        let request: RecordAppliedRequest = try ValueDecoder.decode(from: body)
        #expect(request.applied.map(\.key) == [.init(.schedule, "nightly")] && request.forgotten.isEmpty)
        let written = try ValueEncoder.encode(RecordAppliedRequest(forgotten: request.applied))
        #expect(written == ["applied": [], "forgotten": [["kind": "schedule", "name": "nightly"]]])
        #expect(Self.refusal([:]) == nil)
    }

    @Test(arguments: [500, 501])
    func `a request has so many of them at most`(count: Int) {
        let names = (1...count).map { Value.object(["kind": "queue", "name": .string("q\($0)")]) }
        let expected = count > RecordAppliedRequest.namesMax ? "forgotten" : nil
        #expect(Self.refusal(["forgotten": .list(names)]) == expected)
    }

    @Test(
        arguments: [
            (["applied": [["kind": "job", "name": "a"]]], "applied[0].kind"),
            (["applied": [["kind": "queue", "name": ""]]], "applied[0].name"),
            (["applied": [["kind": "queue"]]], "applied[0].name"),
            (["applied": [["kind": "queue", "name": "a", "mark": "x"]]], "applied[0].mark"),
            (["deleted": []], "deleted"),
        ] as [(Value, String)])
    func `what cannot be is refused by its member`(body: Value, path: String) {
        #expect(Self.refusal(body) == path)
    }

    @Test func `kinds are written with a capital in files, and without one by the API`() {
        for kind in AppliedResource.Kind.allCases {
            #expect(AppliedResource.Kind(fileName: kind.fileName) == kind)
            #expect(kind.fileName.lowercased() == kind.rawValue)
        }
        #expect(AppliedResource.Kind(fileName: "schedule") == nil)
    }
}
