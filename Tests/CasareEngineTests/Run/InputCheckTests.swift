import CasareDomain
import CasareEngine
import Testing

/// Inputs that do not fit are failures of their node like any other.
struct InputCheckTests {
    private static let parameters: [NodeType.Parameter] = [
        .init("url", .string, default: "", required: true),
        .init("method", .string, default: "GET", choices: ["GET", "POST"]),
        .init("count", .integer, default: 1, range: 1...100),
    ]

    private static func outputs(of outputs: [NodeType.Output], _ config: Object) async throws -> Value? {
        let type = NodeType(
            "AskNode", family: "", "", parameters: Self.parameters, outputs: outputs,
            .pure { _, _ throws(NodeFailure) in NodeResult(["success": true]) })
        let (parsed, issues) = WorkflowDocument.parse(document(["ask": ("AskNode", config)], []))
        let driver = RunDriver(
            program: try Program(try #require(parsed, "\(issues)"), catalogue: NodeCatalogue([type])), runID: "run",
            options: Job.Options(trace: true), variables: [:], journal: MemoryJournal(),
            environment: RunEnvironment(workingDirectory: "/tmp"))
        guard case .finished(let result, let failure, _) = try await driver.run() else {
            throw NodeFailure("NodeError", "The run did not end")
        }
        #expect(failure != nil)
        return result.nodeOutputs?["ask"]
    }

    @Test(
        arguments: [
            ([:], "Required input port 'url' has no value"), (["url": " "], "Required input port 'url' has no value"),
            (["url": "{{nothing}}", "method": "PUT"], "method must be one of: GET, POST"),
            (["url": "u", "count": 101], "count must be between 1"), (["url": "u", "count": "many"], "count"),
        ] as [(Object, String)])
    func `a failed check sets what the node says of a failure`(config: Object, message: String) async throws {
        let outputs = try await Self.outputs(
            of: [.init("success", .boolean), .init("error", .string), .init("status_code", .integer)], config)
        #expect(outputs?["success"] == false)
        #expect(outputs?["error"]?.string?.hasPrefix(message) == true, "\(outputs ?? .null)")
        #expect(outputs?["status_code"] == 0)
    }

    @Test func `only outputs that the node has are set`() async throws {
        #expect(try await Self.outputs(of: [.init("success", .boolean)], [:]) == ["success": false])
        #expect(try await Self.outputs(of: [.init("value", .any)], [:])?.object?.isEmpty != false)
    }
}
