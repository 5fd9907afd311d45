import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

/// New values for secrets. Whoever rotates reads nothing: what does not change is laid under the new value here.
enum RotationRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/secrets/{name}/rotate", .needs(.credentialRotate),
            "Give a secret a new version in which some fields change; with pending it waits for its hook.",
            statuses: [201], Self.rotate),
        .post(
            "/api/v1/secrets/{name}/rotate/end", .needs(.credentialRotate),
            "Say how the hook of a rotation ended: the version that waits takes its place, or comes to nothing.",
            Self.end),
    ]

    private static func rotate(
        _ request: APIRequest, _ body: RotateSecretRequest
    ) async throws -> Answer<SecretRotationInfo> {
        let name = request.parameter("name")
        let keys = try request.keys()
        let change = RotationChange(value: try Self.value(of: body))
        for _ in 1..<SecretStore.sealingsMax {
            do {
                return try await Self.attempt(request, name, body, change, keys)
            } catch StoreError.contended {
                continue
            } catch StoreError.revisionChanged where body.expectedVersion == nil {
                // Another version came between reading and putting, and whoever asked does not mind which one is there.
                continue
            }
        }
        return try await Self.attempt(request, name, body, change, keys)
    }

    private static func value(of body: RotateSecretRequest) throws(WireDecodingError) -> RotationChange.Value {
        if let fields = body.fields { return .fields(fields) }
        if let value = body.value { return .text(value) }
        if let generator = body.generate { return .generated(generator, field: body.field) }
        // The body has been checked: it has one of them.
        throw WireDecodingError(path: "value", message: "is required")
    }

    private static func attempt(
        _ request: APIRequest, _ name: String, _ body: RotateSecretRequest, _ change: RotationChange, _ keys: KeyRing
    ) async throws -> Answer<SecretRotationInfo> {
        let reading = try await request.inTenant { connection in
            try RotatedSecret.Reading(of: name, expected: body.expectedVersion, on: connection)
        }
        let rotated = try await RotatedSecret(reading, change, in: request.principal.tenant, with: keys)
        let overlapSeconds = Self.overlapSeconds(body, of: rotated.secret)
        let overlap = Duration.seconds(overlapSeconds)
        let lasting = body.pendingSeconds.map { Duration.seconds($0) } ?? SecretRotationStore.lastingDefault
        let until = try await request.inTenant { connection -> Date? in
            if body.pending {
                try SecretRotationStore.begin(
                    rotated.sealed.version, of: rotated.secret, overlap: overlap, lasting: lasting, by: request.actor,
                    on: connection)
            }
            _ = try SecretStore.put(
                rotated.sealed,
                as: .init(
                    expected: rotated.secret.currentVersion, isPending: body.pending,
                    overlap: body.pending ? nil : overlap, origin: .rotation),
                by: request.actor, reason: body.reason, on: connection)
            request.audit?.note(
                subject: rotated.secret.name.rawValue,
                detail: [
                    "version": .int(rotated.sealed.version), "pending": .bool(body.pending),
                    "fields": .list(rotated.changed.map { .string($0) }),
                ])
            return try SecretRotationStore.get(rotated.secret.id, on: connection)?.until
        }
        return Answer(
            status: 201,
            SecretRotationInfo(
                secret: rotated.secret.name, version: rotated.sealed.version,
                previousVersion: rotated.secret.currentVersion, state: body.pending ? .pending : .current,
                changed: rotated.changed, overlapSeconds: overlapSeconds, until: body.pending ? until : nil))
    }

    private static func overlapSeconds(_ body: RotateSecretRequest, of secret: Secret) -> Double {
        if let seconds = body.overlapSeconds { return seconds }
        return Double(secret.rotation?.overlapSeconds ?? RotationPolicy.overlapSecondsDefault)
    }

    private static func end(
        _ request: APIRequest, _ body: EndRotationRequest
    ) async throws -> Answer<SecretRotationInfo> {
        let name = request.parameter("name")
        let overlap = body.overlapSeconds.map { Duration.seconds($0) }
        let info = try await request.inTenant { connection -> SecretRotationInfo in
            let before = try SecretStore.get(name, on: connection)
            let rotation = try SecretRotationStore.get(before.id, on: connection)
            let version = body.version ?? rotation?.version ?? 0
            if body.outcome == .promote, rotation == nil, before.currentVersion == version {
                // The answer to the same request was lost.
                return SecretRotationInfo(
                    secret: before.name, version: version, previousVersion: version - 1, state: .current)
            }
            request.audit?.note(
                subject: before.name.rawValue,
                detail: ["version": .int(version), "outcome": .string(body.outcome.rawValue)])
            switch body.outcome {
            case .promote:
                _ = try SecretRotationStore.promote(
                    name, version: version, overlap: overlap, by: request.actor, reason: body.reason, on: connection)
            case .discard:
                _ = try SecretRotationStore.discard(
                    name, version: body.version, by: request.actor, reason: body.reason, on: connection)
            }
            return SecretRotationInfo(
                secret: before.name, version: version, previousVersion: rotation?.basedOn ?? before.currentVersion,
                state: body.outcome == .promote ? .current : .discarded,
                overlapSeconds: body.overlapSeconds ?? rotation?.overlapSeconds)
        }
        return Answer(info)
    }
}
