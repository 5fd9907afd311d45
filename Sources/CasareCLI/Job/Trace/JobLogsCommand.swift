import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct JobLogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what a job's log nodes wrote.",
        discussion: "The lines come with the job's result, when it has ended.")
    @Argument(help: "The job's ID.", transform: JobArgument.parse) var job: JobArgument
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    private struct Line: Sendable {
        let number: Int
        let message: String

        static let columns: [Column<Line>] = [
            Column("line") { .number($0.number) },
            Column("message", shrinks: true) { .text($0.message) },
        ]

        var json: Value { ["line": .int(self.number), "message": .string(self.message)] }
    }

    func run() async throws {
        try self.output.check(Line.columns.map(\.heading))
        try await self.connection.withClient { client, _ in
            let job = try await client.job(self.job.id)
            guard let result = job.result else {
                throw CommandFailure(
                    .conflict,
                    "job \(job.id) is \(job.status.rawValue) and has left no log"
                        + (job.status.isTerminal ? "" : ": it comes with the result; casarectl job watch \(job.id)"))
            }
            if self.output.format == .table, self.output.layout.columns == nil {
                return try StandardStreams.print(
                    result.logs.flatMap(TerminalText.lines).map { $0 + "\n" }.joined())
            }
            let lines = result.logs.enumerated().map { Line(number: $0.offset + 1, message: $0.element) }
            try self.output.print(
                Presentation(list: lines, columns: Line.columns, name: { $0.message }, json: { $0.json }))
        }
    }
}
