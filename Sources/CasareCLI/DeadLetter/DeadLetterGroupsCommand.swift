import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension DeadLetterCommand {
    struct Groups: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "groups", abstract: "Show what the dead letters have in common, the largest groups first.",
            discussion: """
                A group has the errors of one workflow that differ in numbers, identifiers and quoted text at most. \
                They are compared with the jobs of the workflow that completed in the same time, by version, robot, \
                environment and hour; what nearly all failures have and hardly any success is said. Open ones, unless \
                --status says otherwise. With a fingerprint, that group on a page.

                  casarectl dlq groups --since 6h
                  casarectl dlq groups 8d1f2c33a0b94e51
                """, aliases: ["group"])

        /// As the server has it: nobody looks at more.
        static let limitRange = 1...100

        @Argument(help: "The fingerprint of one group, to see it on a page.", transform: Text.notEmpty)
        var group: String?
        @OptionGroup(title: "Filter") var filter: LetterFilterOptions
        @Option(
            parsing: .unconditional, help: ArgumentHelp("At most this many groups.", valueName: "n"),
            transform: Text.number(in: Self.limitRange))
        var limit = PageLimit.standard
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.group != nil && self.filter.fingerprint != nil {
                throw ValidationError("Give a fingerprint once: as the group, or with --fingerprint.")
            }
        }

        func run() async throws {
            try self.output.check(DeadLetterGroupInfo.headings)
            var filter = try self.filter.filter(otherwise: [.open])
            filter.fingerprint = self.group ?? filter.fingerprint
            try await self.connection.withClient { client, _ in
                let groups = try await client.deadLetterGroups(filter, limit: self.limit).groups
                guard let group else {
                    try self.output.print(try DeadLetterGroupInfo.presentation(of: groups))
                    if groups.count == self.limit, self.limit < Self.limitRange.upperBound {
                        StandardStreams.report("casarectl: there may be more; --limit shows up to 100 groups")
                    }
                    return
                }
                try self.output.print(try Self.only(groups, of: group, filter).presentation())
            }
        }

        /// - Throws: `.notFound` when there is none; `.usage` when several workflows have such errors.
        private static func only(
            _ groups: [DeadLetterGroupInfo], of fingerprint: String, _ filter: DeadLetterFilter
        ) throws(CommandFailure) -> DeadLetterGroupInfo {
            guard let first = groups.first else {
                throw CommandFailure(
                    .notFound, "no dead letter matches the filter: \(filter.description); --status all looks at all")
            }
            guard groups.count == 1 else {
                let names = groups.map(\.workflow).joined(separator: ", ")
                throw CommandFailure(
                    .usage,
                    "errors of several workflows have the fingerprint \(fingerprint): add --workflow, one of \(names)")
            }
            return first
        }
    }
}
