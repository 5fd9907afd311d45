import CasareClient
import CasareDomain
import CasareWire

/// What is new in a rotation.
enum RotationValue: Sendable {
    case fields(SecretFields)
    /// Of the one field that is secret.
    case text(SecretText)
    /// Made up by the server, or here where a hook is to be told.
    case made(SecretText, field: String?)
    case server(SecretGenerator, field: String?)

    static func generated(_ generator: SecretGenerator, field: String?, isNeededHere: Bool) -> RotationValue {
        guard isNeededHere else { return .server(generator, field: field) }
        var random = SystemRandomNumberGenerator()
        return .made(SecretText(generator.value(using: &random)), field: field)
    }

    var request: RotateSecretRequest {
        switch self {
        case .fields(let fields): RotateSecretRequest(fields: fields)
        case .text(let text), .made(let text, field: nil): RotateSecretRequest(value: text)
        case .made(let text, field: let field?): RotateSecretRequest(fields: [field: text])
        case .server(let generator, let field): RotateSecretRequest(generate: generator, field: field)
        }
    }

    /// What a hook is told.
    ///
    /// - Parameter changed: the fields that the server has changed: it knows which one a value by itself is for.
    func fields(_ changed: [String]) -> SecretFields {
        switch self {
        case .fields(let fields): return fields
        case .text(let text), .made(let text, field: _):
            var fields = SecretFields()
            for name in changed { fields[name] = text }
            return fields
        case .server: return SecretFields()
        }
    }
}

/// A rotation whose new version waits until a hook has brought its value to where it is used.
struct HookedRotation: Sendable {
    let client: CasareClient
    let secret: String
    let hook: RotationHook
    let reason: String?

    /// Whatever happens here, the version before stays current unless the hook has worked. When this process dies, the
    /// server takes the new version back by itself after a while.
    ///
    /// - Throws: `.failure` when the hook has not worked; on ^C as usual, after the hook has been ended.
    func run(_ request: RotateSecretRequest, _ value: RotationValue) async throws -> SecretRotationInfo {
        let begun = try await self.client.rotateSecret(self.secret, request)
        let input = RotationHook.input(of: begun.secret.rawValue, version: begun.version, value.fields(begun.changed))
        let ending: Interruption.Ending<RotationHook.Failure?>
        do {
            ending = try await Interruption.watching {
                StandardStreams.report("version \(begun.version) of \(begun.secret) waits; running the hook")
                do {
                    try await self.hook.run(input)
                    return nil
                } catch let failure as RotationHook.Failure {
                    return failure
                }
            }
        } catch {
            await self.takeBack(begun, because: "casarectl could not run the hook")
            throw error
        }
        switch ending {
        case .finished(nil):
            return try await self.promote(begun)
        case .finished(let failure?):
            await self.takeBack(begun, because: failure.description)
            throw CommandFailure(
                .failure,
                "\(failure); version \(begun.version) of \(begun.secret) was taken back, and version "
                    + "\(begun.previousVersion) is current as before")
        case .interrupted(let reason):
            await self.takeBack(begun, because: "casarectl was stopped while the hook ran")
            throw CommandFailure(
                reason,
                "stopped: version \(begun.version) of \(begun.secret) was taken back, and version "
                    + "\(begun.previousVersion) is current as before; the hook may have got anywhere")
        }
    }

    private func promote(_ begun: SecretRotationInfo) async throws -> SecretRotationInfo {
        do {
            // The new value is in use by now: a server that is being restarted is waited for.
            return try await Outage.withstanding {
                try await self.client.endRotation(
                    of: self.secret,
                    EndRotationRequest(outcome: .promote, version: begun.version, reason: self.reason))
            }
        } catch {
            let failure = ErrorReport.failure(for: error)
            throw CommandFailure(
                failure.status,
                "the hook has worked, and version \(begun.version) of \(begun.secret) could not be made current: "
                    + "\(failure.message). What uses the secret has the new value, and version "
                    + "\(begun.previousVersion) is current: look at casarectl secret versions \(begun.secret), and "
                    + "rotate again")
        }
    }

    /// When that fails, too, the server does it by itself.
    private func takeBack(_ begun: SecretRotationInfo, because why: String) async {
        do {
            _ = try await self.client.endRotation(
                of: self.secret, EndRotationRequest(outcome: .discard, version: begun.version, reason: why))
        } catch {
            let until = begun.until.map { " at \(Timestamp.text($0))" } ?? " by itself"
            StandardStreams.report(
                TerminalText.line(
                    "casarectl: version \(begun.version) of \(begun.secret) could not be taken back "
                        + "(\(ErrorReport.failure(for: error).message)); the server does it\(until)"))
        }
    }
}
