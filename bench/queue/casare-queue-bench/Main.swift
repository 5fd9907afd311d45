import Glibc

/// Drives the product's queue for benchmarks: one operation per call, as the command contract of the peer benchmark
/// describes it.
///
///     casare-queue-bench REQUEST RESULT       one operation
///     casare-queue-bench sql NAME             a statement of the product's, with its parameters as @names
///     casare-queue-bench worker REQUEST       another process of an operation, started by it
@main
enum Main {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch (arguments.first, arguments.count) {
            case ("sql", 2): try StatementTexts.print(arguments[1])
            case ("worker", 2): try await WorkerOperations.run(try Request(file: arguments[1]))
            case (_, 2): exit(await Self.operation(arguments[0], resultFile: arguments[1]))
            default:
                throw BenchError("usage: casare-queue-bench REQUEST RESULT | sql \(StatementTexts.names)")
            }
        } catch {
            Self.complain(error)
            exit(EXIT_FAILURE)
        }
    }

    /// Whatever goes wrong is in the result as well.
    private static func operation(_ requestFile: String, resultFile: String) async -> Int32 {
        do {
            do {
                try await Operations.run(try Request(file: requestFile)).write(to: resultFile)
                return EXIT_SUCCESS
            } catch {
                Self.complain(error)
                try OperationResult(error: "\(error)").write(to: resultFile)
            }
        } catch {
            Self.complain(error)
        }
        return EXIT_FAILURE
    }

    private static func complain(_ error: any Error) {
        Marks.say("casare-queue-bench: \(error)", to: STDERR_FILENO)
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
