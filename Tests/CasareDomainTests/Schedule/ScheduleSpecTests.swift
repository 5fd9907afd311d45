import CasareDomain
import FoundationEssentials
import Testing

struct ScheduleSpecTests {
    private static func decode(_ json: String) throws -> ScheduleSpec {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(ScheduleSpec.self, from: Data(json.utf8))
    }

    /// The way to the member at fault, and what is said of it.
    private static func fault(_ json: String) -> (path: String, text: String)? {
        do {
            _ = try self.decode(json)
            return nil
        } catch DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context)
        {
            return (context.codingPath.map(\.stringValue).joined(separator: "."), context.debugDescription)
        } catch DecodingError.keyNotFound(let key, let context) {
            return ((context.codingPath + [key]).map(\.stringValue).joined(separator: "."), "is required")
        } catch {
            return ("", "\(error)")
        }
    }

    // MARK: - JSON

    @Test func `what is left out has its default`() throws {
        let spec = try Self.decode(#"{"cron": {"expression": "0 6 * * *"}, "workflow": "invoices"}"#)
        #expect(spec == ScheduleSpec(timing: .cron(ScheduleSpec.Cron("0 6 * * *")), workflow: "invoices"))
        #expect(spec.overlap == .skip && spec.onClosed == .skip)
        #expect(spec.catchUp == ScheduleSpec.CatchUp(policy: .latest, max: 5, windowSeconds: 86_400))
    }

    @Test func `every member is read`() throws {
        let spec = try Self.decode(
            #"""
            {"cron": {"expression": "0 6 * * *", "zone": "Europe/Berlin", "dst": "fixed"}, "workflow": "invoices",
             "workflow_version": 3, "variables": {"a": 1}, "priority": 15, "environment": "test", "queue_key": "k",
             "required_tags": ["gpu"], "expires_in_seconds": 600, "retry": "never", "overlap": "buffer_all",
             "catch_up": {"policy": "all", "max": 7, "window_seconds": 60}, "jitter_seconds": 30,
             "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z", "runs": 9,
             "pause_after_failures": 2, "calendar": "bank", "on_closed": "postpone",
             "blackouts": [{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}],
             "sla": {"start_delay_seconds": 1, "duration_seconds": 2, "success_rate": 0.9, "runs": 10},
             "description": "d"}
            """#)
        var expected = ScheduleSpec(
            timing: .cron(ScheduleSpec.Cron("0 6 * * *", zone: "Europe/Berlin", dst: .fixed)), workflow: "invoices",
            workflowVersion: 3, variables: ["a": 1], priority: .high, environment: "test", queueKey: "k",
            requiredTags: ["gpu"], expiresInSeconds: 600, retry: .never, overlap: .bufferAll,
            catchUp: ScheduleSpec.CatchUp(policy: .all, max: 7, windowSeconds: 60), jitterSeconds: 30,
            startsAt: ScheduleMachine.start, endsAt: ScheduleMachine.at(31 * 86_400), runs: 9, pauseAfterFailures: 2,
            calendar: "bank", onClosed: .postpone)
        expected.blackouts = [
            try Blackout(.once(from: ScheduleMachine.at(0), to: ScheduleMachine.at(86_400)))
        ]
        expected.sla = ScheduleSpec.SLA(startDelaySeconds: 1, durationSeconds: 2, successRate: 0.9, runs: 10)
        expected.description = "d"
        #expect(spec == expected)
    }

    @Test(
        arguments: [
            .cron(ScheduleSpec.Cron("0 6 * * *", zone: "Europe/Berlin", dst: .elapsed)),
            .interval(ScheduleSpec.Interval(seconds: 60, from: ScheduleMachine.at(7))),
            .interval(ScheduleSpec.Interval(seconds: 60)), .once(ScheduleSpec.Once(at: ScheduleMachine.at(7))),
            .dependency(ScheduleSpec.Dependency(after: ["a", "b"], waitFor: .any, on: .always, withinSeconds: 60)),
            .event(
                ScheduleSpec.Event(
                    kinds: [.failed, .deadLettered], workflow: "a", filter: ["kind": ["$in": ["timeout"]]],
                    debounceSeconds: 5)),
        ] as [ScheduleSpec.Timing])
    func `what is written is read again`(timing: ScheduleSpec.Timing) throws {
        var spec = ScheduleSpec(timing: timing, workflow: "invoices", variables: ["myVar": ["inner_one": 1]])
        spec.sla = ScheduleSpec.SLA(successRate: 0.9)
        spec.catchUp = ScheduleSpec.CatchUp(policy: .all, max: 9, windowSeconds: 100)
        spec.blackouts = [try Blackout(.cron("0 2 * * *", seconds: 60))]
        let data = try JSONEncoder().encode(spec)
        let again = try JSONDecoder().decode(ScheduleSpec.self, from: data)
        #expect(again == spec)
    }

    @Test func `a schedule has one way to say when`() throws {
        let none = try #require(Self.fault(#"{"workflow": "invoices"}"#))
        #expect(none.text.contains("needs one of cron, interval, once, dependency, event"))
        let two = try #require(
            Self.fault(#"{"workflow": "a", "interval": {"seconds": 5}, "cron": {"expression": "@daily"}}"#))
        #expect(two.text.contains("not cron and interval"))
    }

    @Test(arguments: [
        (#"{"cron": {}, "workflow": "a"}"#, "cron.expression"),
        (#"{"cron": {"expression": "61 * * * *"}, "workflow": "a"}"#, "cron.expression"),
        (#"{"cron": {"expression": "0 0 30 2 *"}, "workflow": "a"}"#, "cron.expression"),
        (#"{"cron": {"expression": "@daily", "dst": "never"}, "workflow": "a"}"#, "cron.dst"),
        (#"{"interval": {"seconds": 0}, "workflow": "a"}"#, "interval.seconds"),
        (#"{"interval": {"seconds": 60}}"#, "workflow"),
        (#"{"interval": {"seconds": 60}, "workflow": "a", "catch_up": {"max": 0}}"#, "catch_up.max"),
        (#"{"interval": {"seconds": 60}, "workflow": "a", "sla": {}}"#, "sla"),
        (#"{"dependency": {"after": []}, "workflow": "a"}"#, "dependency.after"),
        (#"{"event": {"kinds": ["failed"], "filter": {"a": {"$gtt": 1}}}, "workflow": "a"}"#, "event.filter.a.$gtt"),
    ])
    func `a fault names its member`(json: String, path: String) throws {
        let fault = try #require(Self.fault(json))
        #expect(fault.path == path, "\(fault)")
        #expect(!fault.text.isEmpty)
    }

    // MARK: - Bounds

    private static func member(
        _ timing: ScheduleSpec.Timing = .interval(ScheduleSpec.Interval(seconds: 60)),
        _ change: (inout ScheduleSpec) -> Void = { _ in }
    ) -> String? {
        var spec = ScheduleSpec(timing: timing, workflow: "invoices")
        change(&spec)
        do throws(ScheduleSpec.Invalid) {
            try spec.check()
            return nil
        } catch {
            return error.member
        }
    }

    @Test func `bounds belong to what is allowed, and what is beyond does not`() {
        func jitter(_ seconds: Double) -> String? { Self.member { $0.jitterSeconds = seconds } }
        #expect(jitter(0) == nil && jitter(3600) == nil)
        #expect(jitter(-0.1) == "jitter_seconds" && jitter(3600.1) == "jitter_seconds")
        #expect(jitter(.nan) == "jitter_seconds")
        func interval(_ seconds: Int) -> String? {
            Self.member(.interval(ScheduleSpec.Interval(seconds: seconds)))
        }
        #expect(interval(1) == nil && interval(31_622_400) == nil)
        #expect(interval(0) == "interval.seconds" && interval(31_622_401) == "interval.seconds")
        func runs(_ count: Int) -> String? { Self.member { $0.runs = count } }
        #expect(runs(1) == nil && runs(0) == "runs" && runs(1_000_000_001) == "runs")
        func failures(_ count: Int) -> String? { Self.member { $0.pauseAfterFailures = count } }
        #expect(failures(1) == nil && failures(1000) == nil)
        #expect(failures(0) == "pause_after_failures" && failures(1001) == "pause_after_failures")
        func cap(_ count: Int) -> String? { Self.member { $0.catchUp.max = count } }
        #expect(cap(1) == nil && cap(1000) == nil && cap(0) == "catch_up.max" && cap(1001) == "catch_up.max")
        func window(_ seconds: Double) -> String? { Self.member { $0.catchUp.windowSeconds = seconds } }
        #expect(window(0.5) == nil && window(0) == "catch_up.window_seconds")
        func rate(_ share: Double) -> String? { Self.member { $0.sla = ScheduleSpec.SLA(successRate: share) } }
        #expect(rate(1) == nil && rate(0) == "sla.success_rate" && rate(1.01) == "sla.success_rate")
        func workflow(_ name: String) -> String? { Self.member { $0.workflow = name } }
        #expect(workflow(String(repeating: "x", count: 255)) == nil)
        #expect(workflow("") == "workflow" && workflow(String(repeating: "x", count: 256)) == "workflow")
        #expect(workflow("a\nb") == "workflow")
        func tags(_ tags: [String]) -> String? { Self.member { $0.requiredTags = tags } }
        #expect(tags(["a", "b"]) == nil && tags(["a", "b,c"]) == "required_tags[1]")
        #expect(tags(Array(repeating: "a", count: 65)) == "required_tags")
    }

    @Test func `times are of this century, and the end is not before the start`() {
        func bounds(_ start: Double, _ end: Double) -> String? {
            Self.member {
                $0.startsAt = ScheduleMachine.at(start)
                $0.endsAt = ScheduleMachine.at(end)
            }
        }
        #expect(bounds(0, 0) == nil && bounds(0, 1) == nil && bounds(1, 0) == "ends_at")
        #expect(Self.member { $0.startsAt = Date(timeIntervalSince1970: 946_684_799) } == "starts_at")
        #expect(Self.member { $0.startsAt = Date(timeIntervalSince1970: 946_684_800) } == nil)
        #expect(Self.member { $0.endsAt = Date(timeIntervalSince1970: 4_102_444_800) } == "ends_at")
        let once = ScheduleSpec.Timing.once(ScheduleSpec.Once(at: ScheduleMachine.at(10)))
        #expect(Self.member(once) { $0.startsAt = ScheduleMachine.at(10) } == nil)
        #expect(Self.member(once) { $0.startsAt = ScheduleMachine.at(11) } == "starts_at")
        #expect(Self.member(once) { $0.endsAt = ScheduleMachine.at(9) } == "ends_at")
    }

    @Test func `a dependency names other workflows, each once`() {
        func after(_ names: [String]) -> String? {
            Self.member(.dependency(ScheduleSpec.Dependency(after: names)))
        }
        #expect(after(["a"]) == nil && after((1...50).map { "w\($0)" }) == nil)
        #expect(after([]) == "dependency.after" && after((1...51).map { "w\($0)" }) == "dependency.after")
        #expect(after(["a", "a"]) == "dependency.after[1]" && after(["a", "invoices"]) == "dependency.after[1]")
        let jittered = ScheduleSpec.Timing.dependency(ScheduleSpec.Dependency(after: ["a"]))
        #expect(Self.member(jittered) { $0.jitterSeconds = 5 } == "jitter_seconds")
    }

    @Test func `an event names kinds, each once`() {
        func kinds(_ kinds: [EventKind]) -> String? { Self.member(.event(ScheduleSpec.Event(kinds: kinds))) }
        #expect(kinds([.failed, .completed]) == nil)
        #expect(kinds([]) == "event.kinds" && kinds([.failed, .failed]) == "event.kinds")
    }

    @Test func `a workflow is named where all kinds are those of jobs`() {
        func workflow(_ kinds: [EventKind]) -> String? {
            Self.member(.event(ScheduleSpec.Event(kinds: kinds, workflow: "invoices")))
        }
        #expect(workflow([.failed, .completed]) == nil)
        #expect(workflow([.secretRotationDue]) == "event.workflow")
        #expect(workflow([.failed, .vaultRekeyStarted]) == "event.workflow")
        #expect(Self.member(.event(ScheduleSpec.Event(kinds: [.failed, .secretRotationDue]))) == nil)
    }

    @Test func `a fault reads as a sentence`() {
        let error = #expect(throws: ScheduleSpec.Invalid.self) {
            try ScheduleSpec(timing: .interval(ScheduleSpec.Interval(seconds: 0)), workflow: "a").check()
        }
        #expect(
            error?.description
                == "interval.seconds: expected a whole number from 1 to 31622400, which is 366 days, got 0")
    }
}
