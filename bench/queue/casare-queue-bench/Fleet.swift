import Glibc

/// Worker processes: other processes of this program that begin together, say how far they are, and end with it.
///
/// A worker prints `ready`, waits for a line, and prints how many jobs it has done now and then. It ends when its
/// standard input is closed.
final class Fleet {
    private struct Worker {
        let processID: pid_t
        let input: Int32
        let output: Int32
        var text: [UInt8] = []
        var done = 0
        var isReady = false
    }

    private var workers: [Worker] = []

    /// - Throws: when one of them ends before it is ready.
    init(_ count: Int, of request: Request, limit: Duration = .seconds(60)) throws {
        for _ in 0..<count { self.workers.append(try Self.spawn(["worker", request.file])) }
        let deadline = ContinuousClock.now + limit
        while self.workers.contains(where: { !$0.isReady }) {
            guard ContinuousClock.now < deadline else { throw BenchError("the workers are not ready in time") }
            try self.listen(.milliseconds(100))
        }
    }

    /// Of all of them, as far as they have said.
    var done: Int { self.workers.reduce(0) { $0 + $1.done } }

    func go() {
        for worker in self.workers { _ = write(worker.input, "go\n", 3) }
    }

    /// Takes in what they say, for `time` at the longest when they say nothing.
    func listen(_ time: Duration) throws {
        var descriptors = self.workers.map { pollfd(fd: $0.output, events: Int16(POLLIN), revents: 0) }
        guard poll(&descriptors, nfds_t(descriptors.count), Int32(time / .milliseconds(1))) > 0 else { return }
        for (index, descriptor) in descriptors.enumerated() where descriptor.revents != 0 {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor.fd, &buffer, buffer.count)
            guard count > 0 else { throw BenchError("a worker has ended by itself") }
            self.workers[index].text += buffer[..<count]
            self.readLines(of: index)
        }
    }

    private func readLines(of index: Int) {
        while let end = self.workers[index].text.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: self.workers[index].text[..<end], as: UTF8.self)
            self.workers[index].text.removeSubrange(...end)
            if line == "ready" { self.workers[index].isReady = true }
            if let done = Int(line) { self.workers[index].done = done }
        }
    }

    /// Lets them end, and waits for that.
    func stop() {
        for worker in self.workers { close(worker.input) }
        for worker in self.workers {
            var status: Int32 = 0
            while waitpid(worker.processID, &status, 0) < 0, errno == EINTR {}
            close(worker.output)
        }
        self.workers = []
    }

    deinit { self.stop() }

    private static func spawn(_ arguments: [String]) throws -> Worker {
        var (toWorker, fromWorker): ([Int32], [Int32]) = ([0, 0], [0, 0])
        guard pipe(&toWorker) == 0, pipe(&fromWorker) == 0 else { throw BenchError("there are no pipes for a worker") }
        // A worker must not hold the ends of another one, which would never see its input closed.
        for descriptor in toWorker + fromWorker { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        defer {
            close(toWorker[0])
            close(fromWorker[1])
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toWorker[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromWorker[1], 1)
        let program = "/proc/self/exe"
        var words: [UnsafeMutablePointer<CChar>?] = ([CommandLine.arguments[0]] + arguments).map { strdup($0) }
        defer { words.forEach { free($0) } }
        words.append(nil)
        var processID: pid_t = 0
        guard posix_spawn(&processID, program, &actions, nil, words, environ) == 0 else {
            throw BenchError("a worker cannot be started")
        }
        return Worker(processID: processID, input: toWorker[1], output: fromWorker[0])
    }
}
