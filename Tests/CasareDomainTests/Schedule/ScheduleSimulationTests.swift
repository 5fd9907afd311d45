import CasareDomain
import FoundationEssentials
import Testing

struct ScheduleSimulationTests {
    private static let start = Date(timeIntervalSince1970: 1_767_225_600)

    private static func id(_ number: Int) throws -> Schedule.ID {
        try #require(Schedule.ID("0197f3a0-0000-7000-8000-" + String(100_000_000_000 + number)))
    }

    /// - Parameters:
    ///   - seconds: how long a job takes.
    ///   - times: in seconds after the start, ascending.
    private static func entry(
        _ number: Int, seconds: Double = 30, jitter: Double = 0, _ times: [Double]
    ) throws -> ScheduleSimulation.Entry {
        ScheduleSimulation.Entry(
            id: try Self.id(number), name: "s\(number)", workflow: "w", expectedSeconds: seconds, jitterSeconds: jitter
        ) { moment in times.map { Self.start.addingTimeInterval($0) }.first { $0 > moment } }
    }

    private static func simulation(
        _ entries: [ScheduleSimulation.Entry], hours: Double = 1, slots: Int? = nil
    ) -> ScheduleSimulation {
        ScheduleSimulation(
            entries, from: Self.start, to: Self.start.addingTimeInterval(hours * 3600), slots: slots)
    }

    @Test func `the first moment of the span counts, and the last one does not`() throws {
        let simulation = Self.simulation([try Self.entry(1, [-60, 0, 3599, 3600])])
        #expect(simulation.starts == 2 && simulation.schedules == 1 && !simulation.isPartial)
        #expect(simulation.to == Self.start.addingTimeInterval(3600))
    }

    @Test func `minutes in which several begin are told, those with most first`() throws {
        let simulation = Self.simulation([
            try Self.entry(1, [0, 60, 130, 600]), try Self.entry(2, [59, 130, 600]), try Self.entry(3, [599, 601]),
        ])
        #expect(simulation.collidingMinutes == 3)
        #expect(simulation.collisions.map(\.starts) == [3, 2, 2])
        #expect(simulation.collisions.map(\.minute) == [600, 0, 120].map { Self.start.addingTimeInterval($0) })
        #expect(simulation.collisions[0].schedules == ["s1", "s2", "s3"])
        #expect(simulation.collisions[1].schedules == ["s1", "s2"])
    }

    @Test func `of many minutes and schedules the first are told`() throws {
        let times = (0..<30).map { Double($0) * 60 }
        let simulation = Self.simulation(try (1...12).map { try Self.entry($0, times) })
        #expect(simulation.collidingMinutes == 30)
        #expect(simulation.collisions.count == ScheduleSimulation.collisionsMax)
        #expect(simulation.collisions.allSatisfy { $0.schedules.count == ScheduleSimulation.schedulesShownMax })
    }

    @Test func `a job that ends makes room for one that begins then`() throws {
        let apart = Self.simulation([try Self.entry(1, [0]), try Self.entry(2, [30])], slots: 1)
        #expect(apart.load.peak == 1 && apart.load.minutesOver == 0)
        let together = Self.simulation([try Self.entry(1, [0]), try Self.entry(2, [29])], slots: 1)
        #expect(together.load.peak == 2 && together.load.minutesOver == 1)
        #expect(together.load.peakAt == Self.start.addingTimeInterval(29))
    }

    @Test func `each minute that is over counts once, and those behind the span not`() throws {
        // Two at once from 50 to 70, from 80 to 130, and from 3590 on.
        let simulation = Self.simulation(
            [
                try Self.entry(1, seconds: 20, [50, 80, 3590]), try Self.entry(2, seconds: 20, [50, 3590]),
                try Self.entry(3, seconds: 50, [80]), try Self.entry(4, seconds: 40, [90]),
            ], slots: 1)
        #expect(simulation.load.minutesOver == 4)
    }

    @Test func `nothing is over and nothing suggested where the slots are not known`() throws {
        let simulation = Self.simulation([try Self.entry(1, [0]), try Self.entry(2, [0])])
        #expect(simulation.load.peak == 2 && simulation.load.minutesOver == 0)
        #expect(simulation.suggestions.isEmpty && simulation.suggestedLoad == nil)
    }

    @Test func `where all fit nothing is suggested`() throws {
        let simulation = Self.simulation([try Self.entry(1, [0]), try Self.entry(2, [0])], slots: 2)
        #expect(simulation.suggestions.isEmpty && simulation.suggestedLoad == nil)
    }

    @Test func `the smallest jitter with which all fit is suggested, to those that are in the way alone`() throws {
        var entries = try (1...40).map { try Self.entry($0, seconds: 2, [0, 1800]) }
        entries.append(try Self.entry(41, seconds: 2, [900]))
        let simulation = Self.simulation(entries, slots: 10)
        #expect(simulation.load.peak == 40 && simulation.load.minutesOver == 2)
        let jitters = Set(simulation.suggestions.map(\.jitterSeconds))
        let jitter = try #require(jitters.first)
        #expect(jitters.count == 1 && ScheduleSimulation.jitters.contains(jitter))
        #expect(simulation.suggestions.count == 40 && !simulation.suggestions.contains { $0.schedule == "s41" })
        let load = try #require(simulation.suggestedLoad)
        #expect(load.peak <= 10 && load.minutesOver == 0)
        // With it they do fit, and with the next smaller one they would not.
        func peak(_ jitter: Double) throws -> Int {
            Self.simulation(try (1...40).map { try Self.entry($0, seconds: 2, jitter: jitter, [0, 1800]) }).load.peak
        }
        #expect(try peak(jitter) <= 10)
        if let smaller = ScheduleSimulation.jitters.last(where: { $0 < jitter }) { #expect(try peak(smaller) > 10) }
    }

    @Test func `where no jitter helps none is suggested`() throws {
        let entries = try (1...5).map { try Self.entry($0, seconds: 3000, [0]) }
        let simulation = Self.simulation(entries, slots: 1)
        #expect(simulation.load.peak == 5 && simulation.suggestions.isEmpty && simulation.suggestedLoad == nil)
    }

    @Test func `a jitter moves no start past the one that follows`() throws {
        let times = (0..<60).map { Double($0) * 60 }
        let simulation = Self.simulation([try Self.entry(1, seconds: 0.001, jitter: 3600, times)])
        // Each begins in its own minute.
        #expect(simulation.starts == 60 && simulation.collidingMinutes == 0)
    }

    @Test func `too many starts end it with the last hour that is whole`() throws {
        let entry = ScheduleSimulation.Entry(
            id: try Self.id(1), name: "s", workflow: "w", expectedSeconds: 0
        ) { moment in Date(timeIntervalSince1970: moment.timeIntervalSince1970.rounded(.down) + 1) }
        let simulation = Self.simulation([entry], hours: 48)
        let hours = ScheduleSimulation.startsMax / 3600
        #expect(simulation.isPartial && simulation.starts == hours * 3600)
        #expect(simulation.to == Self.start.addingTimeInterval(Double(hours) * 3600))
    }
}
