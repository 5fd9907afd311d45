import ArgumentParser
import CasareDomain

struct ContextCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context", abstract: "Servers that casarectl knows, and which one it uses.",
        subcommands: [List.self, Use.self, Show.self, Remove.self], aliases: ["ctx"])

    /// A context beside the knowledge whether it is in use. Its token is never printed.
    struct Entry: Sendable {
        let context: ServerContext
        let isCurrent: Bool

        static let columns: [Column<Entry>] = [
            Column("name") { .text($0.context.name) },
            Column("url") { .text($0.context.url.text) },
            Column("current") { .flag($0.isCurrent) },
            Column("production") { .flag($0.context.isProduction) },
        ]

        var json: Value {
            [
                "name": .string(self.context.name), "url": .string(self.context.url.text),
                "current": .bool(self.isCurrent), "production": .bool(self.context.isProduction),
            ]
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List contexts.", aliases: ["ls"])
        @OptionGroup var output: OutputOptions

        func run() throws {
            let contexts = try ContextFile(in: .process).load()
            let entries = contexts.all.map { Entry(context: $0, isCurrent: $0.name == contexts.current) }
            let presentation = Presentation(
                list: entries, columns: Entry.columns, name: \.context.name, json: \.json)
            try self.output.print(presentation)
        }
    }

    struct Use: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "use", abstract: "Use a context from now on.")
        @Argument(help: "The context's name.", completion: .custom(ContextCommand.completion), transform: Text.notEmpty)
        var name: String

        func run() throws {
            let file = try ContextFile(in: .process)
            var contexts = try file.load()
            guard let context = contexts[self.name] else { throw ContextCommand.missing(self.name) }
            contexts.current = self.name
            try file.save(contexts)
            StandardStreams.report("now using \(context.name): \(context.url)")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show a context; without a name, the one in use.")
        @Argument(help: "The context's name.", completion: .custom(ContextCommand.completion), transform: Text.notEmpty)
        var name: String?
        @OptionGroup var output: OutputOptions

        func run() throws {
            let contexts = try ContextFile(in: .process).load()
            guard let name = self.name ?? Environment.process.nonEmpty("CASARE_CONTEXT") ?? contexts.current else {
                throw CommandFailure(.notFound, "no context is in use; casarectl context list shows those there are")
            }
            guard let context = contexts[name] else { throw ContextCommand.missing(name) }
            let entry = Entry(context: context, isCurrent: name == contexts.current)
            var sheet = Sheet(name)
            sheet.add("url", .text(context.url.text))
            sheet.add("current", .flag(entry.isCurrent))
            sheet.add("production", .flag(context.isProduction))
            let presentation = Presentation(
                single: entry, columns: Entry.columns, name: name, json: entry.json, sheet: sheet)
            try self.output.print(presentation)
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Forget a context and its token.",
            discussion: "The token stays valid; casarectl token revoke ends it.", aliases: ["rm"])
        @Argument(help: "The context's name.", completion: .custom(ContextCommand.completion), transform: Text.notEmpty)
        var name: String

        func run() throws {
            let file = try ContextFile(in: .process)
            var contexts = try file.load()
            guard contexts.remove(self.name) else { throw ContextCommand.missing(self.name) }
            try file.save(contexts)
        }
    }

    private static func missing(_ name: String) -> CommandFailure {
        CommandFailure(.notFound, "there is no context '\(name)'; casarectl context list shows those there are")
    }

    /// The names that a shell may complete to; a file that cannot be read offers none.
    @Sendable static func completion(_ arguments: [String], _ position: Int, _ prefix: String) -> [String] {
        (try? ContextFile(in: .process).load().all.map(\.name)) ?? []
    }
}
