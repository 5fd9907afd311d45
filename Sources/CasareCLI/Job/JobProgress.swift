import CasareDomain
import CasareWire

/// What changed about a job since it was last looked at, as lines for people. Does no I/O.
struct JobProgress {
    private var status: Job.Status?
    private var attempt = 0
    /// Steps whose end was reported; begun ones are reported once more when they end.
    private var ended: Set<Int> = []
    private var begun: Set<Int> = []

    /// - Returns: Lines in their order: what a job has ended with or stands still for follows the steps that led to it.
    mutating func saw(_ job: JobInfo, _ steps: [StepInfo]) -> [String] {
        let line = self.saw(job).map { [$0] } ?? []
        let lines = self.saw(steps)
        return switch job.status {
        case .completed, .failed, .cancelled, .blocked, .paused: lines + line
        case .pending, .running: line + lines
        }
    }

    /// - Returns: A line when the job's state is another than before, or a new attempt began.
    mutating func saw(_ job: JobInfo) -> String? {
        guard job.status != self.status || job.attempt != self.attempt else { return nil }
        if job.attempt != self.attempt {
            // The journal of the next attempt may drop and repeat steps of the last one.
            self.begun.removeAll()
        }
        self.status = job.status
        self.attempt = job.attempt
        switch job.status {
        case .pending where job.attempt > 0: return "waits for attempt \(job.attempt + 1)" + Self.because(job)
        case .pending: return job.dueAt.map { "waits until \(Timestamp.text($0))" } ?? "waits for a robot"
        case .running:
            let robot = job.robot.map { " on \($0)" } ?? ""
            return "running\(robot)" + (job.attempt > 1 ? ", attempt \(job.attempt)" : "")
        case .blocked, .paused: return job.standstill
        case .completed: return "completed"
        case .failed: return "failed" + Self.because(job)
        case .cancelled: return "cancelled" + Self.because(job)
        }
    }

    /// - Returns: A line for each step that began or ended since.
    mutating func saw(_ steps: [StepInfo]) -> [String] {
        var lines: [String] = []
        for step in steps where !self.ended.contains(step.step) {
            let name = "step \(step.step) \(step.node) (\(step.nodeType))"
            switch step.outcome {
            case .inDoubt, .waiting:
                if self.begun.insert(step.step).inserted { lines.append("\(name) began") }
            case .succeeded:
                self.ended.insert(step.step)
                lines.append("\(name) succeeded")
            case .failed(let message):
                self.ended.insert(step.step)
                lines.append("\(name) failed: \(message)")
            }
        }
        return lines
    }

    private static func because(_ job: JobInfo) -> String {
        job.failure.map { ": \($0.message)" } ?? ""
    }
}
