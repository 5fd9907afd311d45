import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

struct DeadLetterMessageTests {
    private static let filter = DeadLetterFilter(
        statuses: [.acknowledged, .open], workflow: "invoices", version: 4, kind: .crashLoop, type: "T",
        fingerprint: "f", error: "a & b", node: "n", robot: "r1", environment: "e", tag: "t",
        since: Date(timeIntervalSince1970: 1_767_268_800), until: Date(timeIntervalSince1970: 1_767_268_800.5),
        variables: ["amount": 5, "name": "x"])

    private static func parsed(_ filter: DeadLetterFilter) throws -> DeadLetterFilter {
        try DeadLetterFilter(
            parameters: Dictionary(uniqueKeysWithValues: filter.parameters.map { ($0.name, $0.value) }))
    }

    @Test func `a filter comes back from its parameters`() throws {
        #expect(DeadLetterFilter().parameters.isEmpty)
        #expect(Self.filter.parameters.count == DeadLetterFilter.Parameter.allCases.count)
        #expect(try Self.parsed(Self.filter) == Self.filter)
        #expect(try Self.parsed(DeadLetterFilter()) == DeadLetterFilter())
        #expect(try DeadLetterFilter(parameters: ["workflow": "", "limit": "7"]).isEmpty)
        #expect(Self.filter.parameters.first?.value == "open,acknowledged")
    }

    @Test func `a filter comes back from a body`() throws {
        #expect(try ValueEncoder.encode(DeadLetterFilter()) == [:])
        #expect(
            try ValueEncoder.encode(DeadLetterFilter(kind: .crashLoop, since: Self.filter.since))
                == ["kind": "crash_loop", "since": "2026-01-01T12:00:00.000Z"])
        #expect(
            try ValueDecoder.decode(DeadLetterFilter.self, from: try ValueEncoder.encode(Self.filter)) == Self.filter)
    }

    @Test(arguments: [
        ("status", "open,odd"), ("status", "open,"), ("kind", "bad"), ("version", "x"), ("version", "0"),
        ("since", "yesterday"), ("variables", "amount=5"), ("variables", "[1]"),
        ("error", String(repeating: "x", count: 1001)),
    ])
    func `a parameter that cannot be read is refused with its name`(name: String, text: String) {
        let error = #expect(throws: WireDecodingError.self) { _ = try DeadLetterFilter(parameters: [name: text]) }
        #expect(error?.path == name && error?.message.isEmpty == false)
    }

    @Test func `a body that no letter can match is refused with the member's place`() {
        let error = #expect(throws: WireDecodingError.self) {
            _ = try ValueDecoder.decode(DeadLetterFilter.self, from: ["version": 0])
        }
        #expect(error?.path == "version")
    }

    @Test func `an acknowledgement needs nothing, and its reason is bounded`() throws {
        #expect(try ValueDecoder.decode(AcknowledgeRequest.self, from: [:]) == AcknowledgeRequest())
        let long = Value.string(String(repeating: "x", count: 1001))
        #expect(throws: WireDecodingError.self) {
            _ = try ValueDecoder.decode(AcknowledgeRequest.self, from: ["reason": long])
        }
    }
}
