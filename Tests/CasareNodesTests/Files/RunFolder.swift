import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Tracing

/// A run's directory that exists for one test, and a way to run single nodes in it.
struct RunFolder: Sendable {
    let path: String
    var policy = NodePolicy.standard
    var now: @Sendable () -> Date = { Date() }
    /// The run that the nodes belong to.
    var run = UUID().uuidString
    /// Whether the nodes' steps may happen twice.
    var repeatsInDoubt = false
    /// Makes the spans of what the nodes have servers do.
    var tracer: any Tracer = NoOpTracer()
    /// Hides what the nodes must not show.
    var masked: @Sendable (String) -> String = { $0 }
    /// What the nodes hold open between them; to be closed by a test that has them open something.
    let session = RunSession()

    static func type(_ name: String) -> NodeType {
        guard let type = StandardNodes.catalogue.type(named: name) else {
            preconditionFailure("No node type \(name)")
        }
        return type
    }

    var environment: NodeEnvironment {
        NodeEnvironment(
            workingDirectory: self.path, policy: self.policy, idempotencyKey: "\(self.run)/1", nodeID: "node",
            session: self.session, repeatsInDoubt: self.repeatsInDoubt, now: self.now,
            tracer: self.tracer, masked: self.masked)
    }

    @discardableResult
    func perform(_ name: String, _ inputs: Object = [:]) async throws -> Object {
        let type = Self.type(name)
        switch type.behaviour {
        case .perform(let work):
            return try await work(Inputs(type, inputs), self.environment).outputs
        case .pure(let work):
            var context = PureContext(
                nodeID: "node", workflowName: "test", variables: Variables(), random: SeededRandom(seed: 1))
            return try work(Inputs(type, inputs), &context).outputs
        case .structure, .unsupported:
            preconditionFailure("\(name) does not run by itself")
        }
    }

    /// The failure of a node that must fail.
    func failure(_ name: String, _ inputs: Object = [:]) async throws -> NodeFailure {
        do {
            let outputs = try await self.perform(name, inputs)
            return NodeFailure("none", "it succeeded with \(outputs)")
        } catch let failure as NodeFailure {
            return failure
        }
    }

    /// What a node says of a step that it must not know the outcome of.
    func doubt(_ name: String, _ inputs: Object = [:]) async throws -> OutcomeUnknown {
        do {
            return OutcomeUnknown("none: it succeeded with \(try await self.perform(name, inputs))")
        } catch let unknown as OutcomeUnknown {
            return unknown
        }
    }

    /// The same folder for a step that may happen twice.
    var repeatingInDoubt: RunFolder {
        var folder = self
        folder.repeatsInDoubt = true
        return folder
    }

    func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(self.path)/\(name)"))
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(self.path)/\(name)")), as: UTF8.self)
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(self.path)/\(name)") }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: self.path).sorted() }
    }
}

/// Gives the body a folder of its own, and removes it afterwards.
func withRunFolder<R>(policy: NodePolicy = .standard, _ body: (RunFolder) async throws -> R) async throws -> R {
    let path = "/tmp/casare-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let folder = RunFolder(path: path, policy: policy)
    do {
        let result = try await body(folder)
        await folder.session.close()
        return result
    } catch {
        await folder.session.close()
        throw error
    }
}
