#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A command of the shell that prints a key. It is run when the process starts, before anything is served: that is why
/// it may block.
enum KeyCommand {
    enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case cannotRun(Int32)
        case failed(status: Int32)
        case tooLong
        case tooMuch

        var description: String {
            switch self {
            case .cannotRun(let code): "cannot be run: \(String(cString: strerror(code)).lowercased())"
            case .failed(let status): "has failed with status \(status); what it says about that is above"
            case .tooLong: "has printed no key within \(KeyCommand.secondsMax) seconds"
            case .tooMuch: "prints more than \(KeyCommand.bytesMax) bytes, which is no key"
            }
        }
    }

    static let secondsMax = 30
    static let bytesMax = 4096

    /// What it prints to stdout.
    static func output(of command: String) throws(Problem) -> [UInt8] {
        guard let stream = popen(command, "r") else { throw .cannotRun(errno) }
        let descriptor = fileno(stream)
        let deadline = ContinuousClock.now + .seconds(Self.secondsMax)
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: Self.bytesMax)
        while true {
            let left = max(0, Int((deadline - ContinuousClock.now) / .milliseconds(1)))
            var events = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&events, 1, Int32(clamping: left))
            if ready < 0 && errno == EINTR { continue }
            // The command is left behind: the process is about to end with this error.
            guard ready > 0 else { throw .tooLong }
            let count = read(descriptor, &buffer, Self.bytesMax)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            output += buffer.prefix(count)
            guard output.count <= Self.bytesMax else {
                // It ends by the signal for a pipe that nobody reads.
                pclose(stream)
                throw .tooMuch
            }
        }
        let status = pclose(stream)
        guard status == 0 else { throw .failed(status: status < 0 ? status : (status >> 8) & 0xFF) }
        return output
    }
}
