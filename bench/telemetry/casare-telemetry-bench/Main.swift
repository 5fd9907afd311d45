import Glibc

/// A collector of OTLP over gRPC that costs little and keeps nothing, or fails in the way that it is told.
/// `bench/telemetry/run` drives it.
///
///     casare-telemetry-bench MODE [PORT]
///
/// Its first line says the port. After that it prints what it has counted, as a line of JSON, for each line on its
/// standard input, and once more when that is closed, which ends it.
@main
enum Main {
    static func main() {
        let words = CommandLine.arguments
        guard words.count == 2 || words.count == 3, let mode = CollectorMode(rawValue: words[1]),
            let port = words.count == 3 ? Int(words[2]) : 0
        else {
            let modes = CollectorMode.allCases.map(\.rawValue).joined(separator: "|")
            Lines.say("usage: casare-telemetry-bench \(modes) [PORT]", to: STDERR_FILENO)
            exit(EXIT_FAILURE)
        }
        let tally = Tally()
        // Not on this thread, which waits for lines. The process ends by `exit` below, and takes it along.
        Task.detached {
            do {
                try await Collector(mode: mode, tally: tally).serve(port: port) { port in
                    Lines.say(#"{"mode":"\#(mode.rawValue)","port":\#(port)}"#)
                }
            } catch {
                Lines.say("casare-telemetry-bench: \(error)", to: STDERR_FILENO)
                exit(EXIT_FAILURE)
            }
        }
        while readLine() != nil { Lines.say(tally.line) }
        Lines.say(tally.line)
        exit(EXIT_SUCCESS)
    }
}

/// What this process says.
enum Lines {
    /// At once, in one piece.
    static func say(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(descriptor, bytes, bytes.count)
    }
}
