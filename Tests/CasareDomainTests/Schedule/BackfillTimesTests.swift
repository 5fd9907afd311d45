import FoundationEssentials
import Testing

@testable import CasareDomain

/// The ticks of a time that is past, by what the schedule said then.
struct BackfillTimesTests {
    private static let start = Date(timeIntervalSince1970: 1_767_268_800)

    private static func form(every seconds: Int, since: Double) throws -> BackfillTimes.Form {
        let spec = ScheduleSpec(timing: .interval(ScheduleSpec.Interval(seconds: seconds)), workflow: "w")
        let timetable = try spec.timetable(zones: ZoneCatalogue { _ in nil }, name: "s")
        return BackfillTimes.Form(since: self.start.addingTimeInterval(since), timetable: timetable)
    }

    private static func ticks(_ times: BackfillTimes, from: Double, to: Double) -> [Double] {
        var ticks: [Double] = []
        var place = self.start.addingTimeInterval(from)
        while let tick = times.next(after: place), tick.at <= self.start.addingTimeInterval(to) {
            ticks.append(tick.at.timeIntervalSince(self.start))
            place = tick.at
        }
        return ticks
    }

    @Test func `the first form stands for the time before it, too`() throws {
        let times = BackfillTimes([try Self.form(every: 60, since: 1000)])
        #expect(Self.ticks(times, from: -1, to: 180) == [0, 60, 120, 180])
    }

    @Test func `a tick belongs to the form of its moment, the first moment of a form included`() throws {
        let times = BackfillTimes([
            try Self.form(every: 60, since: 0), try Self.form(every: 50, since: 150),
            try Self.form(every: 100, since: 200.5),
        ])
        #expect(Self.ticks(times, from: 0, to: 500) == [60, 120, 150, 200, 300, 400, 500])
    }

    @Test func `a form without ticks is passed over`() throws {
        let never = ScheduleSpec(timing: .once(ScheduleSpec.Once(at: Self.start)), workflow: "w")
        let times = BackfillTimes([
            try Self.form(every: 60, since: 0),
            BackfillTimes.Form(
                since: Self.start.addingTimeInterval(100),
                timetable: try never.timetable(zones: ZoneCatalogue { _ in nil }, name: "s")),
            try Self.form(every: 60, since: 200),
        ])
        #expect(Self.ticks(times, from: 0, to: 300) == [60, 240, 300])
    }
}
