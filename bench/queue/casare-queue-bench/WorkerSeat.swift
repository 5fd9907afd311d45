import Dispatch
import Glibc

/// A worker's side of the conversation with the process that started it.
struct WorkerSeat {
    /// What is not said at once is said after this time, with the next job.
    private static let pause = Duration.milliseconds(10)

    private(set) var done = 0
    private var saidDone = 0
    private var saidAt = ContinuousClock.now

    /// Says that everything is prepared, and blocks until the others are as well. From then on this process ends as
    /// soon as the one that started it wants it to.
    mutating func ready() {
        Marks.say("ready")
        guard readLine() != nil else { exit(EXIT_SUCCESS) }
        self.saidAt = .now
        DispatchQueue.global().async {
            while readLine() != nil {}
            exit(EXIT_SUCCESS)
        }
    }

    /// - Parameter isLull: nothing more may be coming, so that waiting to say it would cost time.
    mutating func finished(_ count: Int, isLull: Bool) {
        self.done += count
        let now = ContinuousClock.now
        guard self.done > self.saidDone, isLull || now - self.saidAt > Self.pause else { return }
        self.saidDone = self.done
        self.saidAt = now
        Marks.say("\(self.done)")
    }
}
