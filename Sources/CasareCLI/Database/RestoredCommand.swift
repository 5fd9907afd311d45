import ArgumentParser
import CasareDomain
import CasareSettings
import CasareStore
import CasareWire

extension DatabaseCommand {
    struct Restored: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "restored",
            abstract: "Say that the database was restored from a backup, before services start.",
            discussion: """
                Begins a new epoch. Jobs that ran in the restored state are blocked until a person says how they go \
                on; jobs that waited stand still until somebody resumes them; schedules skip the ticks of the time \
                that was lost; secrets that are due are not rotated by their policies; what was leased from secret \
                providers is dropped. Nothing acts twice without a person's word.

                  DATABASE_URL=postgres://casare@db.example/casare casarectl db restored --reason "disk lost"
                """)
        @OptionGroup var target: Target
        @OptionGroup var why: ReasonOption
        @Flag(help: "It was not: nothing was lost, as after a failover.") var dismiss = false
        @Flag(help: "Jobs that waited are known not to have run since: let them run.") var keepWaiting = false
        @Option(
            help: ArgumentHelp(
                "A lease token that a robot or a log shows: tokens go on behind it.", valueName: "token"),
            transform: Text.number(in: 1...Int.max))
        var tokenSeen: Int?
        @Flag(name: .shortAndLong, help: "Answer yes to the question.") var yes = false

        func validate() throws {
            if self.dismiss, self.keepWaiting || self.tokenSeen != nil {
                throw ValidationError("--dismiss says that nothing was lost; it goes alone.")
            }
        }

        func run() async throws {
            let database = RestoreStore.passage(to: try self.target.configuration())
            do {
                try await self.run(on: database)
                await database.close()
            } catch {
                await database.close()
                throw error
            }
        }

        private func entry(_ action: String) -> NewAuditEntry {
            .fromShell("casarectl db restored", action: action, subject: "installation", reason: self.why.reason)
        }

        private func run(on database: Database) async throws {
            if self.dismiss {
                let entry = self.entry("installation.not_restored")
                try await database.inSystem { connection in
                    try RestoreStore.dismiss(on: connection)
                    try AuditLog.append(entry, on: connection)
                }
                return StandardStreams.report("the database is taken for what it was: nothing was lost")
            }
            let canAsk = Terminal.standard.canAsk
            let consent: Consent = self.yes ? .goAhead : canAsk ? .ask : .refuse
            try consent.obtain(for: "begin a new epoch, in which all that ran or waited stands still")
            let declaration = RestoreStore.Declaration(
                by: "casarectl", why: self.why.reason ?? "declared by casarectl db restored",
                tokenSeen: self.tokenSeen.map(Int64.init),
                holdsWaiting: !self.keepWaiting)
            let entry = self.entry("installation.restored")
            let epoch = try await database.inSystem { connection in
                let epoch = try RestoreStore.declare(declaration, zones: .system, on: connection)
                try AuditLog.append(entry, on: connection)
                return epoch
            }
            StandardStreams.report(
                "epoch \(epoch.number) begins: \(epoch.jobsBlocked) jobs blocked, \(epoch.jobsHeld) held, "
                    + "\(epoch.schedulesMoved) schedules moved on, \(epoch.secretLeasesDropped) secret leases dropped; "
                    + "casarectl doctor db tells what is left to look at")
        }
    }
}
