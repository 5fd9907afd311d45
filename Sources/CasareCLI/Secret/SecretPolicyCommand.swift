import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension SecretCommand {
    struct Policy: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "policy", abstract: "Say how old a secret's value may become, and how it gets a new one.",
            discussion: """
                  casarectl secret policy db/prod --every 30d
                  casarectl secret policy db/prod --every 30d --hook set-db-password --generate password:32
                  casarectl secret policy db/prod --none

                Past its age it is told of: in the log, in casarectl secret audit, and by metrics. With --hook the \
                server makes a new value up then and submits that workflow, whose job is given the new value as \
                {{$secret:NAME@pending}}. When the job has completed the new value is current; when it ends otherwise \
                the new value is destroyed, and an hour later it is tried again.
                """)
        @Argument(help: "The secret's name or ID.", transform: Text.notEmpty) var secret: String
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("So old a value may become, from 1h, such as 30d.", valueName: "time"),
            transform: TimeSpan.parse)
        var every: TimeSpan?
        @Option(
            help: ArgumentHelp("The workflow that brings a new value to where it is used.", valueName: "workflow"),
            transform: Text.notEmpty)
        var hook: String?
        @Option(
            help: ArgumentHelp("How a new value is made up, such as password:32.", valueName: "policy"),
            transform: GeneratorArgument.parse)
        var generate: GeneratorArgument?
        @Option(
            help: ArgumentHelp("The field that is made up (default: the one that is secret).", valueName: "name"),
            transform: Text.notEmpty)
        var field: String?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("The version before counts for so long, up to 7d (default: 1h).", valueName: "time"),
            transform: TimeSpan.parse)
        var overlap: TimeSpan?
        @Flag(help: "Its value may become as old as it will.") var none = false
        @OptionGroup var revision: RevisionOption
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            guard (self.every != nil) != self.none else {
                throw ValidationError("Say how old a value may become with --every, or --none.")
            }
            if self.none, self.hook != nil || self.generate != nil || self.field != nil || self.overlap != nil {
                throw ValidationError("--none takes the policy away, and goes with nothing that it would say.")
            }
            if let problem = self.policy?.problem {
                let option = problem.member.split(separator: "_").first.map { "--\($0)" } ?? problem.member
                throw ValidationError("\(option): \(problem.message).")
            }
        }

        private var policy: RotationPolicy? {
            guard let every else { return nil }
            return RotationPolicy(
                everySeconds: Int(every.seconds.rounded()), hook: self.hook, generate: self.generate?.generator,
                field: self.field, overlapSeconds: self.overlap.map { Int($0.seconds.rounded()) })
        }

        func run() async throws {
            let policy = self.policy
            let what = "change the rotation policy of \(self.secret)"
            try await self.change.run(SecretInfo.headings, what) { client in
                // A workflow that is not there would be found out when the secret is due only.
                if let hook = policy?.hook { _ = try await client.workflow(hook) }
                let known = try await client.secret(self.secret)
                return .said("would change the rotation policy of \(known.name)")
            } asked: { client, _ in
                if let hook = policy?.hook { _ = try await client.workflow(hook) }
                let changed = try await client.updateSecret(
                    self.secret,
                    UpdateSecretRequest(
                        rotation: policy.map { .set($0) } ?? .remove, revision: self.revision.revision,
                        reason: self.why.reason))
                return try changed.presentation(
                    saying: policy == nil
                        ? "\(changed.name) is rotated by no policy" : "changed the rotation policy of \(changed.name)")
            }
        }
    }
}
