import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

struct ForecastViewTests {
    /// 28 March 2026.
    private static let now = Date(timeIntervalSince1970: 1_774_656_000)

    private static func options(_ arguments: [String]) throws -> OutputOptions { try OutputOptions.parse(arguments) }

    private static func render(_ options: OutputOptions, _ presentation: Presentation) throws -> String {
        try options.render(presentation, in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    private static func tick(
        _ hours: Double, oddity: ClockOddity? = nil, closed: String? = nil, postponedTo: Date? = nil,
        overlaps: Bool = false
    ) -> PreviewTickInfo {
        let at = Self.now.addingTimeInterval(hours * 3600)
        return PreviewTickInfo(
            at: at, localTime: "local \(Int(hours))", dueAt: closed == nil ? at : postponedTo, oddity: oddity,
            closedBy: closed == nil ? nil : .holiday, closedReason: closed, postponedTo: postponedTo,
            overlapsPrevious: overlaps)
    }

    private static func preview(
        _ ticks: [PreviewTickInfo], expected: Double? = 90, pause: SchedulePauseInfo? = nil
    ) -> SchedulePreviewInfo {
        SchedulePreviewInfo(
            schedule: "nightly", status: .active, zone: "Europe/Berlin", overlap: .skip, pause: pause,
            expectedSeconds: expected, ticks: ticks, hasMore: false)
    }

    @Test func `what is odd about a tick is said beside it`() throws {
        let preview = Self.preview([
            Self.tick(1), Self.tick(2, oddity: .gapMoved), Self.tick(3, oddity: .repeatSkipped, overlaps: true),
            Self.tick(4, closed: "holiday Fair"),
            Self.tick(5, closed: "holiday Fair", postponedTo: Self.now.addingTimeInterval(36_000)),
        ])
        let options = try Self.options([])
        let text = try Self.render(options, try preview.presentation(for: options))
        #expect(text.hasPrefix("nightly: 5 ticks in Europe/Berlin, 4 with something to note\n"), "\(text)")
        for part in [
            "expected  1 min 30 s\n", "overlap   skip\n",
            "the clock was put forward over its time: it fires right after",
            "the clock shows this time twice: it fires the first time; the job before is expected to run still",
            "does not fire: closed (holiday Fair)",
            "closed (holiday Fair): waits until 2026-03-28T10:00:00.000Z",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }

    @Test func `a pause, and what is not known, are said`() throws {
        let pause = SchedulePauseInfo(since: Self.now, by: "ann", reason: "audit", until: nil, isByItself: false)
        let options = try Self.options([])
        let text = try Self.render(
            options, try Self.preview([], expected: nil, pause: pause).presentation(for: options))
        #expect(
            text == """
                nightly has no tick in that time
                paused    by ann: audit; nothing fires until it is resumed
                expected  not known yet
                overlap   skip

                """)
    }

    @Test func `programs are given a row for each tick, or all as JSON`() throws {
        let preview = Self.preview([Self.tick(1), Self.tick(2, oddity: .gapMoved)])
        let csv = try Self.options(["-o", "csv", "--no-headers", "--columns", "at,oddity,overlaps_previous"])
        #expect(
            try Self.render(csv, try preview.presentation(for: csv))
                == "2026-03-28T01:00:00.000Z,,false\n2026-03-28T02:00:00.000Z,gap_moved,false\n")
        let json = try Self.options(["-o", "json"])
        let value = try Value(parsingJSON: try Self.render(json, try preview.presentation(for: json)))
        #expect(value["schedule"] == "nightly" && value["ticks"]?.list?.count == 2)
        #expect(value["ticks"]?.list?.last?["oddity"] == "gap_moved")
    }

    // MARK: Simulation

    private static func simulation(
        slots: Int?, peak: Int, suggestions: [ScheduleSimulationInfo.Suggestion] = [],
        suggested: ScheduleSimulationInfo.Load? = nil, isPartial: Bool = false
    ) -> ScheduleSimulationInfo {
        ScheduleSimulationInfo(
            from: Self.now, to: Self.now.addingTimeInterval(86_400), isPartial: isPartial, schedules: 12, starts: 300,
            slots: slots, assumedSchedules: 1, collidingMinutes: 24,
            collisions: [.init(minute: Self.now, starts: 6, schedules: ["a", "b"])],
            load: .init(peak: peak, peakAt: Self.now, minutesOver: 3), suggestions: suggestions,
            suggestedLoad: suggested)
    }

    private static func text(_ simulation: ScheduleSimulationInfo) throws -> String {
        let options = try Self.options([])
        return try Self.render(options, try simulation.presentation(for: options))
    }

    @Test func `what would spread the schedules is a command to be pasted`() throws {
        let text = try Self.text(
            Self.simulation(
                slots: 4, peak: 6,
                suggestions: [
                    .init(schedule: "a", jitterSeconds: 30), .init(schedule: "month's end", jitterSeconds: 30),
                ], suggested: .init(peak: 4, peakAt: Self.now, minutesOver: 0)))
        #expect(text.hasPrefix("12 schedules start 300 jobs, 6 at once at most\n"), "\(text)")
        for part in [
            "slots                        4\n", "minutes over                 3\n", "minutes with several starts  24\n",
            "assumed                      how long a job takes, of 1 schedule\n",
            "with these jitters 4 run at once at most:",
            "casarectl schedule update a --jitter 30s\n",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(!text.contains("update month's end "), "a name of several words is quoted: \(text)")
    }

    @Test func `nothing is advised where all fit, and where no jitter helps that is said`() throws {
        #expect(try !Self.text(Self.simulation(slots: 6, peak: 6)).contains("Advice"))
        #expect(try Self.text(Self.simulation(slots: 5, peak: 6)).contains("no jitter makes them fit into the slots"))
        let unknown = try Self.text(Self.simulation(slots: nil, peak: 6, isPartial: true))
        #expect(unknown.contains("not known: no robot is there; give --slots"), "\(unknown)")
        #expect(unknown.contains("there are too many to look at all") && !unknown.contains("minutes over"))
    }

    @Test func `commands take what they need, and refuse what the server would`() throws {
        let preview = try #require(
            try Casarectl.parseAsRoot([
                "schedule", "preview", "nightly", "--count", "3", "--from", "2026-03-28T00:00:00Z",
            ]) as? SchedulePreviewCommand)
        #expect(preview.name == "nightly" && preview.count == 3 && preview.from?.date == Self.now)
        let simulate = try #require(
            try Casarectl.parseAsRoot(["schedule", "simulate", "--for", "2d", "--slots", "8", "--assume", "30s"])
                as? ScheduleSimulateCommand)
        #expect(simulate.length?.seconds == 172_800 && simulate.slots == 8 && simulate.assume?.seconds == 30)
        for line in [
            "schedule preview nightly --count 0", "schedule preview nightly --count 1001", "schedule preview",
            "schedule preview nightly --from 2026-03-28T00:00:00Z --to 2026-03-27T00:00:00Z",
            "schedule simulate --for 32d", "schedule simulate --for 30s", "schedule simulate --slots -1",
            "schedule simulate --assume 8d",
        ] {
            #expect(throws: (any Error).self, "\(line)") {
                try Casarectl.parseAsRoot(line.split(separator: " ").map(String.init))
            }
        }
    }
}
