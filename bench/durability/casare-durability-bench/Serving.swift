import Dispatch
import Glibc
import Synchronization

/// A robot that says what it does, line by line, to be killed or to go on with what another left:
///
///     ready
///     all                 every one of the jobs has begun
///     mid                 every one of the jobs has begun a step behind its half, with the one before it durable
///     first NANOSECONDS   the first step that was performed, by CLOCK_MONOTONIC
///     done NANOSECONDS    a job's completion is committed
enum Serving {
    private struct Seen {
        var begun: [String: Int] = [:]
        var isAll = false
        var isMid = false

        /// A step of this job begins.
        ///
        /// - Returns: what is to be said.
        mutating func begins(_ job: String, of jobs: Int, steps: Int) -> [String] {
            var lines: [String] = []
            if self.begun.isEmpty { lines.append("first \(Lines.nanoseconds())") }
            self.begun[job, default: 0] += 1
            if !self.isAll, self.begun.count == jobs {
                self.isAll = true
                lines.append("all")
            }
            if self.isAll, !self.isMid, self.begun.values.allSatisfy({ $0 > steps / 2 + 1 }) {
                self.isMid = true
                lines.append("mid")
            }
            return lines
        }
    }

    static func run(_ request: Request) async throws {
        // Whoever started it has ended it, or has ended.
        DispatchQueue.global().async {
            while readLine() != nil {}
            exit(EXIT_SUCCESS)
        }
        let seen = Mutex(Seen())
        let steps = request.workflow.steps
        let jobs = request.jobsCount
        let performed: @Sendable (String) -> Void = { job in
            for line in seen.withLock({ $0.begins(job, of: jobs, steps: steps) }) { Lines.say(line) }
        }
        let robot = try StepRobot(
            request, name: "robot-\(getpid())", opened: { Lines.say("ready") },
            completed: { Lines.say("done \(Lines.nanoseconds())") }, performed: performed)
        try await robot.whileRunning { try await Task.sleep(for: .seconds(3600)) }
    }
}
