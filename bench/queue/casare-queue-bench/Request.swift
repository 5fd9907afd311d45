import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials

/// What is asked for, in the form of the peer benchmark's contract; its own driver uses more of the options.
struct Request: Decodable, Sendable {
    enum Way: String, Decodable, Sendable {
        case sql, api
    }

    /// How a consumer ends its jobs and gets the next.
    enum Style: String, Decodable, Sendable {
        /// Both in one statement.
        case together
        /// A transaction each.
        case apart
    }

    struct Parameters: Decodable, Sendable {
        var batch: Int?
        var clients: Int?
        var consumers: Int?
        var jobs: Int?
        var seconds: Double?
        var enqueueBatch: Int?
        var samples: Int?
        var warmup: Int?
        var gapMs: Double?
        var steps: Int?
        var concurrency: Int?
        var workflows: Int?
        var stepMs: Double?
        var limitS: Double?
        /// Of `latency`: jobs a second beside those that are measured.
        var load: Double?
        /// Of `flow` with `seconds`: how many jobs may wait before the producer does.
        var backlog: Int?
    }

    struct Options: Decodable, Sendable {
        var via: Way?
        var style: Style?
        /// Of an orchestrator, and a token of its; for `via: api`.
        var url: String?
        var token: String?
    }

    var op: String
    var dsn: String
    var params: Parameters
    var options: Options
    var payload: String
    var scratch: String
    var spawnedNs: Int64
    /// The file that this was read from, for the processes that help.
    private(set) var file = ""

    private enum CodingKeys: String, CodingKey {
        case op, dsn, params, options, payload, scratch, spawnedNs
    }

    init(file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw BenchError("the request \(file) cannot be read")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Request.self, from: data)
        self.file = file
    }

    var way: Way { self.options.via ?? .sql }
    var style: Style { self.options.style ?? .together }
    var batch: Int { self.params.batch ?? 1 }
    var consumers: Int { self.params.consumers ?? 1 }
    var limit: Duration { .seconds(self.params.limitS ?? 300) }

    func jobs() throws(BenchError) -> Int {
        guard let jobs = self.params.jobs else { throw BenchError("\(self.op) needs a number of jobs") }
        return jobs
    }

    func url() throws(BenchError) -> (url: String, token: String) {
        guard let url = self.options.url, let token = self.options.token else {
            throw BenchError("via api needs a url and a token")
        }
        return (url, token)
    }

    func configuration() throws -> PostgresConfiguration { try PostgresConfiguration(url: self.dsn) }

    func database(connectionsMax: Int = 4) throws -> Database {
        Database(try self.configuration(), connectionsMax: connectionsMax)
    }

    /// Becomes each job's variables: stored with it, and handed to whoever runs it.
    func payloadObject() throws -> Object {
        guard let object = try Value(parsingJSON: self.payload).object else {
            throw BenchError("the payload is no JSON object")
        }
        return object
    }
}

/// What an operation found, in the form of the contract.
struct OperationResult: Encodable {
    var skip: String?
    var error: String?
    var name: String?
    var version: String?
    var ops: [String]?
    var jobs: Int?
    var seconds: Double?
    var progress: [[Double]]?
    var latencyUs: [Double]?
    var workflows: Int?
    var steps: Int?
    var importedS: Double?
    var launchedS: Double?
    var firstStepS: Double?
    var allDoneS: Double?
    var sessions: [Int64]?
    var token: String?

    func write(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try encoder.encode(self).write(to: URL(filePath: file), options: .atomic)
    }
}
