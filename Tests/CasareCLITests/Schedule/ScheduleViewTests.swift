import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What people and programs see of schedules.
struct ScheduleViewTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let id = Schedule.ID("01890000-0000-7000-8000-00000000000a")!

    private static func schedule(
        _ timing: ScheduleSpec.Timing = .cron(.init("0 3 * * *", zone: "Europe/Berlin")),
        pause: Schedule.Pause? = nil, nextTick: Date? = ScheduleViewTests.now.addingTimeInterval(3600),
        failures: Int = 0,
        change: (inout ScheduleSpec) -> Void = { _ in }
    ) -> ScheduleInfo {
        var spec = ScheduleSpec(timing: timing, workflow: "invoices")
        change(&spec)
        return ScheduleInfo(
            Schedule(
                id: Self.id, name: "nightly", spec: spec, revision: 3, pause: pause, nextTick: nextTick,
                dueAt: nextTick, remainingRuns: nil, failuresInARow: failures, lastTick: nil, lastJob: nil,
                managedBy: nil, createdAt: Self.now, createdBy: "ann", updatedAt: Self.now, updatedBy: "ann"))
    }

    private static func render(_ presentation: Presentation, _ arguments: [String] = []) throws -> String {
        try OutputOptions.parse(arguments).render(
            presentation, in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    @Test func `the sheet says what it starts and when`() throws {
        let text = try Self.render(try Self.schedule { $0.jitterSeconds = 30 }.presentation())
        #expect(text.hasPrefix("nightly starts invoices: 0 3 * * * in Europe/Berlin\n"), "\(text)")
        for part in ["next", "in 60 min", "jitter", "up to 30 s", "revision", "3"] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(!text.contains("overlap") && !text.contains("paused"), "what is as always is not said: \(text)")
    }

    @Test func `who has paused it is told, and why`() throws {
        let pause = Schedule.Pause(at: Self.now, by: "bob", reason: "the bank is closed")
        let text = try Self.render(try Self.schedule(pause: pause, nextTick: nil, failures: 2).presentation())
        #expect(text.hasPrefix("nightly is paused\n"), "\(text)")
        #expect(text.contains("by bob: the bank is closed") && text.contains("failures in a row"), "\(text)")
    }

    @Test func `of a paused one no next tick is told`() throws {
        let pause = Schedule.Pause(at: Self.now, by: "bob", until: Self.now.addingTimeInterval(9))
        let paused = Self.schedule(pause: pause)
        let text = try Self.render(try paused.presentation())
        #expect(!text.contains("next") && !text.contains("fires"), "\(text)")
        let running = try Self.render(try Self.schedule().presentation(), ["-o", "csv", "--columns", "next_at"])
        #expect(running == "next_at\n2027-01-15T09:00:00.000Z\n")
        let csv = try Self.render(try paused.presentation(), ["-o", "csv", "--columns", "next_at,status"])
        #expect(csv == "next_at,status\n,paused\n")
    }

    static let times: [(ScheduleSpec.Timing, String)] = [
        (.cron(.init("@daily")), "@daily in UTC"),
        (.cron(.init("*/5 * * * *", zone: "UTC", dst: .elapsed)), "*/5 * * * * in UTC (elapsed)"),
        (.interval(.init(seconds: 90)), "every 1 min 30 s"),
        (.once(.init(at: Date(timeIntervalSince1970: 0))), "once at 1970-01-01T00:00:00.000Z"),
        (.dependency(.init(after: ["a", "b"])), "after a and b"),
        (.dependency(.init(after: ["a", "b"], waitFor: .any, on: .failure)), "after failure of a or b"),
        (.event(.init(kinds: [.failed, .cancelled], workflow: "a")), "when a is failed or cancelled"),
        (.event(.init(kinds: [.secretRotationDue, .failed])), "on secret.rotation_due or failed"),
    ]

    @Test(arguments: Self.times)
    func `when it fires is said in words`(timing: ScheduleSpec.Timing, words: String) {
        #expect(Self.schedule(timing).spec.when == words)
    }

    @Test func `programs get the spec as it can be written again`() throws {
        let shown = Self.schedule { $0.catchUp = .init(policy: .all, max: 3) }
        let json = try ValueEncoder.encode(shown)
        #expect(json["spec"]?["cron"]?["zone"] == "Europe/Berlin" && json["spec"]?["catch_up"]?["max"] == 3)
        #expect(json["next_at"] == "2027-01-15T09:00:00.000Z" && json["status"] == "active")
        let spec = try ScheduleSpec(json: try #require(json["spec"]?.object))
        #expect(spec == shown.spec)
    }

    @Test func `history says why nothing came of a tick`() throws {
        func tick(
            _ result: ScheduleTickInfo.Result, _ reason: SkipReason? = nil, _ detail: String? = nil, ticks: Int = 1,
            origin: ScheduleTickInfo.Origin = .timetable, by: String? = nil, isCatchUp: Bool = false
        ) -> ScheduleTickInfo {
            ScheduleTickInfo(
                at: Self.now, lastAt: nil, ticks: ticks, origin: origin, result: result, reason: reason,
                detail: detail, job: nil, dueAt: nil, firedAt: nil, isCatchUp: isCatchUp, by: by, startedAt: nil,
                endedAt: nil, endedAs: nil, slaBreaches: [])
        }
        let list = try Presentation(
            list: [
                tick(.fired), tick(.fired, origin: .manual, by: "ann"), tick(.fired, isCatchUp: true),
                tick(.skipped, .paused, ticks: 12), tick(.skipped, .refused, "there is no workflow invoices"),
            ], columns: ScheduleTickInfo.columns, name: { Timestamp.text($0.at) },
            json: { try ValueEncoder.encode($0) })
        #expect(
            try Self.render(list, ["-o", "csv", "--no-headers", "--columns", "result,ticks,why"]) == """
                fired,,
                fired,,"by hand, ann"
                fired,,caught up
                skipped,12,paused
                skipped,,refused: there is no workflow invoices

                """)
    }

    @Test func `what is done to many is counted, and the first are named`() throws {
        let answer = SteerSchedulesResponse(
            count: 25, changed: 22, names: (1...20).map { "s\($0)" }, dryRun: true)
        let text = try Self.render(try answer.presentation(saying: "would pause 22 schedules"))
        #expect(text.hasPrefix("would pause 22 schedules\n"), "\(text)")
        #expect(text.contains("3 schedules stood so already") && text.contains("… and 2 more"), "\(text)")
    }

    @Test func `the names of many are lines of their own`() throws {
        let paused = SteerSchedulesResponse(count: 2, changed: 2, names: ["a", "b"], dryRun: false)
        #expect(try Self.render(try paused.presentation(saying: "paused"), ["-o", "name"]) == "a\nb\n")
        let opened = OpenWindowResponse(window: nil, selected: 2, pauses: 2, names: ["a", "b"])
        #expect(try Self.render(try opened.presentation(saying: "would pause"), ["-o", "name"]) == "a\nb\n")
    }

    @Test func `the question before a backfill counts what has not run yet`() {
        let planned = BackfillResponse(
            backfill: nil, ticks: 10_000, alreadyRun: 1000, isInexact: true, sample: [Self.now])
        #expect(planned.countText == "9000+ ticks")
        let one = BackfillResponse(backfill: nil, ticks: 2, alreadyRun: 1, isInexact: false, sample: [Self.now])
        #expect(one.countText == "1 tick" && one.shown.total == 1)
    }

    @Test func `status says which schedules are late, and nothing where none is`() {
        func status(_ late: Int, inexact: [String] = []) -> StatusResponse {
            StatusResponse(
                version: "1", database: "ok",
                jobs: StatusResponse.Jobs(pending: 0, scheduled: 0, running: 0, blocked: 0, paused: 0),
                robotsOnline: 0, robotsAvailable: 0, deadLettersOpen: 0, inexact: inexact,
                schedules: StatusResponse.ScheduleStatus(late: late, lateSchedules: []))
        }
        #expect(status(0).lateSchedulesCell == .empty)
        #expect(status(3).lateSchedulesCell == .state("3 late", .attention))
        #expect(status(500, inexact: ["schedules.late"]).lateSchedulesCell == .state("500+ late", .attention))
    }
}
