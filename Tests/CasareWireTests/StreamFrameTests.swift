import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

/// What goes over a WebSocket of events.
struct StreamFrameTests {
    private static let job = Job.ID("01890000-0000-7000-8000-000000000001")!  // The literal is a UUID.
    private static let event = EventInfo(
        cursor: "1-2s", at: Date(timeIntervalSince1970: 1_800_000_000), kind: "leased", job: Self.job,
        workflow: "invoices", workflowVersion: 3, environment: "default", detail: ["robot": "r1"])

    @Test func `an event has its members beside its type`() throws {
        let json = try ValueEncoder.encode(StreamFrame.event(Self.event))
        #expect(json["type"] == "event" && json["cursor"] == "1-2s" && json["kind"] == "leased")
        #expect(json["at"] == "2027-01-15T08:00:00.000Z" && json["job"] == .string(Self.job.description))
        #expect(json["workflow_version"] == 3 && json["detail"] == ["robot": "r1"])
        #expect(json["code"] == nil)
    }

    private static let due = EventInfo(
        cursor: "1-2t", at: Date(timeIntervalSince1970: 1_800_000_000), kind: "secret.rotation_due", secret: "db/prod",
        detail: ["secret": "db/prod", "version": 4])

    @Test func `what happened to no job says nothing of one`() throws {
        let json = try ValueEncoder.encode(StreamFrame.event(Self.due))
        #expect(json["kind"] == "secret.rotation_due" && json["secret"] == "db/prod")
        for member in ["job", "workflow", "environment"] { #expect(json[member] == Value.null, "\(member)") }
        let page = try ValueEncoder.encode(EventPage(events: [Self.due], nextCursor: "1-9", isCaughtUp: true))
        let first = page["events"]?.list?.first
        #expect(first?["secret"] == "db/prod" && first?["job"] == Value.null)
    }

    @Test(arguments: [
        StreamFrame.event(Self.event), .event(Self.due), .caughtUp(cursor: "1-3"),
        .error(StreamFrame.Problem(code: "SLOW_READER", message: "too slow", cursor: "1-4")),
        .error(StreamFrame.Problem(code: "AUTH_TOKEN_INVALID", message: "gone", cursor: nil)),
    ])
    func `a frame is read as it was written`(frame: StreamFrame) throws {
        #expect(try WireJSON.decode(StreamFrame.self, from: WireJSON.encode(frame)) == frame)
    }

    @Test func `a newer server's kinds and members are read`() throws {
        let text = """
            {"type": "event", "cursor": "1-5", "at": "2026-01-02T03:04:05Z", "kind": "teleported", "job": "\(Self.job)",
            "workflow": "w", "mood": "good"}
            """
        guard case .event(let event) = try WireJSON.decode(StreamFrame.self, from: Array(text.utf8)) else {
            Issue.record("it is an event")
            return
        }
        #expect(event.kind == "teleported" && event.workflowVersion == nil && event.detail == nil)
    }

    @Test(arguments: [
        (#"{"type": "event", "cursor": "1-5"}"#, "at"), (#"{"type": "caught_up"}"#, "cursor"),
        (#"{"type": "error", "code": "X"}"#, "message"), (#"{"cursor": "1-5"}"#, "type"),
        (#"{"type": "song"}"#, "type"),
    ])
    func `a frame that lacks what its type needs is refused by name`(text: String, member: String) {
        let error = #expect(throws: WireJSON.Failure.self) {
            _ = try WireJSON.decode(StreamFrame.self, from: Array(text.utf8))
        }
        #expect(error?.description.contains(member) == true, "\(error as Any)")
    }

    @Test func `a page says whether there is more just now`() throws {
        let json = try ValueEncoder.encode(EventPage(events: [Self.event], nextCursor: "1-9", isCaughtUp: true))
        #expect(json["next_cursor"] == "1-9" && json["caught_up"] == true)
        #expect(json["events"]?.list?.first?["cursor"] == "1-2s")
    }

    @Test func `the schema of a frame has the members of all types`() {
        var catalogue = SchemaCatalogue(referencePrefix: "#/")
        _ = catalogue.schema(of: StreamFrame.self)
        let members = catalogue.definitions["StreamFrame"]?["properties"]?.object?.keys.map { String($0) } ?? []
        #expect(
            Set(members).isSuperset(
                of: ["type", "cursor", "at", "kind", "job", "secret", "detail", "code", "message"]))
    }

    @Test func `what ends a job is known`() {
        let ending = EventKind.allCases.filter(\.endsJob)
        #expect(Set(ending) == [.completed, .failed, .cancelled, .deadLettered])
    }
}
