import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct TenantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Tenants: yours, and for those who run the installation, all of them.",
        subcommands: [
            Create.self, List.self, Get.self, Update.self, Suspend.self, Resume.self, Delete.self, SetQuota.self,
            Usage.self, Policy.self,
        ], aliases: ["tenants"])

    struct Policy: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "policy", abstract: "The safety rules that jobs run under.",
            discussion: """
                What the tenant leaves open, each robot decides. A change holds for jobs that are leased from then on.

                \(PolicySwitches.help)
                """, subcommands: [Show.self, Set.self, Reset.self])
    }
}

extension TenantCommand.Policy {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Show the policy.")
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(PolicyInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try self.output.print(try await client.policy().presentation())
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Turn switches on or off.",
            discussion: "casarectl tenant policy set url_rules=off scripts=off\n\n\(PolicySwitches.help)")
        @Argument(
            help: ArgumentHelp("A switch and on or off.", valueName: "switch=on|off"),
            completion: .list(PolicySwitches.names.flatMap { ["\($0)=on", "\($0)=off"] }),
            transform: PolicyAssignment.init(parsing:))
        var assignments: [PolicyAssignment]
        @OptionGroup var change: PolicyChangeOptions

        func validate() throws {
            try PolicySwitches.checkOnce(self.assignments.map(\.name))
        }

        func run() async throws {
            try await self.change.run(self.assignments.map { ($0.name, .set($0.isOn)) })
        }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset", abstract: "Leave switches to the robots again.",
            discussion: PolicySwitches.help)
        @Argument(
            help: ArgumentHelp("A switch.", valueName: "switch"), completion: .list(PolicySwitches.names),
            transform: PolicySwitches.parse)
        var switches: [SafetyPolicy.Switch]
        @OptionGroup var change: PolicyChangeOptions

        func validate() throws { try PolicySwitches.checkOnce(self.switches) }

        func run() async throws { try await self.change.run(self.switches.map { ($0, .reset) }) }
    }
}

/// What `set` and `reset` have in common.
struct PolicyChangeOptions: ParsableArguments {
    @Flag(help: "Show what would change, and change nothing.") var dryRun = false
    @Flag(
        name: .shortAndLong, help: "Answer yes to the question, which is asked where the context is one of production.")
    var yes = false
    @OptionGroup var why: ReasonOption
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func run(_ changes: [(SafetyPolicy.Switch, ChangePolicyRequest.Change)]) async throws {
        try self.output.check(PolicyInfo.columns.map(\.heading))
        let request = ChangePolicyRequest(Dictionary(uniqueKeysWithValues: changes), reason: self.why.reason)
        try await self.connection.withClient { client, server in
            let before = try await client.policy()
            var wanted = before.policy
            request.apply(to: &wanted)
            let changed = SafetyPolicy.Switch.allCases.filter { before.policy[$0] != wanted[$0] }
            let lines = changed.map { name in
                "\(name.rawValue): \(PolicySwitches.text(before.policy[name])) → \(PolicySwitches.text(wanted[name]))"
            }
            guard !changed.isEmpty else {
                return try self.output.print(try before.presentation(saying: "nothing to change"))
            }
            if self.dryRun {
                let after = PolicyInfo(policy: wanted, changedAt: before.changedAt, changedBy: before.changedBy)
                return try self.output.print(try after.presentation(saying: "would change", lines))
            }
            // The change is said before it is made, where somebody can still say no.
            try Consent.needed(isSelection: false, server: server, yes: self.yes, canAsk: Terminal.standard.canAsk)
                .obtain(for: "change " + lines.joined(separator: ", "))
            try self.output.print(try await client.changePolicy(request).presentation(saying: "changed", lines))
        }
    }
}
