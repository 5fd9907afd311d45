import ArgumentParser

/// Formats that a single command has beside the usual ones.
protocol OwnFormat: RawRepresentable<String>, CaseIterable, Hashable, Sendable {}

/// How a command prints its result, when it knows more formats than all commands do. Otherwise `OutputOptions`.
struct OutputChoice<Own: OwnFormat>: ParsableArguments {
    enum Format: ExpressibleByArgument, Hashable, Sendable {
        case usual(OutputFormat)
        case own(Own)

        init?(argument: String) {
            if let format = OutputFormat(rawValue: argument) {
                self = .usual(format)
            } else if let format = Own(rawValue: argument) {
                self = .own(format)
            } else {
                return nil
            }
        }

        var name: String {
            switch self {
            case .usual(let format): format.rawValue
            case .own(let format): format.rawValue
            }
        }

        static var allValueStrings: [String] { OutputFormat.allCases.map(\.rawValue) + Own.allCases.map(\.rawValue) }

        var defaultValueDescription: String { self.name }
    }

    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print the result.")
    var format = Format.usual(.table)

    @OptionGroup var layout: LayoutOptions

    /// The usual options, with the table where one of the command's own formats was chosen.
    var usual: OutputOptions {
        var options = OutputOptions()
        options.format = if case .usual(let format) = self.format { format } else { .table }
        options.layout = self.layout
        return options
    }

    func validate() throws {
        if case .own(let format) = self.format, self.layout.columns != nil {
            throw ValidationError("--columns goes with table, wide and csv, not with \(format.rawValue).")
        }
        try self.usual.validate()
    }
}
