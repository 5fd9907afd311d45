import ArgumentParser
import CasareDomain
import CasareSettings
import CasareWire
import FoundationEssentials

/// Tells when a cron expression comes, without a server.
struct ScheduleNextCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next", abstract: "Show when a cron expression comes next.",
        discussion: """
            It asks no server: the rules are those of this program, the time zones those of this machine.
            With - in place of the expression it reads JSON lines from stdin, {"expression", "zone", "from", "count", \
            "dst", "seed"}, and answers each with a line; what a line leaves out is as the options say.

              casarectl schedule next '*/15 9-17 * * MON-FRI' --zone Europe/Berlin
              casarectl schedule next '30 2 * * *' --zone Europe/Berlin --from 2026-03-27T00:00:00Z
            """)

    static let countMax = 1000

    @Argument(help: "A cron expression or an alias such as @daily; - reads many from stdin.", transform: Text.notEmpty)
    var expression: String

    @Option(help: "The time zone, an IANA name such as Europe/Berlin.", transform: Text.notEmpty)
    var zone = "UTC"

    @Option(help: "Times after this one; by default after now.", transform: Moment.parse)
    var from: Moment?

    @Option(help: "How many times, 1–\(Self.countMax).", transform: Text.number(in: 1...Self.countMax))
    var count = 5

    @Option(
        help: "What happens where the clock is put forward or back: \(DSTArgument.names.joined(separator: ", ")).",
        transform: DSTArgument.parse)
    var dst: DSTArgument?

    @Option(help: "The name of the schedule, which H is computed of.", transform: Text.notEmpty)
    var seed = ""

    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        try self.output.check(CronAnswer.columns.map(\.heading))
        let question = CronQuestion(
            expression: self.expression, zone: self.zone, from: self.from?.date ?? Date(), count: self.count,
            dst: self.dst?.rule ?? .automatic, seed: self.seed)
        if self.expression == "-" {
            while let line = readLine() {
                if line.allSatisfy(\.isWhitespace) { continue }
                let answer = question.answer(toLine: line, countMax: Self.countMax, zones: .system)
                try StandardStreams.print(answer.jsonText(.compact) + "\n")
            }
            return
        }
        let ticks = try question.ticks(zones: .system)
        if ticks.isEmpty { StandardStreams.report("'\(TerminalText.line(self.expression))' does not come any more") }
        try self.output.print(
            Presentation(
                list: ticks, columns: CronAnswer.columns, name: { Timestamp.text($0.at) }, json: { .object($0.json) }))
    }
}
