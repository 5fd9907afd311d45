import CasareClient
import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

extension SubmitCommand {
    /// Shows what would be submitted, after every check that changes nothing. Whether a key is taken shows only when it
    /// is asked for.
    func showRequest(_ request: SubmitJobRequest, _ client: CasareClient) async throws {
        try Self.check(request, at: Date())
        let name = try await self.workflowName(of: request, client)
        try await Self.checkQueueing(of: request, client)
        let columns: [Column<String>] = [Column("workflow") { .text($0) }]
        try self.output.print(
            Presentation(
                single: name, columns: columns, name: name, json: try ValueEncoder.encode(request),
                sheet: Self.sheet(of: request, for: name)))
    }

    /// What needs nobody's answer. The server reads a request in the same way; its clock is the one that counts.
    static func check(_ request: SubmitJobRequest, at now: Date) throws(CommandFailure) {
        do {
            _ = try ValueDecoder.decode(SubmitJobRequest.self, from: try ValueEncoder.encode(request))
        } catch {
            throw CommandFailure(.failure, "\(error)")
        }
        guard let deadline = request.expiresAt else { return }
        let delay = request.delaySeconds ?? request.unique?.debounce?.seconds ?? 0
        let start = max(request.runAt ?? now, now.addingTimeInterval(delay))
        if deadline <= start {
            throw CommandFailure(.failure, "\(StoreError.deadlineTooEarly(deadline, start: start))")
        }
    }

    private func workflowName(of request: SubmitJobRequest, _ client: CasareClient) async throws -> String {
        guard let document = request.document else {
            let workflow = try await client.workflow(self.workflow)
            if let version = request.version, version > workflow.latestVersion {
                let missing = StoreError.notFound(
                    .workflowVersion, "\(version) of \(workflow.name); the newest is \(workflow.latestVersion)")
                throw CommandFailure(.notFound, "\(missing)")
            }
            return workflow.name
        }
        let answer = try await client.validateWorkflow(document)
        for issue in answer.issues { StandardStreams.report(issue.line) }
        guard answer.isValid else {
            throw CommandFailure(.failure, "\(self.workflow) is not valid and would be refused")
        }
        return document["metadata"]?["name"]?.string ?? self.workflow
    }

    private static func checkQueueing(of request: SubmitJobRequest, _ client: CasareClient) async throws {
        if request.asksForMore {
            // A server without a database refuses this as it would refuse the submit.
            _ = try await client.queues(limit: 1)
        }
        if let id = request.requirements?.robot {
            let robot = try await client.robot(id)
            guard robot.environment == request.environment else {
                let error = StoreError.robotElsewhere(id, environment: robot.environment, asked: request.environment)
                throw CommandFailure(.failure, "\(error)")
            }
        }
    }

    private static func sheet(of request: SubmitJobRequest, for workflow: String) -> Sheet {
        var sheet = Sheet("would submit \(workflow)")
        sheet.add("priority", .number(request.priority.rawValue))
        sheet.add(
            "due",
            request.runAt.map { .time($0) }
                ?? .text(request.delaySeconds.map { "after " + TimeSpan.text(seconds: $0) }))
        if request.environment != SubmitJobRequest.environmentDefault {
            sheet.add("environment", .text(request.environment))
        }
        sheet.add("queue key", .text(request.queueKey))
        sheet.add("requires", .text(request.requirements?.sentence))
        sheet.add(
            "deadline",
            request.expiresAt.map { .time($0) }
                ?? .text(request.expiresInSeconds.map { "in " + TimeSpan.text(seconds: $0) }))
        sheet.add("unique key", .text(request.unique.map { UniqueKeyInfo($0.key).sentence }))
        sheet.add(request.variables, titled: "Variables")
        return sheet
    }
}

extension SubmitJobRequest {
    /// Whether it asks the queue for more than a place in it.
    fileprivate var asksForMore: Bool {
        self.queueKey != nil || self.requirements != nil || self.expiresAt != nil || self.expiresInSeconds != nil
            || self.unique != nil
    }
}
