import CasareClient
import CasareDomain
import CasareWire

/// A job's log, from where its server keeps it.
struct JobLog: Sendable {
    /// One request asks the server to wait this long; it allows 30 s.
    private static let waitMax = Duration.seconds(25)

    let client: CasareClient
    let job: Job.ID
    /// The first line that is wanted.
    let since: Int

    /// Whether the server keeps lines while a job runs. One that does not has them with the job's result.
    func isKept() async throws(ClientError) -> Bool {
        do throws(ClientError) {
            _ = try await self.client.log(of: self.job, limit: 1)
            return true
        } catch {
            switch error {
            // An older server lacks the route.
            case .versionSkew: return false
            case .api(let problem) where problem.status == 501: return false
            case .api, .unreachable, .tlsFailed, .timedOut, .notCasare, .responseTooLarge, .invalidURL, .invalidTLS,
                .invalidRequest, .cancelled:
                throw error
            }
        }
    }

    /// Hands over the lines that there are.
    ///
    /// - Returns: whether the server has any line of the job, wanted or not.
    func read(_ show: ([JobLogLine]) throws -> Void) async throws -> Bool {
        var last = self.since - 1
        while true {
            let page = try await self.client.log(of: self.job, after: last, limit: PageLimit.range.upperBound)
            guard let newest = page.lines.last else { break }
            try show(page.lines.map(JobLogLine.init))
            last = newest.line
        }
        if last >= self.since { return true }
        return try await !self.client.log(of: self.job, limit: 1).lines.isEmpty
    }

    /// Hands over lines as they come, until the job has ended or waits for a person. Whoever follows is told when it is
    /// paused.
    func follow(_ show: ([JobLogLine]) throws -> Void) async throws {
        var last = self.since - 1
        var standstill = JobStandstill()
        while true {
            let after = last
            let page = try await Outage.withstanding {
                try await self.client.log(
                    of: self.job, after: after, limit: PageLimit.range.upperBound, waiting: Self.waitMax)
            }
            if let newest = page.lines.last {
                try show(page.lines.map(JobLogLine.init))
                last = newest.line
            } else if page.status.isTerminal || page.status == .blocked {
                return
            }
            guard page.status == .paused else { continue }
            let job = try await Outage.withstanding { try await self.client.job(self.job) }
            if let line = standstill.saw(job) { StandardStreams.report(TerminalText.line(line)) }
        }
    }
}
