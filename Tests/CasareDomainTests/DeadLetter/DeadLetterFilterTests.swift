import CasareDomain
import FoundationEssentials
import Testing

struct DeadLetterFilterTests {
    private static let whole = DeadLetterFilter(
        statuses: [.replayed, .open], workflow: "invoices", version: 4, kind: .timeout, type: "HttpError",
        fingerprint: "f", error: "refused", node: "n7", robot: "r1", environment: "production", tag: "gpu",
        since: Date(timeIntervalSince1970: 1_767_268_800), until: Date(timeIntervalSince1970: 1_767_272_400),
        variables: ["customer": "c1", "amount": 5])

    private static func text(_ filter: DeadLetterFilter) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .secondsSince1970
        return String(decoding: try encoder.encode(filter), as: UTF8.self)
    }

    private static func filter(_ text: String) throws -> DeadLetterFilter {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        return try decoder.decode(DeadLetterFilter.self, from: Data(text.utf8))
    }

    @Test func `what is not given is not in the JSON, and statuses stand in their order`() throws {
        #expect(try Self.text(DeadLetterFilter()) == "{}")
        #expect(
            try Self.text(DeadLetterFilter(statuses: [.resolved, .open, .acknowledged]))
                == #"{"statuses":["open","acknowledged","resolved"]}"#)
        #expect(try Self.filter(try Self.text(Self.whole)) == Self.whole)
        #expect(try Self.filter("{}").isEmpty && !Self.whole.isEmpty)
    }

    @Test func `a filter is told in words`() {
        #expect(DeadLetterFilter().description == "any")
        #expect(
            DeadLetterFilter(statuses: [.open], workflow: "invoices", error: #"a "b""#).description
                == #"open, of workflow invoices, error contains "a \"b\"""#)
        #expect(
            Self.whole.description == """
                open or replayed, of workflow invoices, of version 4, in production, failed as timeout, of type HttpError, \
                with the fingerprint f, error contains "refused", at node n7, on robot r1, that asked for the tag gpu, \
                opened since 2026-01-01T12:00:00Z, opened before 2026-01-01T13:00:00Z, customer is "c1", amount is 5
                """)
    }

    private static let long = String(repeating: "x", count: 1000)

    @Test(arguments: [
        (DeadLetterFilter(error: Self.long + "x"), "error"), (DeadLetterFilter(node: ""), "node"),
        (DeadLetterFilter(version: 0), "version"), (DeadLetterFilter(version: 1 << 31), "version"),
        (DeadLetterFilter(since: .distantFuture, until: .distantPast), "until"),
        (DeadLetterFilter(variables: Object((0...20).map { ("v\($0)", 1) })), "variables"),
        (DeadLetterFilter(variables: ["a": "\0"]), "variables"),
    ])
    func `what no letter can match is refused with the member's name`(filter: DeadLetterFilter, member: String) throws {
        let error = #expect(throws: DeadLetterFilter.Invalid.self) { try filter.check() }
        #expect(error?.member == member)
        let decoding = #expect(throws: DecodingError.self) { _ = try Self.filter(try Self.text(filter)) }
        guard case .dataCorrupted(let context) = decoding else {
            Issue.record("\(String(describing: decoding))")
            return
        }
        #expect(context.codingPath.map(\.stringValue) == [member])
    }

    @Test func `what is just within the bounds is taken`() throws {
        try DeadLetterFilter(version: Int(Int32.max), error: Self.long).check()
        try DeadLetterFilter(variables: Object((0..<20).map { ("v\($0)", 1) })).check()
    }
}
