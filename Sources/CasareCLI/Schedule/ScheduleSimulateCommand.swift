import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct ScheduleSimulateCommand: AsyncParsableCommand, Answering {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Show what all schedules will do together, and what would spread them.",
        discussion: """
            How many jobs begin in the same minute, how many run at once beside the slots of the robots that are there, \
            and the smallest jitter (\(Self.jitters)) with which they fit. A job takes the \
            median of the last 20 of its schedule. Nothing is changed; casarectl schedule update --jitter does that.
            """)

    private static let jitters = ScheduleSimulation.jitters.map { TimeSpan.text(seconds: $0) }.joined(separator: ", ")

    @Option(
        help: ArgumentHelp("From this moment on; now where it is left out.", valueName: "time"), transform: Moment.parse
    )
    var from: Moment?
    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp("How much is looked at, at most 31d; a day where it is left out.", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var length: PositiveTimeSpan?
    @Option(
        help: ArgumentHelp("As if the robots had so many slots together.", valueName: "n"),
        transform: Text.number(in: SimulateSchedulesRequest.slotsRange))
    var slots: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long a job takes where none has completed yet; 1m by default.", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var assume: PositiveTimeSpan?
    @Option(help: "Only schedules that start this workflow.", transform: Text.notEmpty) var workflow: String?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func validate() throws {
        if let length, !SimulateSchedulesRequest.forSecondsRange.contains(length.seconds) {
            throw ValidationError("--for takes a time from 1m to 31d.")
        }
        if let assume, assume.seconds > SimulateSchedulesRequest.assumedSecondsMax {
            throw ValidationError("--assume takes a time up to 7d.")
        }
    }

    func run() async throws {
        let request = SimulateSchedulesRequest(
            from: self.from?.date, forSeconds: self.length?.seconds, slots: self.slots,
            assumedSeconds: self.assume?.seconds, workflow: self.workflow)
        try await self.answer.show(ScheduleSimulationInfo.Collision.columns.map(\.heading)) { client, _ in
            try await client.simulateSchedules(request).presentation(for: self.output)
        }
    }
}

extension ScheduleSimulationInfo.Collision {
    static let columns: [Column<ScheduleSimulationInfo.Collision>] = [
        Column("minute") { .text(Timestamp.text($0.minute)) },
        Column("starts") { .number($0.starts) },
        Column("schedules", shrinks: true) { .text($0.schedules.joined(separator: ", ")) },
    ]
}

extension ScheduleSimulationInfo {
    func presentation(for output: OutputOptions) throws -> Presentation {
        try Presentation(
            report: self, sheet: self.sheet, parts: self.collisions, columns: Collision.columns,
            name: { Timestamp.text($0.minute) }, for: output)
    }

    private var isOver: Bool { self.slots.map { self.load.peak > $0 } ?? false }

    private var sheet: Sheet {
        var sheet = Sheet(
            "\(Count.text(self.schedules, "schedule")) start \(Count.text(self.starts, "job")), "
                + "\(self.load.peak) at once at most",
            tone: self.isOver ? .attention : .plain)
        sheet.add("from", .text(Timestamp.text(self.from)))
        sheet.add("to", .text(Timestamp.text(self.to)))
        if self.isPartial {
            sheet.add("cut", .text("there are too many to look at all; give a shorter --for, or --workflow"))
        }
        sheet.add("peak at", .text(self.load.peakAt.map(Timestamp.text)))
        sheet.add("slots", self.slots.map { Cell.number($0) } ?? .text("not known: no robot is there; give --slots"))
        if self.slots != nil {
            sheet.add("minutes over", .number(self.load.minutesOver))
        }
        sheet.add("minutes with several starts", .number(self.collidingMinutes))
        if self.assumedSchedules > 0 {
            sheet.add(
                "assumed", .text("how long a job takes, of \(Count.text(self.assumedSchedules, "schedule"))"))
        }
        if !self.collisions.isEmpty {
            sheet.sections.append(
                .table(
                    title: "Minutes with most starts", Collision.columns.map(\.heading),
                    self.collisions.map { collision in Collision.columns.map { $0.cell(collision) } }))
        }
        if self.isOver { sheet.sections.append(.lines(title: "Advice", self.advice)) }
        return sheet
    }

    private var advice: [String] {
        guard let suggestedLoad else {
            return ["no jitter makes them fit into the slots: add slots, or move some of the schedules"]
        }
        return ["with these jitters \(suggestedLoad.peak) run at once at most:"]
            + self.suggestions.map {
                "casarectl schedule update \(Explanation.Command.quoted($0.schedule)) --jitter "
                    + "\(Int($0.jitterSeconds.rounded(.up)))s"
            }
    }
}
