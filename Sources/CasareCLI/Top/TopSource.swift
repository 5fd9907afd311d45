import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

/// What `casarectl top` asks of the server: the same calls as the commands.
struct TopSource: Sendable {
    /// A list shows no more: nobody looks at more lines than these one by one.
    static let rowsMax = 200

    let client: CasareClient

    func snapshot(_ request: TopRequest) async throws(ClientError) -> TopSnapshot {
        let status = try await self.client.status()
        let list = try await self.list(request)
        return TopSnapshot(request: request, status: status, list: list, at: Date())
    }

    private func list(_ request: TopRequest) async throws(ClientError) -> TopList {
        switch request.section {
        case .jobs: .jobs(try await self.client.jobs(JobQuery(status: request.jobStatus, limit: Self.rowsMax)).jobs)
        case .queues: .queues(try await self.client.queues(limit: Self.rowsMax).queues)
        case .robots: .robots(try await self.client.robots(limit: Self.rowsMax).robots)
        case .letters:
            .letters(
                try await self.client.deadLetters(
                    DeadLetterQuery(filter: DeadLetterFilter(statuses: [.open]), limit: Self.rowsMax)
                ).deadLetters)
        case .operations: .operations(try await self.client.operations(limit: Self.rowsMax).operations)
        }
    }

    /// All that is known of one thing.
    func page(of target: TopTarget) async throws -> TopPage {
        let presentation: Presentation
        switch target {
        case .job(let job): presentation = try (try await self.client.job(job.id)).presentation()
        case .queue(let queue): presentation = try (try await self.client.queue(queue.name)).presentation
        case .robot(let robot): presentation = try (try await self.client.robot(robot.id)).presentation(saying: nil)
        case .letter(let letter): presentation = try (try await self.client.deadLetter(letter.id)).presentation()
        case .operation(let operation):
            presentation = try (try await self.client.operation(operation.id)).presentation()
        }
        guard case .single(let sheet) = presentation.shape else { preconditionFailure("One thing has a sheet") }
        return TopPage(title: target.id, sheet: sheet)
    }

    /// Why it does not get on.
    func explanation(of target: TopTarget) async throws -> TopPage {
        let explanation: ExplanationInfo
        switch target {
        case .job(let job): explanation = try await self.client.explain(job: job.id)
        case .letter(let letter): explanation = try await self.client.explain(job: letter.id)
        case .queue(let queue): explanation = try await self.client.explain(queue: queue.name)
        case .robot(let robot): explanation = try await self.client.explain(robot: robot.id)
        case .operation: preconditionFailure("An operation is not explained")
        }
        return TopPage(title: "Why: \(target.id)", sheet: explanation.sheet)
    }
}
