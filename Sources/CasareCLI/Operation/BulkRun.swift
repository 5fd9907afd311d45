import CasareClient
import CasareDomain
import CasareWire

/// One command's work on a selection, which the server does as an operation: it is looked at first, then a yes is had,
/// then the server takes it on, and then the command follows it to its end.
///
/// The server freezes the selection as the operation is made, and refuses when it is another than the one that the
/// person has said yes to.
struct BulkRun {
    let terms: OperationTerms
    let output: OutputOptions
    let selection: BulkSelection
    /// What is asked for: `terms.request(verb, selection)`, with the members that only some verbs have.
    let request: CreateOperationRequest

    /// - Parameters:
    ///   - prepare: changes the request: what only this verb has.
    init(
        _ verb: Operation.Verb, _ selection: BulkSelection, _ terms: OperationTerms, output: OutputOptions,
        preparing prepare: (inout CreateOperationRequest) -> Void = { _ in }
    ) {
        self.terms = terms
        self.output = output
        self.selection = selection
        var request = terms.request(verb, selection)
        prepare(&request)
        self.request = request
    }

    /// - Throws: `.notFound` when nothing is selected; `.confirmationNeeded` without a yes; `.conflict` when the
    ///   selection changed before the yes; `.partOfBulkFailed` when an item failed or the operation was stopped;
    ///   `.waitTimedOut` and `.interrupted`, when the operation goes on; what the server refuses.
    func run(on connection: ConnectionOptions) async throws {
        try self.output.check(self.terms.isDryRun ? BulkSample.headings : OperationInfo.headings)
        try await connection.withClient { client, server in
            try await self.run(client, server) { consent, what, selection in
                try consent.obtain(for: what, showing: selection)
            }
        }
    }

    /// - Parameter ask: has the yes, for what is said, to what is shown.
    func run(
        _ client: CasareClient, _ server: Server,
        asking ask: (_ consent: Consent, _ what: String, _ selection: Selection) async throws -> Void
    ) async throws {
        let preview = try await client.previewOperation(self.request)
        let wording = BulkWording(self.request, preview)
        guard preview.count > 0 else { throw CommandFailure(.notFound, wording.nothing) }
        let samples = preview.samples(setting: self.request.variables)
        if self.terms.isDryRun {
            return try self.output.print(
                try preview.presentation(of: samples, saying: wording, terms: self.terms, for: self.output))
        }
        let needed = Consent.needed(
            isSelection: self.selection.isSelection, server: server, yes: self.terms.isConfirmed,
            canAsk: Terminal.standard.canAsk)
        if needed.asks {
            for line in wording.lines(of: self.terms) { StandardStreams.report(line) }
        }
        try await ask(needed, wording.what, preview.shown(samples, noun: wording.noun))
        var request = self.request
        request.expect = SelectionMark(count: preview.count, hash: preview.hash)
        let operation = try await self.create(request, by: client, wording)
        if self.terms.detaches { return try self.output.print(try operation.presentation()) }
        let follower = OperationFollower(
            client, timeout: self.terms.timeout, awaitsReplays: self.terms.awaitsReplays)
        let end = try await follower.follow(operation, saying: "operation \(operation.id): \(wording.what)")
        await follower.reportFailures(of: end)
        try self.output.print(try end.presentation())
        try end.check(naming: self.selection.namesEach, awaitsReplays: self.terms.awaitsReplays)
    }

    private func create(
        _ request: CreateOperationRequest, by client: CasareClient, _ wording: BulkWording
    ) async throws -> OperationInfo {
        do throws(ClientError) {
            return try await client.createOperation(request)
        } catch {
            guard case .api(let problem) = error, problem.code == .selectionChanged else { throw error }
            throw CommandFailure(.conflict, wording.changed(to: problem.details?["count"]?.int))
        }
    }
}
