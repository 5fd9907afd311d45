package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What happened to a job, and how often robots tried it.
package struct JobPast: Hashable, Sendable {
    package struct Event: Hashable, Sendable {
        package let at: Date
        package let kind: String
        package let detail: Object
    }

    package struct Attempt: Hashable, Sendable {
        package let number: Int
        package let robot: String?
        package let startedAt: Date
        /// `nil` while it is under way.
        package let finishedAt: Date?
        /// The robot died: such an attempt is not one of those that the retry policy counts.
        package let isCrash: Bool
        /// `nil` for one that did not fail.
        package let failure: Failure?
        /// At which it stopped, where it did.
        package var question: Question? = nil
    }

    /// What an attempt asked a person, and what was answered.
    package struct Question: Hashable, Sendable {
        package struct Answer: Hashable, Sendable {
            package let at: Date
            package let answer: String
            package let by: String
            package let reason: String
        }

        package let step: Int
        package let node: String
        package let text: String
        /// `nil` while it waits for one, and of a job that was cancelled instead.
        package let answer: Answer?
    }

    /// Oldest first, and no more than `eventsMax`.
    package let events: [Event]
    /// Oldest first.
    package let attempts: [Attempt]

    /// A job that is handed back again and again has events without end.
    static let eventsMax = 10_000
}

extension JobStore {
    package static func past(of id: Job.ID, on connection: isolated PostgresConnection) throws -> JobPast {
        let events = try connection.execute(
            HistoryQueries.events, ["job": .uuid(id.rawValue), "limit": .int(JobPast.eventsMax)])
        // A job has had an event since it was submitted.
        guard !events.isEmpty else { throw StoreError.notFound(.job, id.description) }
        let attempts = try connection.execute(HistoryQueries.attempts, ["job": .uuid(id.rawValue)])
        return JobPast(
            events: try events.map { row in
                JobPast.Event(
                    at: try row.date("at"), kind: try row.string("kind"),
                    detail: try row.optionalString("detail").map {
                        try StoredJSON.object($0, in: "an event of job \(id)")
                    } ?? [:])
            },
            attempts: try attempts.map { row in
                JobPast.Attempt(
                    number: try row.int("attempt"), robot: try row.optionalString("robot_id"),
                    startedAt: try row.date("started_at"), finishedAt: try row.optionalDate("finished_at"),
                    isCrash: try row.bool("crashed"),
                    failure: try row.isNull("failure_kind") ? nil : Failure(row: row),
                    question: try row.optionalString("question").map { text in
                        JobPast.Question(
                            try StoredJSON.object(text, in: "a question of job \(id)"),
                            answer: try row.optionalString("answer").map {
                                try StoredJSON.object($0, in: "an answer about job \(id)")
                            }, at: try row.optionalDate("answered_at"))
                    })
            })
    }
}

extension JobPast.Question {
    /// - Parameters:
    ///   - asked: what its event says.
    ///   - answer: what the event of the answer says; `nil` while there is none.
    init(_ asked: Object, answer: Object?, at: Date?) {
        self.init(
            step: asked["step"]?.int ?? 0, node: asked["node"]?.string ?? "", text: asked["question"]?.string ?? "",
            answer: answer.flatMap { answer in
                at.map { at in
                    Answer(
                        at: at, answer: answer["answer"]?.string ?? "", by: answer["by"]?.string ?? "",
                        reason: answer["reason"]?.string ?? "")
                }
            })
    }
}
