import CasareDomain
import Testing

struct VariableMappingTests {
    private static let content = DeliveryContent(
        payload: ["customer": ["id": 7, "names": ["Ann", "Bob"]], "a/b": true, "none": .null], body: "{…}",
        headers: ["x-event": "paid"], query: ["from": "web"], delivery: "d-1", trigger: "orders",
        receivedAt: "2026-01-01T12:00:00.000Z")

    private static let places: [(String, Value?)] = [
        ("payload.customer.id", 7), ("/customer/id", 7), ("payload.customer.names.1", "Bob"), ("/a~1b", true),
        ("payload.none", .null), ("payload.customer.age", nil), ("payload.customer.names.2", nil),
        ("payload.customer.id.more", nil), ("body", "{…}"), ("header.X-Event", "paid"), ("header.X-Other", nil),
        ("query.from", "web"), ("query.to", nil), ("delivery", "d-1"), ("trigger", "orders"),
        ("received_at", "2026-01-01T12:00:00.000Z"),
    ]

    @Test(arguments: Self.places)
    func `a place finds its value, or nothing`(text: String, expected: Value?) throws {
        #expect(Self.content.value(at: try DeliveryPlace(text)) == expected)
    }

    @Test(arguments: ["", "payloads", "payload.", "payload.a..b", "header.", "query.", "/a~2", "customer.id"])
    func `text that names no place is refused`(text: String) {
        #expect(throws: DeliveryPlace.Invalid.self) { try DeliveryPlace(text) }
    }

    @Test func `a place reads as it can be written again`() throws {
        for text in ["payload", "/a/b", "body", "header.x-y", "query.q", "delivery", "trigger", "received_at"] {
            #expect(try DeliveryPlace(text).description == text)
        }
        #expect(try DeliveryPlace("payload.a.b") == DeliveryPlace("/a/b"))
    }

    @Test func `what is not there is left out`() throws {
        let mapping = VariableMapping([
            .init(variable: "customer", place: try DeliveryPlace("payload.customer.id")),
            .init(variable: "age", place: try DeliveryPlace("payload.customer.age")),
        ])
        #expect(mapping.variables(of: Self.content) == ["customer": 7])
        #expect(mapping.variables(of: DeliveryContent(delivery: "d", trigger: "t", receivedAt: "")).isEmpty)
    }
}
