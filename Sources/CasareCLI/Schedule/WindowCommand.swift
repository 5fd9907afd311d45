import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct WindowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "window", abstract: "Windows of maintenance, in which schedules fire nothing.",
        discussion: """
              casarectl window open --for 2h --pause-schedules '*' --reason 'upgrade of the database'
              casarectl window open --until 2026-11-30T06:00:00Z --workflow invoices
              casarectl window close 0192f0c1-…

            When it closes, by a person or by itself, those schedules go on that it has paused. One that was paused \
            before stays paused, and so does one that somebody has paused or resumed meanwhile.
            """,
        subcommands: [Open.self, List.self, Get.self, Close.self], aliases: ["windows"])

    struct Open: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "open", abstract: "Pause schedules until the window closes.")
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("It closes by itself at this time (ISO 8601).", valueName: "time"),
            transform: Moment.parse)
        var until: Moment?
        @Option(
            name: .customLong("for"), parsing: .unconditional,
            help: ArgumentHelp("It closes by itself after this time.", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var length: PositiveTimeSpan?
        @Option(
            help: ArgumentHelp(
                "Pause this schedule; may be repeated. Or all of a pattern: * stands for any text, ? for one "
                    + "character.",
                valueName: "name"), transform: Text.notEmpty)
        var pauseSchedules: [String] = []
        @Option(
            help: ArgumentHelp("Only schedules that start this workflow.", valueName: "workflow"),
            transform: Text.notEmpty)
        var workflow: String?
        @Option(
            help: ArgumentHelp("Only schedules that casarectl apply keeps for this owner.", valueName: "owner"),
            transform: Text.notEmpty)
        var managedBy: String?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        private var patterns: [String] { self.pauseSchedules.filter { $0.contains("*") || $0.contains("?") } }

        func validate() throws {
            try PauseEndOptions.check(until: self.until, length: self.length)
            guard self.until != nil || self.length != nil else {
                throw ValidationError("Say when it closes by itself: --until or --for.")
            }
            guard !self.pauseSchedules.isEmpty || self.workflow != nil || self.managedBy != nil else {
                throw ValidationError(
                    "Say which schedules: --pause-schedules with names or a pattern such as '*', --workflow, "
                        + "--managed-by.")
            }
            guard self.patterns.isEmpty || self.pauseSchedules.count == 1 else {
                throw ValidationError("Give names or one pattern: --pause-schedules \(self.patterns[0]) is a pattern.")
            }
            if self.patterns.isEmpty, !self.pauseSchedules.isEmpty, self.workflow != nil || self.managedBy != nil {
                throw ValidationError("Give names or a filter: together they do not say which schedules.")
            }
        }

        /// What `validate` has let through.
        var selection: ScheduleSelection {
            self.patterns.isEmpty && !self.pauseSchedules.isEmpty
                ? ScheduleSelection(names: self.pauseSchedules)
                : ScheduleSelection(name: self.patterns.first, workflow: self.workflow, managedBy: self.managedBy)
        }

        func run() async throws {
            var request = OpenWindowRequest(
                until: self.until?.date, forSeconds: self.length?.seconds, reason: self.why.reason,
                schedules: self.selection, dryRun: true)
            try await self.change.run(WindowInfo.headings) { client in
                let planned = try await client.openWindow(request)
                guard planned.selected > 0 else {
                    throw CommandFailure(.notFound, "nothing to pause: no such schedule")
                }
                let what = "pause \(Count.text(planned.pauses, "schedule"))"
                request.dryRun = false
                return ChangeOptions.Plan(
                    what: "open a window and \(what)", presentation: try planned.presentation(saying: "would \(what)"),
                    shown: planned.shown)
            } asked: { client in
                guard let window = try await client.openWindow(request).window else {
                    throw CommandFailure(.failure, "the server did not say which window it has opened")
                }
                return try window.presentation(
                    saying: "opened window \(window.id): paused \(Count.text(window.paused, "schedule"))")
            }
        }
    }

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List windows, newest first.", aliases: ["ls"])
        @Option(help: "Only windows in this state.") var status: CaseArgument<WindowInfo.Status>?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(WindowInfo.columns, name: \.id.description, to: self.answer) {
                client, limit, cursor in
                let page = try await client.windows(status: self.status?.value, limit: limit, cursor: cursor)
                return (page.windows, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show one window.", aliases: ["show"])
        @Argument(help: "The window's ID.", transform: WindowArgument.parse) var window: WindowArgument
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(WindowInfo.headings) { client, _ in
                let known = try await client.window(self.window.id)
                return try known.presentation(saying: "window \(known.id) is \(known.status.rawValue)")
            }
        }
    }

    struct Close: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "close", abstract: "Let the schedules go on that a window has paused.")
        @Argument(help: "The window's ID.", transform: WindowArgument.parse) var window: WindowArgument
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.change.run(WindowInfo.headings, "close window \(self.window.id)") { client in
                let known = try await client.window(self.window.id)
                return .shown(try known.presentation(saying: "would close window \(known.id)"))
            } asked: { client, _ in
                let closed = try await client.closeWindow(self.window.id, reason: self.why.reason)
                return try closed.presentation(
                    saying: "closed window \(closed.id): \(Count.text(closed.restored, "schedule")) "
                        + "\(closed.restored == 1 ? "goes" : "go") on")
            }
        }
    }
}

struct WindowArgument: ArgumentForm, Hashable {
    static let form = "a window's ID, which is a UUID; casarectl window list shows them"

    let id: MaintenanceWindow.ID

    init?(argument: String) {
        guard let id = MaintenanceWindow.ID(argument) else { return nil }
        self.id = id
    }
}

extension WindowInfo {
    static let columns: [Column<WindowInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("status") { .state($0.status.rawValue, $0.status == .open ? .attention : .faint) },
        Column("until") { .time($0.until) },
        Column("selected") { .number($0.selected) },
        Column("paused") { .number($0.paused) },
        Column("restored") { .number($0.restored) },
        Column("opened_at") { .time($0.openedAt) },
        Column("opened_by") { .text($0.openedBy) },
        Column("left", wide: true) { .number($0.left) },
        Column("closed_at", wide: true) { .time($0.closedAt) },
        Column("closed_by", wide: true) { .text($0.closedBy) },
        Column("reason", shrinks: true) { .text($0.reason) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    func presentation(saying sentence: String) throws -> Presentation {
        var sheet = Sheet(sentence)
        sheet.add("until", .time(self.until))
        sheet.add("reason", .text(self.reason))
        let before = self.selected - self.paused
        sheet.add("were paused already", before > 0 ? .number(before) : .empty)
        sheet.add("left as they are", self.left > 0 ? .number(self.left) : .empty)
        sheet.add("next", self.status == .open ? .text("casarectl window close \(self.id)") : .empty)
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }
}

extension OpenWindowResponse {
    private static let columns: [Column<OpenWindowResponse>] = [
        Column("selected") { .number($0.selected) },
        Column("pauses") { .number($0.pauses) },
        Column("names", shrinks: true) { .text($0.names.joined(separator: ", ")) },
    ]

    /// For the question.
    var shown: Selection {
        Selection(items: self.names.map { Selection.Item(id: $0, detail: "") }, noun: "schedule", total: self.pauses)
    }

    /// For a dry run.
    func presentation(saying sentence: String) throws -> Presentation {
        var sheet = Sheet(sentence)
        let before = self.selected - self.pauses
        sheet.add("are paused already", before > 0 ? .number(before) : .empty)
        sheet.sections.append(.lines(title: "Schedules", self.names))
        return Presentation(
            single: self, columns: Self.columns, names: self.names, json: try ValueEncoder.encode(self), sheet: sheet)
    }
}
