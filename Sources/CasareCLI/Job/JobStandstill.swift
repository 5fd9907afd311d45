import CasareDomain
import CasareWire
import FoundationEssentials

/// What a person who waits for a job in silence is told: that it stands still until somebody does something. Does no
/// I/O.
struct JobStandstill {
    /// Which standstill was told of; a job may be paused again, and may ask again.
    private struct Cause: Hashable {
        let status: Job.Status
        let pausedSince: Date?
        let attempt: Int
    }

    private var told: Cause?

    /// - Returns: A line when the job stands still, once each time.
    mutating func saw(_ job: JobInfo) -> String? {
        guard let standstill = job.standstill else {
            self.told = nil
            return nil
        }
        let cause = Cause(status: job.status, pausedSince: job.pause?.since, attempt: job.attempt)
        guard cause != self.told else { return nil }
        self.told = cause
        return "casarectl: job \(job.id) is \(standstill)"
    }
}
