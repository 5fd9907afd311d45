import CasareDomain
import FoundationEssentials
import Testing

struct TimetableTests {
    private static func at(_ seconds: Double) -> Date { ScheduleMachine.at(seconds) }

    private static func timetable(
        _ timing: ScheduleSpec.Timing, startsAt: Date? = nil, endsAt: Date? = nil
    ) throws -> Timetable {
        try ScheduleSpec(timing: timing, workflow: "invoices", startsAt: startsAt, endsAt: endsAt)
            .timetable(zones: ScheduleMachine.zones, name: "nightly")
    }

    @Test(arguments: [(-0.5, 0), (0, 60), (0.5, 60), (59.999, 60), (60, 120), (61, 120)])
    func `the next tick is strictly later`(after: Double, expected: Double) throws {
        let timetable = try Self.timetable(.interval(ScheduleSpec.Interval(seconds: 60)))
        #expect(timetable.next(after: Self.at(after))?.at == Self.at(expected))
    }

    @Test(arguments: [(-1000, 7), (6.5, 7), (7, 67), (66, 67), (67, 127)])
    func `an interval with a first tick is counted from there`(after: Double, expected: Double) throws {
        let timetable = try Self.timetable(.interval(ScheduleSpec.Interval(seconds: 60, from: Self.at(7.9))))
        #expect(timetable.next(after: Self.at(after))?.at == Self.at(expected))
    }

    @Test func `an interval is right before 1970 too`() throws {
        let timetable = try Self.timetable(.interval(ScheduleSpec.Interval(seconds: 60)))
        #expect(timetable.next(after: Date(timeIntervalSince1970: -61))?.at == Date(timeIntervalSince1970: -60))
        #expect(timetable.next(after: Date(timeIntervalSince1970: -60))?.at == Date(timeIntervalSince1970: 0))
        #expect(timetable.next(after: Date(timeIntervalSince1970: -0.5))?.at == Date(timeIntervalSince1970: 0))
    }

    @Test func `a single time comes once, in whole seconds`() throws {
        let timetable = try Self.timetable(.once(ScheduleSpec.Once(at: Self.at(90.75))))
        #expect(timetable.next(after: Self.at(89.9))?.at == Self.at(90))
        #expect(timetable.next(after: Self.at(90)) == nil)
        #expect(timetable.next(after: Self.at(90.5)) == nil)
    }

    @Test func `a cron expression goes by the clock of its zone`() throws {
        let timetable = try Self.timetable(.cron(ScheduleSpec.Cron("30 6 * * *", zone: "Europe/Berlin")))
        #expect(timetable.next(after: Self.at(0))?.at == Self.at(5.5 * 3600))
        // The first moment of 29 March 2026; that night clocks are put forward.
        #expect(timetable.next(after: Self.at(87 * 86_400))?.at == Self.at(87 * 86_400 + 4.5 * 3600))
    }

    @Test func `what the clock does to a tick is said`() throws {
        let timetable = try Self.timetable(.cron(ScheduleSpec.Cron("30 2 * * *", zone: "Europe/Berlin")))
        let tick = try #require(timetable.next(after: Self.at(87 * 86_400)))
        #expect(tick.at == Self.at(87 * 86_400 + 3600) && tick.oddity == .gapMoved)
        #expect(timetable.tick(at: tick.at) == tick)
        #expect(timetable.next(after: tick.at)?.oddity == nil)
    }

    @Test(arguments: [
        ScheduleSpec.Timing.dependency(ScheduleSpec.Dependency(after: ["extract"])),
        .event(ScheduleSpec.Event(kinds: [.failed])),
    ])
    func `what waits for something has no times`(timing: ScheduleSpec.Timing) throws {
        #expect(try Self.timetable(timing).next(after: Self.at(0)) == nil)
        #expect(!timing.hasTimes)
    }

    @Test func `there are no ticks before the start and after the end, which both belong to it`() throws {
        let timetable = try Self.timetable(
            .interval(ScheduleSpec.Interval(seconds: 60)), startsAt: Self.at(120), endsAt: Self.at(240))
        #expect(timetable.next(after: Self.at(0))?.at == Self.at(120))
        #expect(timetable.next(after: Self.at(120))?.at == Self.at(180))
        #expect(timetable.next(after: Self.at(180))?.at == Self.at(240))
        #expect(timetable.next(after: Self.at(240)) == nil)
        let narrower = try Self.timetable(
            .interval(ScheduleSpec.Interval(seconds: 60)), startsAt: Self.at(120.5), endsAt: Self.at(239.5))
        #expect(narrower.next(after: Self.at(0))?.at == Self.at(180))
        #expect(narrower.next(after: Self.at(180)) == nil)
    }

    @Test func `a moment is a tick or it is none`() throws {
        let timetable = try Self.timetable(.interval(ScheduleSpec.Interval(seconds: 60)), startsAt: Self.at(60))
        #expect(timetable.tick(at: Self.at(60))?.at == Self.at(60))
        #expect(timetable.tick(at: Self.at(61)) == nil && timetable.tick(at: Self.at(59)) == nil)
        #expect(timetable.tick(at: Self.at(0)) == nil)
    }

    @Test func `a zone that is not known is named`() throws {
        let error = #expect(throws: ScheduleSpec.Invalid.self) {
            try Self.timetable(.cron(ScheduleSpec.Cron("0 6 * * *", zone: "Europe/Berlim")))
        }
        #expect(error?.member == "cron.zone" && error?.reason.contains("Europe/Berlim") == true)
    }
}
