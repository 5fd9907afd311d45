import CasareClient
import CasareDomain
import CasareWire

/// Everything that a server keeps of a job.
struct JobRecords: Sendable {
    let job: JobInfo
    /// `nil`: the server has none to give.
    let history: JobHistory?
    let steps: [StepInfo]
}

extension JobRecords {
    /// - Parameter results: Without, only steps that failed have theirs, as far as the server leaves out what is not
    ///   asked for.
    init(of id: Job.ID, results: Bool, from client: CasareClient) async throws(ClientError) {
        self.job = try await client.job(id)
        self.history = try await Self.history(of: id, from: client)
        self.steps = try await Self.steps(of: id, results: results, from: client)
    }

    /// How many are asked for at once where all are too much for one answer.
    private static let stepsOfPage = 20

    private static func steps(
        of id: Job.ID, results: Bool, from client: CasareClient
    ) async throws(ClientError) -> [StepInfo] {
        do throws(ClientError) {
            // Servers before pages refuse to be asked for one.
            return try await client.steps(of: id, results: results)
        } catch {
            guard case .responseTooLarge = error else { throw error }
        }
        var steps: [StepInfo] = []
        var cursor: String?
        repeat {
            let page = try await client.stepsPage(of: id, results: results, limit: Self.stepsOfPage, cursor: cursor)
            steps += page.steps
            cursor = page.nextCursor
        } while cursor != nil
        return steps
    }

    private static func history(
        of id: Job.ID, from client: CasareClient
    ) async throws(ClientError) -> JobHistory? {
        do throws(ClientError) {
            return try await client.history(of: id)
        } catch {
            switch error {
            // An older server lacks the route.
            case .versionSkew: return nil
            case .api(let problem) where problem.status == 501: return nil
            case .api, .unreachable, .tlsFailed, .timedOut, .notCasare, .responseTooLarge, .invalidURL, .invalidTLS,
                .invalidRequest, .cancelled:
                throw error
            }
        }
    }
}
