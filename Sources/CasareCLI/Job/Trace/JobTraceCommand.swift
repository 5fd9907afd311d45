import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct JobTraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Draw what a job's time went into: waits, attempts and steps.",
        discussion: """
            Made of the job's journal and history, so that it needs no tracing backend. Each attempt stands over its \
            steps; what lies between them is computed (·). ░ is waiting, ≈ a wait drawn shorter than it was, ✗ failed, \
            ? began and nothing is known of what followed but what a person has said of it, and … still goes on. \
            A WaitNode that one robot began and \
            another one ended has a bar in both attempts. What is only computed is not recorded, \
            and of an attempt that was retried the steps that failed are not either.

            Below it stands the ID of the job's trace, and its address where CASARE_TRACE_URL says where traces are kept: \
            https://grafana.example.com/…/{trace_id}, with {trace_id} for the ID.
            """)
    @Argument(help: "The job's ID.", transform: JobArgument.parse) var job: JobArgument
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func run() async throws {
        try self.output.check(TimelineSpan.columns.map(\.heading))
        let link = try TraceLink(.process)
        try await self.connection.withClient { client, _ in
            let records = try await JobRecords(of: self.job.id, results: false, from: client)
            if records.history == nil {
                StandardStreams.report(
                    "casarectl: this server does not tell a job's history: waits between attempts, crashes and earlier "
                        + "attempts are missing")
            }
            let timeline = JobTimeline(
                records.job, history: records.history, steps: records.steps,
                waitEnds: await WaitEnds.known(for: records.steps, of: records.job, from: client), now: Date())
            guard self.drawsBars else { return try self.output.print(try Self.presentation(of: timeline)) }
            let context = Terminal.standard.renderContext(self.output)
            try StandardStreams.print(
                WaterfallText.render(
                    timeline, of: records.job, width: context.width ?? WaterfallText.widthDefault,
                    usesColour: context.usesColour))
            guard let traceID = records.job.traceID else { return }
            try StandardStreams.print(Self.footer(traceID, link))
        }
    }

    static func footer(_ traceID: String, _ link: TraceLink?) -> String {
        "\ntrace \(traceID)\n" + (link.map { "\($0.url(of: traceID))\n" } ?? "")
    }

    private var drawsBars: Bool { self.output.format == .table && self.output.layout.columns == nil }

    private static func presentation(of timeline: JobTimeline) throws -> Presentation {
        Presentation(list: timeline.spans, columns: TimelineSpan.columns, name: { $0.name }, json: { $0.json })
    }
}
