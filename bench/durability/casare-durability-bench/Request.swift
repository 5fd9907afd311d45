import CasareDomain
import CasareEngine
import CasarePostgres
import CasareStore
import FoundationEssentials

/// What is asked for.
struct Request: Decodable, Sendable {
    enum Operation: String, Decodable, Sendable {
        case install, submit, run, serve
    }

    /// Whether what would be journaled is written.
    enum Journal: String, Decodable, Sendable {
        case on, off
    }

    var op: Operation
    var dsn: String
    /// A directory for the runs.
    var scratch: String
    var effect: NodeType.Effect?
    /// In a workflow, one after the other.
    var steps: Int?
    /// How long each takes. A pure one takes no time.
    var stepMs: Double?
    var jobs: Int?
    /// Jobs at once.
    var slots: Int?
    var journal: Journal?
    /// Of an orchestrator, and a token of its: the robot goes over the API then.
    var url: String?
    var token: String?

    init(file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw BenchError("the request \(file) cannot be read")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Request.self, from: data)
    }

    var workflow: StepWorkflow { StepWorkflow(effect: self.effect ?? .effect, steps: self.steps ?? 10) }
    var stepTime: Duration { .seconds((self.stepMs ?? 0) / 1000) }
    var jobsCount: Int { self.jobs ?? 1 }
    var slotsCount: Int { self.slots ?? 1 }

    func configuration() throws -> PostgresConfiguration { try PostgresConfiguration(url: self.dsn) }

    /// As a robot's own.
    func database() throws -> Database {
        Database(try self.configuration(), connectionsMax: 4, tenant: .default)
    }
}
