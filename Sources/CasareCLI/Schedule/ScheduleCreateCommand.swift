import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension ScheduleCommand {
    struct Create: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Create a schedule.",
            discussion: """
                  casarectl schedule create nightly --cron '0 3 * * *' --zone Europe/Berlin --workflow invoices
                  casarectl schedule create poll --every 5m --workflow mailbox --overlap skip --jitter 30s
                  casarectl schedule create report --after invoices --after orders --workflow report
                  casarectl schedule create -f nightly.yaml

                Of a file, options take the place of what it says. casarectl schedule preview shows when it will fire.
                """)
        @OptionGroup var source: SpecFileOptions
        @Flag(help: "It fires nothing until casarectl schedule resume.") var paused = false
        @OptionGroup(title: "When") var timing: ScheduleTimingOptions
        @OptionGroup(title: "What") var job: ScheduleJobOptions
        @OptionGroup(title: "Rules") var rules: ScheduleRuleOptions
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.source.file != nil {
                if self.source.file == "-", self.job.variables.file == "-" {
                    throw ValidationError("Only one of the schedule and --vars can be read from stdin.")
                }
                return
            }
            if self.source.name == nil { throw ValidationError("Give the schedule a name, or a file with -f.") }
            guard self.timing.isGiven else {
                throw ValidationError("Say when it fires: \(ScheduleTimingOptions.names).")
            }
            try self.timing.checkIsWhole()
            if self.job.workflow == nil { throw ValidationError("Say what it starts: --workflow.") }
        }

        func run() async throws {
            // Before a file is read, or stdin.
            try self.output.check(ScheduleInfo.headings)
            let request = try self.request()
            try await self.change.run(ScheduleInfo.headings, "create the schedule \(request.name)") { client in
                // A workflow that is not there would be refused, and so would a name that is taken.
                _ = try await client.workflow(request.spec.workflow)
                return .shown(try request.presentation)
            } asked: { client, _ in
                let made = try await client.createSchedule(request)
                return try made.presentation(saying: "created \(made.name)")
            }
        }

        /// - Throws: `.usage` for what no schedule can be.
        func request() throws -> CreateScheduleRequest {
            let file = try self.source.file.map { try ScheduleFile.read($0) }
            var members: Object = [:]
            self.timing.add(to: &members)
            try self.job.add(to: &members)
            self.rules.add(to: &members)
            let whole = ScheduleSpecPatch.applying(members, to: file?.spec ?? [:])
            let source = self.source.file.map { TextInput($0).name } ?? "the schedule"
            return CreateScheduleRequest(
                name: try self.source.name(or: file, noun: "schedule"), spec: try ScheduleSpec(from: whole, of: source),
                paused: self.paused || file?.isPaused == true, reason: self.why.reason, managedBy: file?.managedBy)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "update", abstract: "Change what is named of a schedule, and nothing else.",
            discussion: """
                  casarectl schedule update nightly --cron '30 3 * * *'
                  casarectl schedule update nightly --zone Europe/Berlin --var month=11 --unset jitter_seconds
                  casarectl schedule update nightly --every 1h

                Another way to say when takes the place of the one it has. Variables that are not named stay. It goes \
                on from now by its new times; what has fired stays.
                """)
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var schedule: String
        @OptionGroup(title: "When") var timing: ScheduleTimingOptions
        @OptionGroup(title: "What") var job: ScheduleJobOptions
        @OptionGroup(title: "Rules") var rules: ScheduleRuleOptions
        @Option(
            help: ArgumentHelp(
                "Take away what the spec says of this: jitter_seconds, calendar, variables.month; may be repeated.",
                valueName: "member"), transform: Text.notEmpty)
        var unset: [String] = []
        @Option(
            name: [.customShort("f"), .customLong("file")],
            help: ArgumentHelp("Read the whole spec from a file, or from stdin (-).", valueName: "file"),
            transform: Text.notEmpty)
        var file: String?
        @OptionGroup var expected: RevisionOption
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.file == "-", self.job.variables.file == "-" {
                throw ValidationError("Only one of the schedule and --vars can be read from stdin.")
            }
        }

        func run() async throws {
            try self.output.check(ScheduleInfo.headings)
            let patch = try self.patch()
            guard self.file != nil || !patch.isEmpty else {
                throw CommandFailure(
                    .usage, "say what is to change, such as --cron, --workflow or --var, or --unset MEMBER")
            }
            let file = try self.file.map { try ScheduleFile.read($0) }
            try await self.connection.withClient { client, server in
                let known = try await client.schedule(self.schedule)
                if let name = file?.name, name != known.name {
                    throw CommandFailure(.usage, "the file is about the schedule \(name), and not about \(known.name)")
                }
                let before = try ValueEncoder.encode(known.spec).object ?? [:]
                // A file says all: what it leaves out goes. The options count for more.
                let target = ScheduleSpecPatch.applying(patch, to: file?.spec ?? before)
                let spec = try ScheduleSpec(from: target, of: "the schedule")
                let after = try ValueEncoder.encode(spec).object ?? [:]
                let changes = SpecChange.all(from: before, to: after).map(\.withoutSecrets)
                if self.bulk.dryRun {
                    return try self.output.print(try SpecChange.presentation(changes, of: known.name))
                }
                try self.bulk.consent(on: server).obtain(for: "update the schedule \(known.name)")
                // Of a file it is made for what was looked at.
                let request = UpdateScheduleRequest(
                    spec: file == nil ? patch : SpecChange.patch(from: before, to: after),
                    revision: self.expected.revision ?? (file == nil ? nil : known.revision), reason: self.why.reason)
                let updated = try await client.updateSchedule(known.name, request)
                for change in changes { StandardStreams.report(TerminalText.line("  \(change.text)")) }
                try self.output.print(
                    try updated.presentation(
                        saying: updated.revision == known.revision
                            ? "nothing to change: \(updated.name)" : "updated \(updated.name)"))
            }
        }

        /// What the options change, as a merge patch.
        func patch() throws -> Object {
            var members: Object = [:]
            self.timing.add(to: &members)
            try self.job.add(to: &members)
            self.rules.add(to: &members)
            return try members.unsetting(self.unset, of: ScheduleSpec.shape)
        }
    }
}
