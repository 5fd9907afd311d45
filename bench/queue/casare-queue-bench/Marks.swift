import Glibc

/// The measured window, for whoever counts CPU and WAL from outside, and the clock of it.
enum Marks {
    static func start() -> ContinuousClock.Instant {
        self.say("@start")
        return .now
    }

    static func stop() -> ContinuousClock.Instant {
        let now = ContinuousClock.now
        self.say("@stop")
        return now
    }

    /// Says a line to whoever started this process, at once.
    static func say(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
        let bytes = Array("\(line)\n".utf8)
        // Shorter than a pipe takes in one piece; whoever does not read it is gone.
        _ = write(descriptor, bytes, bytes.count)
    }

    /// CLOCK_MONOTONIC, which all processes of a machine share; `ContinuousClock` does not say its origin.
    static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
}
