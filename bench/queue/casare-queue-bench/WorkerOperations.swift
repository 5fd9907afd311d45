/// What a worker process does for an operation.
enum WorkerOperations {
    static func run(_ request: Request) async throws {
        switch request.op {
        case "drain", "flow": try await Consumer.run(request)
        case "latency": try await Latency.consume(request)
        default: throw BenchError("\(request.op) has no workers")
        }
    }
}
