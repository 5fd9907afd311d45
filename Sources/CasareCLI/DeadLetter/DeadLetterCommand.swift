import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct DeadLetterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq", abstract: "Work through jobs that failed for good.",
        subcommands: [List.self, Show.self, Retry.self])

    /// Which dead letters.
    struct Filter: ParsableArguments {
        @Option(help: "Only those of this workflow, by name or ID.", transform: Text.notEmpty) var workflow: String?
        @Option(help: "Only failures of this kind.") var kind: FailureKindArgument?
        @Option(
            help: ArgumentHelp("Only errors with this fingerprint, as -o wide shows it.", valueName: "text"),
            transform: Text.notEmpty)
        var fingerprint: String?
        @Option(
            help: ArgumentHelp("Only errors whose message contains this.", valueName: "text"),
            transform: Text.notEmpty)
        var error: String?

        var isEmpty: Bool {
            self.workflow == nil && self.kind == nil && self.fingerprint == nil && self.error == nil
        }

        func query(status: DeadLetter.Status?, limit: Int, cursor: String?) -> DeadLetterQuery {
            DeadLetterQuery(
                status: status, workflow: self.workflow, kind: self.kind?.kind, limit: limit, cursor: cursor)
        }

        /// What the server does not filter by.
        func matches(_ letter: DeadLetterInfo) -> Bool {
            (self.fingerprint.map { letter.fingerprint == $0 } ?? true)
                && (self.error.map { letter.failure.message.contains($0) } ?? true)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List dead letters, newest first.", aliases: ["ls"])
        @OptionGroup var filter: Filter
        @Option(help: "open (not dealt with), replayed, or all.") var status = DeadLetterStatusArgument.open
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(DeadLetterInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    let page = try await client.deadLetters(
                        self.filter.query(status: self.status.status, limit: limit, cursor: cursor))
                    return (page.deadLetters.filter(self.filter.matches), page.nextCursor)
                } to: { letters in
                    try self.output.print(try DeadLetterInfo.presentation(of: letters))
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one dead letter with its attempts.", aliases: ["get"])
        @Argument(help: "The failed job's ID.", transform: JobArgument.parse) var job: JobArgument
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(DeadLetterInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try self.output.print(try await client.deadLetter(self.job.id).presentation())
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry", abstract: "Run jobs of dead letters again, as new jobs.",
            discussion: """
                Takes IDs, or a filter over the open dead letters. A filter is always asked about first. --from and --var \
                do what they do for retry.

                  casarectl dlq retry 0192f0c1-… --var amount=5 --wait
                  casarectl dlq retry --workflow invoices --error "connection refused" --dry-run
                """)

        /// More open letters than this are not taken on at once.
        static let selectionMax = 10_000

        @Argument(help: "IDs of failed jobs, or - for stdin.") var jobs: [String] = []
        @OptionGroup var filter: Filter
        @OptionGroup var resume: ResumeOption
        @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
        var reason: String?
        @OptionGroup var variables: VariableOptions
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Waiting") var waiting: WaitOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.jobs.isEmpty && self.filter.isEmpty {
                throw ValidationError(
                    "Name dead letters by ID, or select them with --workflow, --kind, --fingerprint or --error.")
            }
            if !self.jobs.isEmpty && !self.filter.isEmpty { throw ValidationError("Give IDs or a filter, not both.") }
            if self.jobs == ["-"] { try self.variables.check(besides: "-") }
        }

        func run() async throws {
            try self.output.check(JobInfo.headings)
            let ids = self.jobs.isEmpty ? [] : try JobIDs(self.jobs).all
            let replacements = try self.variables.variables()
            try await self.connection.withClient { client, server in
                var items = ids.map { Selection.Item(id: $0.description, detail: "") }
                if ids.isEmpty {
                    var all = PagingOptions()
                    all.limit = Self.selectionMax
                    let letters = try await all.collect { limit, cursor in
                        let page = try await client.deadLetters(
                            self.filter.query(status: .open, limit: limit, cursor: cursor))
                        return (page.deadLetters.filter(self.filter.matches), page.nextCursor)
                    }
                    guard !letters.isEmpty else {
                        throw CommandFailure(.notFound, "no open dead letter matches the filter")
                    }
                    items = letters.map { Selection.Item(id: $0.id.description, detail: $0.detail) }
                }
                let retrial = Retrial(
                    client: client, server: server, bulk: self.bulk, waiting: self.waiting, output: self.output,
                    replacements: replacements)
                try await retrial.run(
                    items, isSelection: ids.count != 1, noun: "dead letter",
                    look: { Retrial.Subject(try await client.deadLetter($0)) },
                    point: { try await self.resume.point(in: $0, of: client) },
                    again: {
                        try await client.retryDeadLetter(
                            $0, RetryJobRequest(variables: $1, from: $2, reason: self.reason))
                    })
            }
        }
    }
}

/// A kind of failure by name.
struct FailureKindArgument: ExpressibleByArgument, Hashable, Sendable {
    let kind: Failure.Kind

    init?(argument: String) {
        guard let kind = Failure.Kind(rawValue: argument.lowercased()) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { Failure.Kind.allCases.map(\.rawValue) }
}

enum DeadLetterStatusArgument: String, CaseIterable, ExpressibleByArgument, Sendable {
    case open, replayed, all

    var status: DeadLetter.Status? {
        switch self {
        case .open: .open
        case .replayed: .replayed
        case .all: nil
        }
    }
}
