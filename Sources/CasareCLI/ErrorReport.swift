import ArgumentParser
import CasareClient
import CasareDomain
import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareWire

/// What an error means for whoever ran the command: the one place where errors become exit statuses and sentences.
enum ErrorReport {
    static func failure(for error: any Error) -> CommandFailure {
        switch error {
        case let failure as CommandFailure: failure
        case let error as ClientError: Self.failure(for: error)
        case let error as PrometheusClient.Failure: Self.failure(for: error)
        case let error as ValidationError: CommandFailure(.usage, error.message)
        case let error as PostgresError: Self.failure(for: error)
        case let error as MigrationError: Self.failure(for: error)
        case let error as OrchestratorError: Self.failure(for: error)
        case let error as PrivateClusterError: Self.failure(for: error)
        case is CancellationError: CommandFailure(.interrupted, "interrupted")
        default: CommandFailure(.failure, "\(error)")
        }
    }

    /// The line for stderr. Messages of libraries come on several lines.
    static func line(_ failure: CommandFailure) -> String {
        let words = failure.message.split { $0 == " " || $0 == "\t" || $0.isNewline }
        return "casarectl: " + TerminalText.line(words.joined(separator: " "))
    }

    // MARK: Servers

    private static func failure(for error: ClientError) -> CommandFailure {
        switch error {
        case .api(let problem):
            let reason = Self.reason(of: problem)
            return CommandFailure(reason, Self.message(problem) + Self.advice(reason, problem))
        case .unreachable:
            return CommandFailure(
                .unavailable,
                "\(error); is the server running? casarectl dev starts one on this machine, casarectl context use NAME "
                    + "turns to another")
        case .timedOut:
            return CommandFailure(.unavailable, "\(error); try again, it may have been done all the same")
        case .versionSkew:
            return CommandFailure(.versionSkew, "\(error)")
        case .notCasare:
            return CommandFailure(.failure, "\(error); check the URL with casarectl context show")
        case .tlsFailed, .invalidURL, .invalidTLS, .invalidRequest, .responseTooLarge:
            return CommandFailure(.failure, "\(error)")
        case .cancelled:
            return CommandFailure(.interrupted, "interrupted")
        }
    }

    private static func failure(for error: PrometheusClient.Failure) -> CommandFailure {
        switch error {
        case .unreachable: CommandFailure(.unavailable, "\(error); check the URL, or leave --prometheus out")
        // 1 would say that something fires.
        case .refused: CommandFailure(.usage, "\(error)")
        case .cancelled: CommandFailure(.interrupted, "interrupted")
        }
    }

    /// The same for a request that shows something else than a person's token, such as a robot's certificate: signing
    /// in would change nothing. What does, the server says itself.
    static func failure(forStranger error: ClientError) -> CommandFailure {
        guard case .api(let problem) = error, Self.reason(of: problem) == .notSignedIn else {
            return Self.failure(for: error)
        }
        return CommandFailure(.notSignedIn, Self.message(problem))
    }

    private static func reason(of problem: ClientError.Problem) -> ExitReason {
        switch problem.code {
        case .tokenMissing, .tokenInvalid, .signatureInvalid: return .notSignedIn
        case .insufficientPermissions, .triggerPaused, .tenantSuspended: return .forbidden
        case .notFound: return .notFound
        // Of a quota that is used up: somebody makes room, or lifts it.
        case .conflict, .invalidStateTransition, .leaseLost, .idempotencyConflict, .uniqueKeyHeld, .selectionChanged,
            .quotaExceeded:
            return .conflict
        case .approvalRequired: return .confirmationNeeded
        case .serviceUnavailable, .databaseTimeout, .tooManyRequests, .quotaExceededForNow: return .unavailable
        // A step that a job has not recorded, as `job fork` was given it.
        case .validation where problem.field == "from_step": return .notFound
        case .methodNotAllowed, .bodyTooLarge, .unsupportedMediaType, .validation, .invalidJSON, .invalidInput,
            .internal, .needsDatabase, .sealingKeyMissing:
            return .failure
        case nil: break
        }
        // A code of a newer server: the HTTP status still tells what kind it is.
        switch problem.status {
        case 401: return .notSignedIn
        case 403: return .forbidden
        case 404: return .notFound
        case 409, 412: return .conflict
        case 429, 502, 503, 504: return .unavailable
        default: return .failure
        }
    }

    private static func advice(_ reason: ExitReason, _ problem: ClientError.Problem) -> String {
        switch reason {
        // Whoever is suspended is not told who they are either.
        case .forbidden where problem.code == .tenantSuspended: ""
        case .notSignedIn: "; run casarectl login"
        case .forbidden: "; casarectl whoami shows whom the server takes you for"
        case .success, .failure, .notFound, .conflict, .partOfBulkFailed, .waitTimedOut, .jobEndedBadly, .unavailable,
            .versionSkew, .confirmationNeeded, .differencesFound, .usage, .hungUp, .interrupted,
            .terminated:
            ""
        }
    }

    /// As many single problems of a request are put into the line.
    private static let problemsMax = 3

    private static func message(_ problem: ClientError.Problem) -> String {
        var message = problem.message
        // The server's sentence may name the first problem itself.
        let details =
            ((problem.details?["issues"]?.list ?? []).filter { $0["severity"]?.string != "warning" }
            + (problem.details?["validation_errors"]?.list ?? []))
            .filter { detail in !(detail["message"]?.string.map(message.contains) ?? false) }
        if !details.isEmpty {
            let texts = details.prefix(Self.problemsMax).map { detail in
                let place = detail["location"]?.string ?? detail["field"]?.string
                return (detail["message"]?.string ?? detail.jsonText(.compact)) + (place.map { " [\($0)]" } ?? "")
            }
            let rest = details.count - texts.count
            message += ": " + texts.joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
        } else if let field = problem.field {
            message = Self.sentence(message, about: field)
        }
        if problem.code == .internal { message += " (request \(problem.requestID))" }
        return message
    }

    /// What a member of a request is called, where the server's words do not say it themselves.
    private static func sentence(_ message: String, about field: String) -> String {
        let name = String(field.map { $0 == "_" ? " " : $0 })
        // A sentence about a job has its subject.
        if message.contains(field) || message.contains(name) || message.hasPrefix("job ") { return message }
        let isPredicate = ["is ", "are ", "has ", "holds ", "goes "].contains { message.hasPrefix($0) }
        return isPredicate ? "\(name) \(message)" : "\(name): \(message)"
    }

    // MARK: Databases

    private static func failure(for error: PostgresError) -> CommandFailure {
        switch error {
        case .connection, .timedOut, .poolExhausted, .poolClosed:
            CommandFailure(.unavailable, "\(error)")
        case .server(let error) where error.state == .insufficientPrivilege:
            CommandFailure(.forbidden, "\(error.message); sign in as the owner of the tables")
        case .server, .decoding, .misuse:
            CommandFailure(.failure, "\(error)")
        case .cancelled:
            CommandFailure(.interrupted, "interrupted")
        }
    }

    private static func failure(for error: MigrationError) -> CommandFailure {
        switch error {
        case .edited, .newer: CommandFailure(.versionSkew, "\(error)")
        case .pending: CommandFailure(.differencesFound, "\(error)")
        }
    }

    // MARK: casarectl dev

    private static func failure(for error: PrivateClusterError) -> CommandFailure {
        switch error {
        case .programsNotFound: CommandFailure(.failure, "\(error); \(DevMessages.memoryAdvice)")
        case .cannotDropPrivileges, .userWithoutName, .folderNotReachable, .folderNotUsable, .inUse, .programFailed,
            .startTimedOut, .cancelled:
            CommandFailure(.failure, "\(error)")
        }
    }

    private static func failure(for error: OrchestratorError) -> CommandFailure {
        switch error {
        case .portTaken(_, let port):
            CommandFailure(.conflict, "port \(port) is taken by another program; add --port with another, or 0 for any")
        case .cannotListen:
            CommandFailure(.failure, "\(error)")
        }
    }
}
