import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

/// What requests about work items may say.
struct WorkItemMessageTests {
    private static func add(_ items: Value) throws(WireDecodingError) -> AddWorkItemsRequest {
        try ValueDecoder.decode(from: ["items": items])
    }

    @Test func `an item has what is said of it, and the rest by default`() throws {
        let items = try Self.add([[:], ["reference": "R-1", "data": ["n": 1], "priority": "HIGH"]]).items
        #expect(items[0] == NewWorkItem())
        #expect(items[1] == NewWorkItem(reference: "R-1", data: ["n": 1], priority: .high))
    }

    @Test func `a request has 1 to 1000 items`() throws {
        #expect(try Self.add(.list([Value](repeating: [:], count: 1000))).items.count == 1000)
        for count in [0, 1001] {
            #expect(throws: WireDecodingError.self) { try Self.add(.list([Value](repeating: [:], count: count))) }
        }
    }

    @Test func `what no item can be is refused by its member`() {
        let cases: [(Value, String)] = [
            (["reference": ""], "items[0].reference"),
            (["reference": "0197f3a0-0000-7000-8000-000000000001"], "items[0].reference"),
            (["reference": .string(String(repeating: "x", count: 256))], "items[0].reference"),
            (["deadline": "1999-12-31T23:59:59Z"], "items[0].deadline"),
            (
                ["deadline": "2030-01-01T00:00:00Z", "postpone_until": "2030-01-01T00:00:00Z"],
                "items[0].postpone_until"
            ),
        ]
        for (item, path) in cases {
            let error = #expect(throws: WireDecodingError.self) { try Self.add([item]) }
            #expect(error?.path == path, "\(item)")
        }
    }

    @Test func `members are known all the way down`() throws {
        let shape = RequestShape(of: AddWorkItemsRequest.self)
        try shape.check(["items": [["reference": "R", "data": ["any": 1], "postpone_until": .null]]])
        let error = #expect(throws: WireDecodingError.self) { try shape.check(["items": [["ref": "R"]]]) }
        #expect(error?.path == "items[0].ref")
    }

    @Test func `the rules of a queue are within their bounds`() throws {
        let good: CreateItemQueueRequest = try ValueDecoder.decode(
            from: ["name": "q", "max_retries": 100, "retry_delay_seconds": 0, "performer": ["workflow": "w"]])
        #expect(good.rules.maxRetries == 100 && good.performer?.jobsMax == 1)
        #expect(good.rules.performer?.environment == "default")
        let bad: [(Value, String)] = [
            (["name": " "], "name"), (["name": "q", "max_retries": 101], "max_retries"),
            (["name": "q", "max_retries": -1], "max_retries"),
            (["name": "q", "retry_delay_seconds": -0.1], "retry_delay_seconds"),
            (["name": "q", "performer": ["workflow": "w", "jobs_max": 0]], "performer.jobs_max"),
            (["name": "q", "performer": ["workflow": "w", "jobs_max": 101]], "performer.jobs_max"),
        ]
        for (body, path) in bad {
            let error = #expect(throws: WireDecodingError.self) {
                try ValueDecoder.decode(CreateItemQueueRequest.self, from: body)
            }
            #expect(error?.path == path, "\(body)")
        }
    }

    @Test func `an update keeps what it does not name, and takes away what is null`() throws {
        var rules = ItemQueue.Rules(
            maxRetries: 5, uniqueReference: true, performer: ItemQueue.Performer(workflow: "w"), description: "d")
        let kept: UpdateItemQueueRequest = try ValueDecoder.decode(from: ["max_retries": 1])
        kept.apply(to: &rules)
        #expect(rules.maxRetries == 1 && rules.uniqueReference && rules.performer?.workflow == "w")
        #expect(rules.description == "d")
        let removing: UpdateItemQueueRequest = try ValueDecoder.decode(
            from: ["performer": .null, "description": .null])
        removing.apply(to: &rules)
        #expect(rules.performer == nil && rules.description == nil && rules.maxRetries == 1)
        let sent = try ValueEncoder.encode(removing)
        #expect(sent == ["performer": .null, "description": .null])
    }

    @Test func `an item is postponed to a time or for a while, and a failure says what went wrong`() {
        for body in [[:], ["until": "2030-01-01T00:00:00Z", "for_seconds": 1], ["for_seconds": 0]] as [Value] {
            #expect(throws: WireDecodingError.self) {
                try ValueDecoder.decode(PostponeWorkItemRequest.self, from: body)
            }
        }
        for body in [[:], ["error": ""], ["error": "e", "error_type": "system"]] as [Value] {
            #expect(throws: WireDecodingError.self) { try ValueDecoder.decode(FailWorkItemRequest.self, from: body) }
        }
    }

    @Test(arguments: [0.9, 1.0, 86_400.0, 86_400.1])
    func `a lease lasts from a second to a day`(seconds: Double) {
        let request = try? ValueDecoder.decode(  // Whether it is refused is the question.
            TakeWorkItemRequest.self, from: ["lease_seconds": .double(seconds)])
        #expect((request != nil) == (1...86_400).contains(seconds))
    }
}
