import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials
import Logging
import Tracing

/// What a route is given of a request, after authentication.
struct APIRequest: Sendable {
    /// Sent back as `X-Request-ID`, and in the log.
    let id: String
    /// The trace that the request belongs to: the caller's, or one of its own. In the log, too.
    let trace: TraceCarrier
    /// Records what is done for it.
    let tracer: any Tracer
    /// Values of the path's placeholders, decoded.
    let parameters: [String: String]
    /// The parameters of the query, decoded; all of them are the route's.
    let query: [String: String]
    let idempotencyKey: String?
    /// `nil` on routes that are open to everyone.
    var caller: Principal?
    /// `nil` where no database is.
    let databaseServices: Services?
    let logger: Logger
    let connection: ClientConnection
    /// What TLS has verified of the client; `nil` where it has shown no certificate.
    var certificate: PeerCertificate?
    /// The request as it came, on routes that read it themselves.
    var raw: RawRequest?
    /// The header `If-Match`, for routes that change what has a revision.
    var ifMatch: String?
    /// The header `Accept`, for routes that have several forms of an answer.
    var accept: String?
    /// What the audit log is to say of the request; `nil`: nothing.
    var audit: RequestAudit?
    /// By what the caller was let in, for requests that wait.
    var admission: Admission?

    /// What routes on the database work with.
    var services: Services {
        // A server without a database answers such routes otherwise.
        guard let databaseServices else { preconditionFailure("A route asked for a database that is not there") }
        return databaseServices
    }

    /// Who asks.
    var principal: Principal {
        // The responder has authenticated the caller of every route that is not open.
        guard let caller else { preconditionFailure("An open route asked who its caller is") }
        return caller
    }

    /// The caller's name, for "who did it".
    var actor: String { self.principal.name }

    // MARK: Database

    /// How long a request waits for a connection of the pool.
    static let connectionWaitMax = Duration.seconds(5)

    /// A transaction that sees the caller's tenant only. The first one that changes something takes the request's entry
    /// of the audit log along.
    ///
    /// - Parameter mode: `.snapshot` where several statements must see the same.
    func inTenant<R: Sendable>(
        mode: TransactionMode = .readCommitted, _ body: @Sendable (isolated PostgresConnection) throws -> R
    ) async throws -> R {
        let services = self.services
        let deadline = ContinuousClock.now + Self.connectionWaitMax
        guard mode != .snapshot, let audit = self.audit else {
            return try await services.database.asTenant(
                self.principal.tenant, mode: mode, deadline: deadline, body)
        }
        let (result, written) = try await services.database.asTenant(
            self.principal.tenant, mode: mode, deadline: deadline
        ) { connection -> (R, NewAuditEntry?) in
            let result = try body(connection)
            // Asked after the body, which may have said more of what it did.
            guard let entry = audit.pending else { return (result, nil) }
            return (result, try services.takeAlong(entry, on: connection))
        }
        if let written {
            audit.wasWritten()
            services.audited(written)
        }
        return result
    }

    // MARK: Parameters

    func parameter(_ name: String) -> String { self.parameters[name] ?? "" }

    func jobID() throws(APIProblem) -> Job.ID {
        let text = self.parameter("id")
        guard let id = Job.ID(text) else {
            throw .invalidInput("id", "\"\(text.prefix(64))\" is not the ID of a job, which is a UUID")
        }
        return id
    }

    func robotID() throws(APIProblem) -> Robot.ID {
        let text = self.parameter("id")
        guard let id = Robot.ID(rawValue: text) else {
            throw .invalidInput("id", "\"\(text.prefix(64))\" cannot be the ID of a robot")
        }
        return id
    }

    func sessionID() throws(APIProblem) -> Robot.SessionID {
        let text = self.parameter("session")
        guard let number = Int64(text), number > 0 else {
            throw .invalidInput("session", "\"\(text.prefix(64))\" is not the ID of a session, which is a number")
        }
        return Robot.SessionID(rawValue: number)
    }

    /// The parameter `reason` of a change that has no body.
    ///
    /// - Throws: as the member `reason` of a body does.
    func reason() throws(WireDecodingError) -> String? {
        guard let reason = self.query["reason"], !reason.isEmpty else { return nil }
        try ControlReason.check(reason, "reason")
        return reason
    }

    func limit() throws(APIProblem) -> Int {
        guard let text = self.query["limit"] else { return PageLimit.standard }
        guard let limit = Int(text), PageLimit.range.contains(limit) else {
            throw .invalidInput(
                "limit", "expected a number from \(PageLimit.range.lowerBound) to \(PageLimit.range.upperBound)")
        }
        return limit
    }

    func choice<T: RawRepresentable & CaseIterable>(_ name: String, _ type: T.Type = T.self) throws(APIProblem) -> T?
    where T.RawValue == String {
        guard let text = self.query[name], !text.isEmpty else { return nil }
        guard let value = T(rawValue: text) else {
            throw .invalidInput(name, "expected one of " + T.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return value
    }

    func flag(_ name: String) throws(APIProblem) -> Bool? {
        guard let text = self.query[name], !text.isEmpty else { return nil }
        guard let value = Bool(text) else { throw .invalidInput(name, "expected true or false") }
        return value
    }

    func time(_ name: String) throws(APIProblem) -> Date? {
        guard let text = self.query[name], !text.isEmpty else { return nil }
        guard let date = Timestamp.date(text) else {
            throw .invalidInput(name, "expected a time such as 2026-01-02T03:04:05Z")
        }
        return date
    }

    func seconds(_ name: String, max: Double) throws(APIProblem) -> Duration {
        guard let text = self.query[name], !text.isEmpty else { return .zero }
        guard let seconds = Double(text), (0...max).contains(seconds) else {
            throw .invalidInput(name, "expected a number from 0 to \(Int(max))")
        }
        return .seconds(seconds)
    }

    /// Where a page begins.
    ///
    /// - Parameter read: `nil` for what is no cursor of the list.
    /// - Returns: `nil` for the first page.
    func cursor<Cursor>(_ read: (String) -> Cursor?) throws(APIProblem) -> Cursor? {
        guard let text = self.query["cursor"], !text.isEmpty else { return nil }
        guard let cursor = read(text) else { throw Self.unknownCursor }
        return cursor
    }

    /// The cursor of a list whose cursors are IDs of jobs.
    func jobCursor() throws(APIProblem) -> Job.ID? { try self.cursor { Job.ID($0) } }

    func numberCursor() throws(APIProblem) -> Int? {
        try self.cursor { Int($0).flatMap { (0...Int(Int32.max)).contains($0) ? $0 : nil } }
    }

    static let unknownCursor = APIProblem.invalidInput("cursor", "is not one that this list gave; begin without it")
}

extension Array {
    /// Cuts what was read beyond the page: that there is more shows that there is a next page.
    func page(of limit: Int, cursor: (Element) -> String) -> (items: [Element], nextCursor: String?) {
        guard self.count > limit else { return (self, nil) }
        let items = Array(self.prefix(limit))
        return (items, items.last.map(cursor))
    }
}
