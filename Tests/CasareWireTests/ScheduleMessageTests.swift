import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareWire

struct ScheduleMessageTests {
    private static func decode<T: Decodable>(_ json: Value, as type: T.Type = T.self) throws(WireJSON.Failure) -> T {
        try WireJSON.decode(
            from: Array(json.jsonText(.compact).utf8), shape: RequestShape(of: T.self))
    }

    private static func refusal<T: Decodable>(_ json: Value, as type: T.Type) -> WireDecodingError? {
        do throws(WireJSON.Failure) {
            _ = try Self.decode(json, as: type)
            return nil
        } catch {
            guard case .unexpected(let error) = error else { return nil }
            return error
        }
    }

    private static let spec: Value = ["cron": ["expression": "0 3 * * *"], "workflow": "invoices"]

    @Test func `a schedule is created of its name and its spec`() throws {
        let request: CreateScheduleRequest = try Self.decode(["name": "nightly", "spec": Self.spec])
        #expect(request.name == "nightly" && !request.paused && request.managedBy == nil)
        #expect(request.spec == ScheduleSpec(timing: .cron(.init("0 3 * * *")), workflow: "invoices"))
        // What was sent is read as the same again.
        let again: CreateScheduleRequest = try Self.decode(try ValueEncoder.encode(request))
        #expect(again == request)
    }

    static let impossible: [(Value, String)] = [
        (["spec": Self.spec], "name"), (["name": "n"], "spec"),
        (["name": "n", "spec": ["workflow": "w"]], "spec"),
        (["name": "n", "spec": ["cron": ["expression": "* * *"], "workflow": "w"]], "spec.cron.expression"),
        (["name": "n", "spec": ["cron": ["expression": "@daily", "zon": "UTC"], "workflow": "w"]], "spec.cron.zon"),
        (["name": "n", "spec": ["interval": ["seconds": 0], "workflow": "w"]], "spec.interval.seconds"),
        (["name": "n", "spec": ["interval": ["seconds": 60], "workflow": "w", "jitter": 1]], "spec.jitter"),
        (["name": "01890000-0000-7000-8000-000000000001", "spec": Self.spec], "name"),
        (["name": " ", "spec": Self.spec], "name"),
        (["name": "a\nb", "spec": Self.spec], "name"),
        (["name": "n", "spec": Self.spec, "managed_by": ""], "managed_by"),
    ]

    @Test(arguments: Self.impossible)
    func `what no schedule can be names its member`(body: Value, member: String) {
        #expect(Self.refusal(body, as: CreateScheduleRequest.self)?.path == member)
    }

    @Test func `two ways to say when are refused`() {
        let both: Value = [
            "name": "n",
            "spec": ["cron": ["expression": "@daily"], "interval": ["seconds": 60], "workflow": "w"],
        ]
        let message = Self.refusal(both, as: CreateScheduleRequest.self)?.message ?? ""
        #expect(message.contains("cron") && message.contains("interval"), "\(message)")
    }

    // MARK: Patches

    private static let before = ScheduleSpec(
        timing: .cron(.init("0 3 * * *", zone: "Europe/Berlin")), workflow: "invoices",
        variables: ["month": 11, "deep": ["a": 1, "b": 2]], jitterSeconds: 30)

    @Test func `a patch changes what it names, and nothing else`() throws {
        let spec = try Self.before.changed(by: ["cron": ["expression": "0 4 * * *"], "variables": ["month": 12]])
        var expected = Self.before
        expected.timing = .cron(.init("0 4 * * *", zone: "Europe/Berlin"))
        expected.variables["month"] = 12
        #expect(spec == expected)
        #expect(try Self.before.changed(by: [:]) == Self.before)
    }

    @Test func `null takes a member away, also one of the variables`() throws {
        let spec = try Self.before.changed(
            by: ["jitter_seconds": .null, "variables": ["month": .null, "deep": ["b": .null]]])
        #expect(spec.jitterSeconds == nil && spec.variables == ["deep": ["a": 1]])
    }

    @Test func `another way to say when takes the place of the one there was`() throws {
        let spec = try Self.before.changed(by: ["interval": ["seconds": 300]])
        #expect(spec.timing == .interval(.init(seconds: 300)) && spec.workflow == "invoices")
    }

    static let leavingNone: [(Object, String)] = [
        (["cron": .null], ""), (["cron": ["expression": "x"]], "cron.expression"),
        (["interval": ["seconds": 60], "once": ["at": "2026-01-02T03:04:05Z"]], ""), (["wokflow": "b"], "wokflow"),
        (["workflow": .null], "workflow"), (["jitter_seconds": -1], "jitter_seconds"),
    ]

    @Test(arguments: Self.leavingNone)
    func `a patch that leaves no schedule names its member`(patch: Object, member: String) {
        let error = #expect(throws: WireDecodingError.self) { try Self.before.changed(by: patch) }
        #expect(error?.path == member)
    }

    // MARK: Selections

    static let unclear: [Value] = [
        [:], ["names": []], ["names": ["a"], "workflow": "w"], ["name": ""], ["status": "broken"], ["nam": "x"],
    ]

    @Test(arguments: Self.unclear)
    func `a selection that says nothing, or too much, is refused`(selection: Value) {
        #expect(Self.refusal(["selection": selection], as: SteerSchedulesRequest.self) != nil)
    }

    static let clear: [Value] = [
        ["names": ["a", "b"]], ["name": "*"], ["workflow": "w", "status": "paused"], ["managed_by": "team"],
    ]

    @Test(arguments: Self.clear)
    func `a selection reads as it was written`(selection: Value) throws {
        let request: SteerSchedulesRequest = try Self.decode(["selection": selection])
        #expect(try ValueEncoder.encode(request.selection) == selection)
    }

    // MARK: Windows and backfills

    @Test func `a window needs an end, and only one`() {
        let all: Value = ["name": "*"]
        let none = Self.refusal(["schedules": all], as: OpenWindowRequest.self)
        #expect(none?.path == "until")
        let both: Value = ["schedules": all, "until": "2026-01-02T03:04:05Z", "for_seconds": 60]
        #expect(Self.refusal(both, as: OpenWindowRequest.self)?.path == "for_seconds")
        #expect(Self.refusal(["schedules": all, "for_seconds": 60], as: OpenWindowRequest.self) == nil)
    }

    static let spans: [(Value, String?)] = [
        (["from": "2026-01-02T00:00:00Z", "to": "2026-01-01T23:59:59Z"], "to"),
        (["to": "2026-01-02T00:00:00Z"], "from"),
        (["from": "2026-01-02T00:00:00Z", "rate_per_second": 0], "rate_per_second"),
        (["from": "2026-01-02T00:00:00Z", "rate_per_second": 1000.5], "rate_per_second"),
        (["from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z", "rate_per_second": 1000], nil),
        (["from": "2026-01-02T00:00:00Z", "rate_per_second": 0.01], nil),
    ]

    @Test(arguments: Self.spans)
    func `a backfill goes forward in time at a rate`(body: Value, member: String?) {
        #expect(Self.refusal(body, as: CreateBackfillRequest.self)?.path == member)
    }

    @Test func `a pause ends at one time at the most`() {
        let both: Value = ["until": "2026-01-02T03:04:05Z", "for_seconds": 60]
        #expect(Self.refusal(both, as: PauseScheduleRequest.self)?.path == "for_seconds")
        #expect(Self.refusal(["for_seconds": 0], as: PauseScheduleRequest.self)?.path == "for_seconds")
        #expect(Self.refusal([:], as: PauseScheduleRequest.self) == nil)
    }
}
