import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct TriggerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "Triggers: what makes jobs of requests, files, feeds, and jobs that end.",
        discussion: """
            A webhook has an address, /hooks/ID of the server, and a secret by which requests prove themselves. Files and \
            feeds (news, events of a server, mails) are watched by a robot. Whatever comes is in its history, with the \
            job that was made of it or the reason why none was.

              casarectl trigger create orders --auth github --workflow deploy --map ref=payload.ref
              casarectl trigger test orders --payload push.json
              casarectl trigger history orders --result rejected
            """,
        subcommands: [
            Create.self, List.self, Get.self, Update.self, Pause.self, Resume.self, Rotate.self, Test.self,
            History.self, Delete.self,
        ],
        aliases: ["triggers"])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List triggers by name.", aliases: ["ls"])
        @Option(help: "Only triggers of this kind.") var kind: TriggerKindArgument?
        @Option(help: "Only triggers in this state.") var status: TriggerStatusArgument?
        @Option(help: "Only triggers of this workflow, as they name it.", transform: Text.notEmpty)
        var workflow: String?
        @Option(
            help: ArgumentHelp("Only triggers with this mark of casarectl apply.", valueName: "owner"),
            transform: Text.notEmpty)
        var managedBy: String?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(TriggerInfo.headings)
            try await self.connection.withClient { client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    let page = try await client.triggers(
                        TriggerQuery(
                            kind: self.kind?.kind, status: self.status?.status, workflow: self.workflow,
                            managedBy: self.managedBy, limit: limit, cursor: cursor))
                    return (page.triggers, page.nextCursor)
                } to: { triggers in
                    try self.output.print(
                        try Presentation(
                            list: triggers, columns: TriggerInfo.columns, name: \.name,
                            json: { try ValueEncoder.encode($0) }))
                }
            }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show one trigger.", aliases: ["show"])
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var trigger: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(TriggerInfo.headings)
            try await self.connection.withClient { client, server in
                try self.output.print(try await client.trigger(self.trigger).presentation(on: server))
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "history",
            abstract: "List what came to a trigger, the latest first: which made jobs, and why others did not.")
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var trigger: String
        @Option(help: "Only deliveries of which this became.") var result: DeliveryResultArgument?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(TriggerDeliveryInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    let page = try await client.triggerHistory(
                        of: self.trigger, result: self.result?.result, limit: limit, cursor: cursor)
                    return (page.deliveries, page.nextCursor)
                } to: { deliveries in
                    try self.output.print(
                        try Presentation(
                            list: deliveries, columns: TriggerDeliveryInfo.columns, name: \.id.description,
                            json: { try ValueEncoder.encode($0) }))
                }
            }
        }
    }
}

/// A kind of triggers by name.
struct TriggerKindArgument: ExpressibleByArgument, Hashable, Sendable {
    let kind: Trigger.Kind

    init?(argument: String) {
        guard let kind = Trigger.Kind(rawValue: argument.lowercased()) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { Trigger.Kind.allCases.map(\.rawValue) }
}

/// A state of triggers by name.
struct TriggerStatusArgument: ExpressibleByArgument, Hashable, Sendable {
    let status: Trigger.Status

    init?(argument: String) {
        guard let status = Trigger.Status(rawValue: argument.lowercased()) else { return nil }
        self.status = status
    }

    static var allValueStrings: [String] { Trigger.Status.allCases.map(\.rawValue) }
}

/// What became of deliveries, by name.
struct DeliveryResultArgument: ExpressibleByArgument, Hashable, Sendable {
    let result: TriggerDelivery.Result

    init?(argument: String) {
        guard let result = TriggerDelivery.Result(rawValue: argument.lowercased()) else { return nil }
        self.result = result
    }

    static var allValueStrings: [String] { TriggerDelivery.Result.allCases.map(\.rawValue) }
}

/// How requests prove themselves, by name.
struct WebhookAuthArgument: ExpressibleByArgument, Hashable, Sendable {
    let kind: WebhookAuth.Kind

    init?(argument: String) {
        guard let kind = WebhookAuth.Kind(rawValue: argument.lowercased()) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { WebhookAuth.Kind.allCases.map(\.rawValue) }
}
