public import CasareDomain
public import CasareWire

extension CasareClient {
    /// What a job's runs have written, after one of its lines; 0: from the first on.
    ///
    /// - Parameter waiting: for there to be such a line, or for the job to end or to be blocked; up to 30 s.
    public func log(
        of id: Job.ID, after line: Int = 0, limit: Int? = nil, waiting: Duration = .zero
    ) async throws(ClientError) -> JobLogResponse {
        try await self.get(
            "\(Self.apiPath)/jobs/\(id)/logs",
            [
                ("after", String(line)), ("limit", limit.map(String.init)),
                ("wait_seconds", waiting > .zero ? String(waiting.fractionalSeconds) : nil),
            ], waiting: waiting)
    }

    /// Keeps lines of a run; those that are kept already are not kept twice.
    ///
    /// - Returns: how many lines the job's log has now.
    public func appendLog(_ lines: [Job.LogLine], under lease: Lease) async throws(ClientError) -> Int {
        let response: AppendLogResponse = try await self.post(
            "\(Self.apiPath)/jobs/\(lease.job)/logs",
            AppendLogRequest(token: lease.token, lines: lines.map(LogLineInfo.init)), mayRepeat: true)
        return response.lines
    }
}
