import ArgumentParser
import CasareClient
import CasareDomain
import CasareSettings
import CasareWire
import FoundationEssentials

struct CalendarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar", abstract: "Business calendars: when schedules may fire.",
        discussion: """
            Working hours, holidays, single days and blackouts, which schedules name with --calendar. A change counts \
            for ticks that come due after it.

              casarectl calendar set office -f office.yaml
              casarectl calendar check office --at 2026-12-25T10:00:00Z
            """,
        subcommands: [Set.self, List.self, Get.self, Check.self, Delete.self], aliases: ["calendars"])

    struct Set: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Keep a calendar, or another one under a known name.",
            discussion: """
                The file is YAML or JSON: zone, preset (\(CalendarPreset.allCases.map(\.rawValue).joined(separator: ", "))), \
                working_hours, weekends, holidays, days, blackouts. What calendar get -o yaml shows is taken, too.
                """)
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @Option(
            name: .shortAndLong, help: ArgumentHelp("The calendar; - reads it from stdin.", valueName: "file"),
            transform: Text.notEmpty)
        var file: String
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            // Before a file is read, or stdin.
            try self.output.check(CalendarInfo.headings)
            let calendar = try CalendarFile.read(self.file, name: self.name)
            try await self.change.run(CalendarInfo.headings, "save the calendar \(calendar.name)") { _ in
                .said("would save calendar \(calendar.name): \(calendar.summary)")
            } asked: { client, _ in
                let saved = try await client.saveCalendar(calendar, reason: self.why.reason)
                return try saved.presentation(
                    saying: "saved calendar \(saved.name): \(saved.spec.summary)", now: Date())
            }
        }
    }

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List calendars by name.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(
                CalendarInfo.columns, name: \.name,
                orElse: "there is no calendar yet; casarectl calendar set keeps one", to: self.answer
            ) { client, limit, cursor in
                let page = try await client.calendars(limit: limit, cursor: cursor)
                for name in page.unreadable ?? [] {
                    StandardStreams.report(
                        TerminalText.line(
                            "casarectl: calendar \(name) is left out: the server cannot read what it is; casarectl "
                                + "calendar get says why, and casarectl calendar set keeps another one in its place"))
                }
                return (page.calendars, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show a calendar, and its holidays of this year and the next.",
            aliases: ["show"])
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(CalendarInfo.headings) { client, _ in
                try await client.calendar(self.name).presentation(now: Date())
            }
        }
    }

    struct Check: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Say whether a calendar is open, and when it opens.")
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @Option(
            help: ArgumentHelp("At this moment; now where it is left out.", valueName: "time"), transform: Moment.parse)
        var at: Moment?
        @Option(help: "Blackouts of this workflow count, too.", transform: Text.notEmpty) var workflow: String?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(CalendarCheckInfo.headings) { client, _ in
                try await client.checkCalendar(self.name, at: self.at?.date, workflow: self.workflow)
                    .presentation()
            }
        }
    }

    struct Delete: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete a calendar that no schedule names.", aliases: ["rm"])
        @Argument(help: "Its name.", transform: Text.notEmpty) var name: String
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.change.run(CalendarInfo.headings, "delete the calendar \(self.name)") { client in
                let known = try await client.calendar(self.name)
                return .shown(try known.presentation(saying: "would delete calendar \(known.name)", now: Date()))
            } asked: { client, _ in
                let deleted = try await client.deleteCalendar(self.name, reason: self.why.reason)
                return try deleted.presentation(saying: "deleted calendar \(deleted.name)", now: Date())
            }
        }
    }
}

/// A calendar in a file: its members by themselves, or as the `spec` of an object with `kind` and `name`, as `casarectl
/// apply` takes it and `calendar get -o yaml` shows it.
enum CalendarFile {
    static let kind = "Calendar"

    /// What stands beside the spec, and what a server adds when it shows a calendar.
    private static let outer = ["kind", "name", "spec", "created_at", "created_by", "updated_at", "updated_by"]

    /// - Parameter argument: a file, or `-` for stdin.
    /// - Throws: `.usage` for what is no calendar; its zones are looked up in those of this machine.
    static func read(_ argument: String, name: String) throws(CommandFailure) -> BusinessCalendar {
        let input = TextInput(argument)
        return try Self.parse(try input.read(), named: input.name, calendar: name, zones: .system)
    }

    static func parse(
        _ text: String, named source: String, calendar name: String, zones: ZoneCatalogue
    ) throws(CommandFailure) -> BusinessCalendar {
        var members = try VariableFile.parse(text, name: source)
        if let spec = members["spec"]?.object {
            if let kind = members["kind"], kind != .string(Self.kind) {
                throw CommandFailure(.usage, "\(source): kind: expected \(Self.kind), got \(kind.displayText)")
            }
            if let unknown = members.keys.first(where: { !Self.outer.contains($0) }) {
                throw CommandFailure(.usage, "\(source): \(unknown): there is no such member beside spec")
            }
            // The name in the command counts; inside of the spec another one is refused below.
            members = spec
            if members["name"]?.string == name { members["name"] = nil }
        }
        do throws(CalendarError) {
            let calendar = try BusinessCalendar(json: .object(members), name: name)
            try calendar.check(zones: zones)
            return calendar
        } catch {
            throw CommandFailure(.usage, "\(source): \(error)")
        }
    }
}
