import CasareDomain
import CasarePostgres
import CasareProviders
import CasareStore
import CasareWire
import NIOCore
import NIOHTTP1

extension APIProblem {
    /// What any error means to whoever sent the request. Texts of the database stay out of it: they may quote data.
    init(_ error: any Error) {
        switch error {
        case let error as APIProblem: self = error
        case let error as WireDecodingError:
            switch error.kind {
            case .invalid: self = .validation(error)
            case .malformed: self.init(.invalidInput, error.description, field: error.path)
            }
        case let error as Operation.Invalid: self = .validation(WireDecodingError(error))
        case let error as ScheduleSpec.Invalid: self = .validation(WireDecodingError(error))
        case let error as StoreError: self.init(error)
        case let error as PostgresError: self.init(error)
        case let error as ProviderError: self.init(error)
        case let error as SecretFieldsError:
            self = .validation(
                WireDecodingError(path: error.field.map { "fields.\($0)" } ?? "fields", message: error.problem))
        case let error as SecretDamage: self.init(error)
        case let error as KeyProviderError: self.init(error)
        case is HTTPParserError:
            self.init(.invalidInput, "the request is not proper HTTP")
        case is CancellationError:
            self = .unavailable("the server is stopping; try again, it may be another one that answers")
        default:
            self.init(.internal, Self.internalMessage)
        }
    }

    private init(_ error: SecretDamage) {
        switch error {
        // The message tells what to do, and nothing of the value.
        case .altered: self.init(.internal, error.description)
        case .otherKey: self.init(.sealingKeyMissing, error.description)
        }
    }

    private init(_ error: KeyProviderError) {
        switch error {
        case .altered: self.init(.internal, error.description)
        case .otherKey, .versionRefused: self.init(.sealingKeyMissing, error.description)
        case .unavailable: self = .unavailable(error.description)
        }
    }

    static let internalMessage = "something went wrong in the server; its log has the details under this request's id"

    private init(_ error: StoreError) {
        switch error {
        case .notFound:
            self.init(.notFound, error.description)
        case .leaseLost, .sessionEnded:
            self.init(.leaseLost, error.description)
        case .invalidTransition(_, let status, _):
            self.init(.invalidStateTransition, error.description, details: ["status": .string(status.rawValue)])
        case .alreadyReplayed(_, let replay):
            self.init(.conflict, error.description, details: ["replayed_as": .string(replay.description)])
        case .alreadyResolved(_, let answer, let person):
            self.init(
                .invalidStateTransition, error.description,
                details: ["answer": .string(answer.rawValue), "by": .string(person)])
        case .otherQuestion(_, let question, let attempt, _):
            self.init(
                .invalidStateTransition, error.description,
                details: ["step": .int(question.step), "attempt": .int(attempt)])
        case .idempotencyConflict(_, let job):
            self.init(
                .idempotencyConflict, error.description, field: "idempotency_key",
                details: job.map { ["job_id": .string($0.description)] })
        case .robotIsNotThere, .robotIsNeeded:
            self.init(.conflict, error.description)
        case .uniqueKeyHeld(_, let holder):
            self.init(
                .uniqueKeyHeld, error.description, field: "unique.key",
                details: ["job_id": .string(holder.description)])
        case .uniqueKeyRepeated:
            self.init(.validation, error.description, field: "jobs")
        case .notInMemory:
            self.init(.needsDatabase, error.description)
        case .deadlineTooEarly:
            self.init(.validation, error.description, field: "expires_at")
        case .robotElsewhere:
            self.init(.validation, error.description, field: "requirements.robot")
        case .noSuchStep:
            self.init(.validation, error.description, field: "from_step")
        case .failsAgain:
            self.init(.conflict, error.description, field: "from")
        case .stepsGone, .letterResolved:
            self.init(.conflict, error.description)
        case .nothingFailed(_, let status):
            self.init(
                .invalidStateTransition, error.description, field: "from",
                details: ["status": .string(status.rawValue)])
        case .stepsOfOtherVersion:
            self.init(.validation, error.description, field: "version")
        case .pauseEnd:
            self.init(.invalidInput, error.description, field: "until")
        case .nameTaken:
            self.init(.conflict, error.description, field: "name")
        case .tooManyJobs:
            self.init(.validation, error.description, field: "jobs")
        case .contended:
            self = .unavailable(error.description, retryAfterSeconds: 1)
        case .selectionChanged(_, let found):
            self.init(
                .selectionChanged, error.description, field: "expect",
                details: ["count": .int(found.count), "hash": .string(found.hash)])
        case .nothingSelected, .selectionTooLarge:
            self.init(.validation, error.description, field: "selection")
        case .operationRefused:
            self.init(.invalidStateTransition, error.description)
        case .tooManyOperations, .tooManySelections:
            self.init(.conflict, error.description)
        case .refused:
            self.init(.invalidStateTransition, error.description)
        case .revisionChanged(_, _, let found):
            self.init(.conflict, error.description, field: "revision", details: ["revision": .int(found)])
        case .quotaExceeded(let exceeded):
            self.init(
                exceeded.retryAfterSeconds == nil ? .quotaExceeded : .quotaExceededForNow, error.description,
                details: [
                    "quota": .string(exceeded.quota.rawValue), "limit": .int(Int(exceeded.limit)),
                    "used": .int(Int(exceeded.used)), "asked": .int(Int(exceeded.asked)),
                ])
            self.retryAfterSeconds = exceeded.retryAfterSeconds
        case .tenantSuspended:
            self.init(.tenantSuspended, error.description)
        case .calendarUnreadable:
            self.init(.conflict, error.description)
        case .unreadable:
            self.init(.internal, Self.internalMessage)
        }
    }

    private init(_ error: PostgresError) {
        switch error {
        case .connection, .poolExhausted, .poolClosed, .cancelled:
            self = .unavailable("the database does not answer; try again")
        case .timedOut:
            self = .databaseTimeout
        case .server(let server):
            switch server.state.rawValue {
            // undefined_table, undefined_function, invalid_schema_name, undefined_object and invalid_parameter_value
            // (a role that does not exist) are what a database without the schema says.
            case "42P01", "42883", "3F000", "42704", "22023":
                self = .unavailable(Self.unmigratedMessage, retryAfterSeconds: 10)
            case SQLState.restoredFromBackup.rawValue:
                self = .unavailable(Self.restoredMessage, retryAfterSeconds: 10)
            case let state where server.state.isTransient || state.hasPrefix("08") || state.hasPrefix("57P"):
                self = .unavailable("the database is busy; try again")
            // The server's own limit, or an administrator.
            case SQLState.queryCanceled.rawValue:
                self = .databaseTimeout
            // What the checks before let through: data exceptions, violated constraints and exceeded limits.
            case let state where state.hasPrefix("22") || state.hasPrefix("23") || state.hasPrefix("54"):
                self.init(.invalidInput, "the request holds a value that cannot be stored")
            default:
                self.init(.internal, Self.internalMessage)
            }
        case .decoding, .misuse:
            self.init(.internal, Self.internalMessage)
        }
    }

    /// Not tried again at once: what held the statement up, a lock or too much to read, is likely to do so again. It
    /// says nothing of what was changed: a commit that is not answered in time may have taken effect.
    private static let databaseTimeout: APIProblem = {
        var problem = APIProblem(
            .databaseTimeout,
            "the database took too long, so the request was given up; try again in a while, or ask for less")
        problem.retryAfterSeconds = 10
        return problem
    }()

    static let restoredMessage =
        "the database was put back from a backup; a server begins a new epoch, or `casarectl db restored` does"

    static let unmigratedMessage = "the database is not migrated; run `casarectl db migrate`"

    /// Whether somebody should look at the log: it is our fault and not a passing one.
    var isOurs: Bool { self.code == .internal }
}
