package import CasareDomain

/// As `JobLogStore`: what jobs write while they run.
extension MemoryQueue {
    /// - Returns: how many lines the job's log has now.
    package mutating func log(_ lines: [Job.LogLine], under lease: Lease) throws(StoreError) -> Int {
        let log = try self.holding(lease).record.log
        var count = log.count
        let known = log.last.map { $0.token == lease.token ? $0.number : 0 } ?? 0
        var new: [Record.Logged] = []
        for line in lines where line.number > known && count < Job.Log.linesMax {
            count += 1
            let isLast = count == Job.Log.linesMax
            new.append(
                Record.Logged(
                    line: Job.LogLine(
                        number: count, at: line.at, level: isLast ? .warning : line.level,
                        node: isLast ? nil : line.node, message: isLast ? Job.Log.fullMessage : line.message),
                    token: lease.token, number: line.number))
        }
        self.keep(new, of: lease.job)
        return count
    }

    package func log(of id: Job.ID, after line: Int, limit: Int) throws(StoreError) -> JobLogPage {
        guard let record = self.records[id], let job = self.job(id) else { throw .notFound(.job, id.description) }
        // Their numbers are their positions.
        return JobLogPage(
            status: job.status, lines: record.log.dropFirst(line).prefix(limit).map(\.line))
    }
}
