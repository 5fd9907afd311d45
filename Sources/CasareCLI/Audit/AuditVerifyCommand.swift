import ArgumentParser
import CasareClient
import CasareDomain
import CasareStore
import CasareWire

extension AuditCommand {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Check that every entry is there, in its place, and as it was written.",
            discussion: """
                Without a file the server checks its own database; with one the export is checked here, and no server \
                is asked. Ends with 13 when something is wrong, and names the first entry and what it is: removed, \
                changed, reordered, inserted, or an anchor that is forged.

                Who rules the database can make all hashes anew. --anchor compares with a place that was kept \
                elsewhere, and --public-key takes no anchor that is not signed with that key.

                  casarectl audit verify
                  casarectl audit verify audit.jsonl --public-key 3b6a27bc…
                """)
        @Argument(
            help: ArgumentHelp("An export; - for stdin.", valueName: "file"), completion: .file(),
            transform: Text.notEmpty)
        var file: String?
        @Option(
            name: .customLong("anchor"),
            help: ArgumentHelp("This place must be there, as it is; may be repeated.", valueName: "number:hash"),
            transform: AuditWitness.parse)
        var witnesses: [AuditWitness] = []
        @Option(
            help: ArgumentHelp(
                "The Ed25519 key that all anchors must be signed with, in hex or base64.", valueName: "key"),
            transform: Text.notEmpty)
        var publicKey: String?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if let publicKey, !AuditSigningKey.isPublicKey(publicKey) {
                throw ValidationError("--public-key takes the 32 bytes of an Ed25519 key in hex or base64.")
            }
        }

        func run() async throws {
            try self.output.check(AuditVerdict.columns.map(\.heading))
            let verdict: AuditVerdict
            if let file {
                var check = AuditExportCheck(witnesses: self.witnesses, publicKey: self.publicKey)
                verdict = try check.verdict(on: try AuditExportFile(path: file))
            } else {
                verdict = try await self.verdictOfServer()
            }
            try self.output.print(try verdict.presentation())
            if verdict.fault != nil { throw QuietExit(.differencesFound) }
        }

        private func verdictOfServer() async throws -> AuditVerdict {
            var found: AuditVerdict?
            try await self.connection.withClient { client, _ in
                let start = try await client.auditChain(limit: 1).start
                var (entries, anchors) = (0, 0)
                var cursor: String?
                var check: AuditCheckInfo
                repeat {
                    check = try await client.checkAudit(publicKey: self.publicKey, cursor: cursor)
                    entries += check.links
                    anchors += check.anchors
                    cursor = check.nextCursor
                } while cursor != nil
                var fault = check.fault
                if fault == nil { fault = try await self.contradiction(client) }
                found = AuditVerdict(
                    tenant: check.tenant, isIntact: fault == nil, after: start.number, place: check.place,
                    entries: entries, anchors: anchors, fault: fault)
            }
            // The closure has run to its end, or has thrown.
            guard let found else { throw CommandFailure(.failure, "the check did not end") }
            return found
        }

        /// What a witness says otherwise than the server.
        private func contradiction(_ client: CasareClient) async throws -> AuditFaultInfo? {
            for witness in self.witnesses {
                let head = try await client.auditChain(limit: 1).head
                var hash: AuditHash?
                if witness.number <= head.number {
                    do {
                        hash = try await client.auditChain(after: witness.number, limit: 1).start.place?.hash
                    } catch {
                        throw CommandFailure(
                            .failure,
                            "number \(witness.number) cannot be compared, it may not be kept any more: \(error)")
                    }
                }
                do throws(AuditFault) {
                    try AuditVerifier.check(witness.anchor, found: hash)
                } catch {
                    return AuditFaultInfo(error)
                }
            }
            return nil
        }
    }
}
