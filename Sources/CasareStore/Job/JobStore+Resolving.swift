package import CasareDomain
package import CasarePostgres
import Crypto
package import FoundationEssentials

extension JobStore {
    /// A job that changes its place just then is looked for anew this often.
    private static let resolveAttemptsMax = 5

    /// Answers the question of a blocked job, which goes on from there. Of two people who answer at once, one is
    /// refused. Ring the ready bell after the commit.
    ///
    /// - Parameters:
    ///   - step: The step that the person was asked about.
    ///   - attempt: The attempt in which it was asked; `nil`: the present one. Each attempt asks about a step once.
    ///   - seal: What stands in the journal in place of a step's result.
    /// - Throws: `StoreError.alreadyResolved` when somebody has answered this, `.otherQuestion` when the job asks
    ///   something else by now, `.invalidTransition` when it asks nothing.
    package static func resolve(
        _ id: Job.ID, step: Int, attempt: Int? = nil, as resolution: Job.Resolution, by person: String,
        reason: String, seal: (Value) -> Value = { $0 }, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Job {
        for _ in 1...self.resolveAttemptsMax {
            guard let job = try self.get(id, on: connection) else { throw StoreError.notFound(.job, id.description) }
            let question = try self.question(of: job, step: step, attempt: attempt, on: connection)
            let result = resolution.journaled(for: question, by: person, reason: reason).map(seal)
            let asked = try connection.execute(
                ResolveQueries.resolve,
                [
                    "job": .uuid(id.rawValue), "step": .int(step), "attempt": .int(job.attempt),
                    "result": .text(result?.jsonText(.compact)), "answer": .text(resolution.answer.rawValue),
                    "by": .text(person.storable), "reason": .text(reason.storable), "now": .timestamp(now),
                ])
            // Without a row somebody has answered or cancelled it just now.
            guard !asked.isEmpty else { continue }
            try ControlLog.record(
                "job.resolve", of: id.description, by: person, reason: reason,
                detail: resolution.detail(for: question), now: now, on: connection)
            guard let after = try self.get(id, on: connection) else {
                throw StoreError.notFound(.job, id.description)
            }
            return after
        }
        throw StoreError.contended("job \(id)")
    }

    private static func question(
        of job: Job, step: Int, attempt: Int?, on connection: isolated PostgresConnection
    ) throws -> Job.Question {
        if let question = job.question, question.step == step, (attempt ?? job.attempt) == job.attempt {
            return question
        }
        let answer = try connection.execute(ResolveQueries.lastAnswer, ["job": .uuid(job.id.rawValue)]).first
        if let answer, try answer.int("step") == step, try (attempt ?? answer.int("attempt")) == answer.int("attempt"),
            let given = Job.Resolution.Answer(rawValue: try answer.string("answer"))
        {
            throw StoreError.alreadyResolved(job.id, given, by: try answer.string("answered_by"))
        }
        throw job.notAsking(about: step)
    }

    /// The blocked jobs that wait longest for an answer, the longest first.
    package static func longestBlocked(
        limit: Int, on connection: isolated PostgresConnection
    ) throws -> [BlockedJob] {
        try connection.execute(ResolveQueries.longestBlocked, ["limit": .int(limit)]).map { row in
            BlockedJob(
                id: Job.ID(rawValue: try row.uuid("job_id")), workflowName: try row.string("workflow_name"),
                question: Job.Question(
                    step: try row.int("step"), node: try row.string("node"), nodeType: try row.string("node_type"),
                    text: try row.string("question")),
                since: try row.date("since"))
        }
    }
}

/// A job that waits for a person.
package struct BlockedJob: Hashable, Sendable {
    package let id: Job.ID
    package let workflowName: String
    package let question: Job.Question
    package let since: Date
}

extension Job {
    var question: Question? {
        switch self.state {
        case .blocked(let question, _): question
        case .pending, .running, .paused, .finished: nil
        }
    }

    /// Why a question about this step cannot be answered.
    func notAsking(about step: Int) -> StoreError {
        if let question { return .otherQuestion(self.id, question, attempt: self.attempt, answered: step) }
        return .invalidTransition(
            self.id, from: self.status, action: "resolved; only a job that is blocked asks a person")
    }
}

extension Job.Resolution {
    /// What is kept with the action: of a result its digest, as it may hold what is nobody else's business.
    func detail(for question: Job.Question) -> Object {
        var detail: Object = [
            "step": .int(question.step), "node": .string(question.node), "answer": .string(self.answer.rawValue),
        ]
        switch self {
        case .done(let outputs):
            detail["result_sha256"] = .string(SHA256.hash(data: Array(StoredJSON.text(of: outputs).utf8)).hex)
        case .retry, .skip, .fail: break
        }
        return detail
    }
}
