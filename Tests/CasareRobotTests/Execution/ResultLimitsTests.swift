import CasareDomain
@testable import CasareRobot
import Testing

/// What is left out of a result that is too large, and what follows when that is not enough.
struct ResultLimitsTests {
    private static let bytesMax = 1 << 20
    private static let large = String(repeating: "x", count: 2 << 20)

    private static func result(_ change: (inout RunResult) -> Void) -> RunResult {
        var result = RunResult(
            success: true, error: nil, variables: ["total": 7], logs: ["began", "ended"],
            nodeErrors: [.init(node: "n", error: "e", type: "T")], trace: ["a", "b"], nodeOutputs: ["n": ["out": 1]])
        change(&result)
        return result
    }

    private static func bytes(_ result: RunResult) -> Int {
        Value.object(result.json).jsonText(.compact).utf8.count
    }

    @Test func `a result within the limit stays as it is`() {
        let result = Self.result { _ in }
        let stored = result.storable(with: nil, bytesMax: Self.bytes(result))
        #expect(stored.result == result && stored.failure == nil)
    }

    @Test func `what only serves to look into the run goes first, and the log says so`() {
        let outputs = Self.result { $0.nodeOutputs = ["n": ["out": .string(Self.large)]] }
            .storable(with: nil, bytesMax: Self.bytesMax)
        #expect(outputs.failure == nil && outputs.result.success && outputs.result.nodeOutputs == nil)
        #expect(outputs.result.trace == ["a", "b"] && outputs.result.variables == ["total": 7])
        #expect(
            outputs.result.logs == [
                "began", "ended", "The result was 2.1 MiB and may be 1 MiB: left out are node_outputs",
            ])

        let trace = Self.result { $0.trace = [Self.large] }.storable(with: nil, bytesMax: Self.bytesMax)
        #expect(trace.failure == nil && trace.result.trace == nil)
        #expect(trace.result.logs.last?.hasSuffix("node_outputs, trace") == true)

        let lines = (0..<200).map { "\($0) " + String(repeating: "x", count: 20_000) }
        let logs = Self.result { $0.logs = lines }.storable(with: nil, bytesMax: 2 << 20)
        #expect(logs.failure == nil && logs.result.nodeErrors.count == 1)
        #expect(logs.result.logs.dropLast().last == lines.last && !logs.result.logs.contains(lines[0]))
        #expect(logs.result.logs.count > 40 && Self.bytes(logs.result) <= 2 << 20)

        let errors = Self.result { $0.nodeErrors = [.init(node: "n", error: Self.large, type: "T")] }
            .storable(with: nil, bytesMax: Self.bytesMax)
        #expect(errors.failure == nil && errors.result.nodeErrors.isEmpty && errors.result.variables == ["total": 7])
        for stored in [outputs, trace, errors] {
            #expect(Self.bytes(stored.result) <= Self.bytesMax)
        }
    }

    @Test func `a success whose variables are too large is rejected, and says which and what to do`() throws {
        let result = Self.result { $0.variables = ["small": 1, "rows": .string(Self.large)] }
        let stored = result.storable(with: nil, bytesMax: Self.bytesMax)
        let failure = try #require(stored.failure)
        #expect(failure.kind == .rejected && !failure.kind.isRetryable && failure.type == "ResultTooLarge")
        #expect(
            failure.message
                == "the result is too large to be stored: its variables take 2.1 MiB and may take 1 MiB, the largest of "
                + "them rows (2.1 MiB), small (0.1 MiB); let the workflow write such data to a file, or clear the "
                + "variables before it ends")
        #expect(!stored.result.success && stored.result.error == failure.message && stored.result.variables.isEmpty)
        #expect(Self.bytes(stored.result) <= Self.bytesMax)
    }

    @Test func `a failure stays the failure that it is`() {
        let failure = Failure(kind: .application, message: "no such file", type: "FileNotFoundError", node: "n")
        let result = Self.result { result in
            result.success = false
            result.error = failure.message
            result.variables = ["rows": .string(Self.large)]
        }
        let stored = result.storable(with: failure, bytesMax: Self.bytesMax)
        #expect(stored.failure == failure)
        #expect(stored.result.error == failure.message && stored.result.variables.isEmpty)
        #expect(stored.result.logs.last?.hasSuffix("variables") == true)
    }

    @Test func `a message is cut`() {
        let failure = Failure(kind: .application, message: String(repeating: "é", count: 10_007), type: "E")
        let stored = Self.result { $0.error = failure.message }.storable(with: failure, bytesMax: Self.bytesMax)
        let message = String(repeating: "é", count: 10_000) + "… (7 characters left out)"
        #expect(stored.failure?.message == message && stored.result.error == message)
    }
}
