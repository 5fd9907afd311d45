import FoundationEssentials
import Glibc

/// Runs workflows of steps of one class of effect, with and without a journal. `bench/durability/run` drives it.
///
///     casare-durability-bench REQUEST.json
///
/// What was found is the last line of its output, as JSON. `serve` prints lines as things happen, until its standard
/// input is closed.
@main
enum Main {
    static func main() async {
        do {
            guard CommandLine.arguments.count == 2 else {
                throw BenchError("usage: casare-durability-bench REQUEST.json")
            }
            let request = try Request(file: CommandLine.arguments[1])
            switch request.op {
            case .install: try Lines.answer(try await Preparing.install(request))
            case .submit: try Lines.answer(try await Preparing.submit(request))
            case .run: try Lines.answer(try await TimedRun.run(request))
            case .serve: try await Serving.run(request)
            }
        } catch {
            Lines.say("casare-durability-bench: \(error)", to: STDERR_FILENO)
            exit(EXIT_FAILURE)
        }
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What this process says.
enum Lines {
    static func answer(_ found: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        self.say(String(decoding: try encoder.encode(found), as: UTF8.self))
    }

    /// At once, in one piece.
    static func say(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(descriptor, bytes, bytes.count)
    }

    /// CLOCK_MONOTONIC, which all processes of a machine share.
    static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
