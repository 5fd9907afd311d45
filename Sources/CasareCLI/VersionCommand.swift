import ArgumentParser
import CasareDomain
import CasareWire

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show this program's version; casarectl status shows the server's.")

    static let line = "casarectl \(CasareVersion.current)"

    @OptionGroup var output: OutputOptions

    private static let columns: [Column<String>] = [Column("version") { .text($0) }]

    func run() throws {
        let number = CasareVersion.current
        try self.output.print(
            Presentation(
                single: number, columns: Self.columns, name: number, json: ["version": .string(number)],
                sheet: Sheet(Self.line)))
    }
}
