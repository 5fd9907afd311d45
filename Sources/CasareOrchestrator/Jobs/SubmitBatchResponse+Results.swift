import CasareDomain
import CasareStore
import CasareWire

extension SubmitBatchResponse {
    /// The answer to a batch. A job that was there already has its result as far as there is room, once for each time
    /// that the batch brings it.
    ///
    /// - Parameters:
    ///   - statuses: of the jobs that were there already.
    ///   - results: of those of them that have ended.
    init(_ submitted: [SubmittedJob], statuses: [Job.ID: Job.Status], results: [Job.ID: RunResult]) {
        let sizes = results.mapValues { Value.object($0.json).jsonText(.compact).utf8.count }
        var room = SubmitBatchResponse.resultsBytesMax
        self.init(
            jobs: submitted.map { job in
                var result: RunResult?
                if job.isDuplicate, let size = sizes[job.id], size <= room {
                    room -= size
                    result = results[job.id]
                }
                return SubmittedJobInfo(
                    id: job.id, status: statuses[job.id] ?? .pending, isDuplicate: job.isDuplicate,
                    foundBy: job.found.map(SubmitJobResponse.Found.init), replaced: job.replaced, result: result)
            })
    }
}
