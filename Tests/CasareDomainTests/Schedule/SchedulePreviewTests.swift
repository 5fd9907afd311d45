import CasareDomain
import FoundationEssentials
import Testing

struct SchedulePreviewTests {
    /// Ticks every hour from midnight of 20 November 2026 on, a Friday, as many as `count`.
    private static func next(_ count: Int = 48) throws -> (Date) -> Tick? {
        let first = try CalendarScene.date("2026-11-20T00:00:00Z")
        return { moment in
            let hours = (0..<count).first { first.addingTimeInterval(Double($0) * 3600) > moment }
            return hours.map { Tick(at: first.addingTimeInterval(Double($0) * 3600)) }
        }
    }

    private static func preview(
        from: String, to: String? = nil, count: Int = 10, expected: Double? = nil, remaining: Int? = nil,
        calendar: BusinessCalendar? = nil, postpones: Bool = false
    ) throws -> SchedulePreview {
        SchedulePreview(
            from: try CalendarScene.date(from), to: try to.map(CalendarScene.date), count: count,
            expectedSeconds: expected, remainingRuns: remaining, next: try Self.next(),
            closure: { moment in
                switch calendar?.verdict(at: moment, workflow: nil, zones: CalendarScene.zones) {
                case nil, .open: nil
                case .closed(let closure): closure
                }
            },
            opening: { moment in
                postpones ? calendar?.nextOpen(after: moment, workflow: nil, zones: CalendarScene.zones) : nil
            })
    }

    private static func hours(_ preview: SchedulePreview) -> [String] {
        preview.entries.map { String($0.tick.at.formatted(.iso8601).dropFirst(11).prefix(5)) }
    }

    @Test func `both ends of the span count`() throws {
        let preview = try Self.preview(from: "2026-11-20T03:00:00Z", to: "2026-11-20T05:00:00Z")
        #expect(Self.hours(preview) == ["03:00", "04:00", "05:00"] && !preview.hasMore)
        let inner = try Self.preview(from: "2026-11-20T03:00:01Z", to: "2026-11-20T04:59:59Z")
        #expect(Self.hours(inner) == ["04:00"])
    }

    @Test func `there is more when the count ends before the span`() throws {
        let exact = try Self.preview(from: "2026-11-20T03:00:00Z", to: "2026-11-20T05:00:00Z", count: 3)
        #expect(exact.entries.count == 3 && !exact.hasMore)
        let less = try Self.preview(from: "2026-11-20T03:00:00Z", to: "2026-11-20T05:00:00Z", count: 2)
        #expect(Self.hours(less) == ["03:00", "04:00"] && less.hasMore)
        #expect(try Self.preview(from: "2026-11-21T22:00:00Z").entries.count == 2)
        #expect(try Self.preview(from: "2026-11-22T00:00:00Z").entries.isEmpty)
    }

    @Test func `runs that are left end it`() throws {
        let preview = try Self.preview(from: "2026-11-20T03:00:00Z", remaining: 2)
        #expect(Self.hours(preview) == ["03:00", "04:00"] && !preview.hasMore)
        #expect(try Self.preview(from: "2026-11-20T03:00:00Z", remaining: 0).entries.isEmpty)
    }

    @Test(arguments: [(3599.0, false), (3600.0, false), (3601.0, true)])
    func `a tick overlaps the one before when a job takes longer than there is between them`(
        seconds: Double, overlaps: Bool
    ) throws {
        let preview = try Self.preview(from: "2026-11-20T03:00:00Z", count: 3, expected: seconds)
        #expect(preview.entries.map(\.overlapsPrevious) == [false, overlaps, overlaps])
    }

    @Test func `nothing is said of overlaps where it is not known how long a job takes`() throws {
        let preview = try Self.preview(from: "2026-11-20T03:00:00Z", count: 3)
        #expect(preview.entries.allSatisfy { !$0.overlapsPrevious })
    }

    @Test func `closed ticks say why, do not fire, and overlap nothing`() throws {
        let calendar = BusinessCalendar(name: "c", workingHours: CalendarScene.officeHours)
        let preview = try Self.preview(from: "2026-11-20T15:00:00Z", count: 4, expected: 7200, calendar: calendar)
        #expect(preview.entries.map { $0.closure?.rule } == [nil, nil, .hours, .hours])
        #expect(preview.entries.map(\.fires) == [true, true, false, false])
        #expect(preview.entries.map(\.overlapsPrevious) == [false, true, false, false])
    }

    @Test func `of the ticks of a closed time the first waits for its end`() throws {
        let calendar = BusinessCalendar(name: "c", workingHours: CalendarScene.officeHours)
        let preview = try Self.preview(
            from: "2026-11-20T06:00:00Z", count: 5, expected: 60, calendar: calendar, postpones: true)
        #expect(
            preview.entries.map { CalendarScene.text($0.postponedTo) }
                == ["2026-11-20T09:00:00Z", "never", "never", "never", "never"])
        #expect(preview.entries.map(\.fires) == [true, false, false, true, true])
        // The tick at 09:00 begins together with the one that has waited.
        #expect(preview.entries.map(\.overlapsPrevious) == [false, false, false, true, false])
    }
}
