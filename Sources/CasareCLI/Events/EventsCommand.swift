import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happens to jobs and secrets, and follow it.",
        discussion: """
            Without --follow, events of the last hour are shown, oldest first; --since and --cursor say where to begin. \
            With it, events are printed as they happen, from now on or from where those say, until ^C, which ends with \
            130 and says how to go on. Each event has a cursor: -o jsonl has it on every line. \
            What follows a cursor comes once, also after the server was restarted.

              casarectl events --since 10m --kind failed,dead_lettered
              casarectl events --follow --workflow invoices -o jsonl
              casarectl events --since 7d --kind secret.rotation_due,secret.rotation_failed

            What happens to secrets is shown to who may see which there are (credential.read).
            """)

    @Flag(name: .shortAndLong, help: "Print events as they happen; --limit does not count then.") var follow = false
    @Option(
        help: ArgumentHelp("Only events of these kinds, separated by commas; may be repeated.", valueName: "a,b"),
        transform: EventKindList.parse)
    var kind: [EventKindList] = []
    @Option(help: "Only of jobs of this workflow, by name or ID.", transform: Text.notEmpty) var workflow: String?
    @Option(help: "Only of this job.", transform: JobArgument.parse) var job: JobArgument?
    @Option(name: .customLong("env"), help: "Only of jobs for this environment.", transform: Text.notEmpty)
    var environment: String?
    @Option(help: "Only of this secret, by name.", transform: Text.notEmpty) var secret: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Begin then: ISO 8601, or how long ago, such as 2h.", valueName: "time"),
        transform: PastMoment.parse)
    var since: PastMoment?
    @Option(
        help: ArgumentHelp(
            "Begin after this cursor. start: with the first event that is kept; now: with the next one."),
        transform: Text.notEmpty)
    var cursor: String?
    @OptionGroup var paging: PagingOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// Without another place, what happened since then is shown.
    private static let sinceStandard = TimeInterval(3600)

    func validate() throws {
        if self.since != nil, self.cursor != nil {
            throw ValidationError("--since and --cursor both say where to begin: give one of them.")
        }
        if self.follow, !self.isPlain, !self.output.format.isLineByLine {
            throw ValidationError(
                "--follow prints line by line: with -o jsonl or name, or with neither -o nor --columns.")
        }
    }

    func run() async throws {
        try self.output.check(EventLine.columns.map(\.heading))
        let query = self.query(now: Date())
        try await self.connection.withClient { client, _ in
            if self.follow {
                try await self.follow(client, query)
            } else {
                try await self.show(client, query)
            }
        }
    }

    func query(now: Date) -> EventQuery {
        var query = EventQuery(
            kinds: Set(self.kind.flatMap(\.kinds)), workflow: self.workflow, job: self.job?.id,
            environment: self.environment, secret: self.secret, cursor: self.cursor,
            since: self.since?.date(now: now))
        if !self.follow, query.cursor == nil, query.since == nil {
            // Of one job, all is wanted.
            if query.job != nil {
                query.cursor = EventStart.start.rawValue
            } else {
                query.since = now.addingTimeInterval(-Self.sinceStandard)
            }
        }
        return query
    }

    private func show(_ client: CasareClient, _ query: EventQuery) async throws {
        try await self.paging.show(as: self.output.format) { limit, cursor in
            var query = query
            if let cursor { (query.cursor, query.since) = (cursor, nil) }
            let page = try await client.events(query, limit: limit)
            return (page.events, page.isCaughtUp ? nil : page.nextCursor)
        } to: { events in
            try self.output.print(try EventLine.presentation(of: events))
        }
    }

    private func follow(_ client: CasareClient, _ query: EventQuery) async throws {
        let follower = EventFollower(from: query.cursor)
        let command = self
        let ending = try await Interruption.watching {
            do {
                try await follower.follow(client.openEvents(query)) { try command.print($0) }
            } catch let error as ClientError {
                guard let cursor = follower.lastCursor, ErrorReport.failure(for: error).status == .unavailable else {
                    throw error
                }
                throw CommandFailure(.unavailable, "\(error); go on with --cursor \(cursor)")
            }
        }
        switch ending {
        case .finished: break
        case .interrupted(let reason):
            let advice = follower.lastCursor.map {
                "; casarectl events --follow --cursor \($0) goes on from here, with the same filters"
            }
            throw CommandFailure(reason, "stopped following" + (advice ?? ""))
        }
    }

    /// Lines and nothing else.
    private var isPlain: Bool { self.output.format == .table && self.output.layout.columns == nil }

    private func print(_ event: EventInfo) throws {
        guard !self.isPlain else { return try StandardStreams.print(EventLine(event).text) }
        try self.output.print(try EventLine.presentation(of: [event]))
    }
}

/// Kinds of events separated by commas.
struct EventKindList: ArgumentForm, Hashable, Sendable {
    static let form =
        "kinds of events separated by commas: " + EventKind.allCases.map(\.rawValue).joined(separator: ", ")

    let kinds: [EventKind]

    init?(argument: String) {
        let names = argument.split(separator: ",").map { $0.lowercased().filter { $0 != " " } }
        let kinds = names.compactMap { EventKind(rawValue: String($0)) }
        guard !kinds.isEmpty, kinds.count == names.count else { return nil }
        self.kinds = kinds
    }
}
