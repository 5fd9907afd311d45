import CasareDomain
import CasareProviders
import CasareStore
import CasareWire

/// The versions of secrets, and the one way to a value.
enum SecretVersionRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/secrets/{name}/versions", .needs(.credentialRead),
            "The versions of a secret, the newest first, without values.", Self.list),
        .post(
            "/api/v1/secrets/{name}/versions", .needs(.credentialUpdate),
            "Put a new version; with expected, only in the place of the version that was looked at.", statuses: [201],
            Self.put),
        .post(
            "/api/v1/secrets/{name}/versions/{version}/promote", .needs(.credentialRotate),
            "Make a pending version the current one; one that waits in a rotation, only in the place of the version that "
                + "was current when that began.", Self.promote),
        .post(
            "/api/v1/secrets/{name}/versions/{version}/discard", .needs(.credentialRotate),
            "Let a pending version come to nothing; the current one stays.", Self.discard),
        .post(
            "/api/v1/secrets/{name}/rollback", .needs(.credentialRotate),
            "Put a new version with the value of an old one.", statuses: [201], Self.rollBack),
        .post(
            "/api/v1/secrets/{name}/reveal", .needs(.credentialReveal),
            "The value of a version. Who asks says why, and the audit log has it before the answer leaves.",
            Self.reveal),
        .get(
            "/api/v1/secrets/{name}/consumers", .needs(.credentialRead), "Jobs that run and were given the secret.",
            query: [
                Route.QueryParameter(
                    name: "version", schema: ["type": "integer", "minimum": 0, "maximum": .int(Int(Int32.max))],
                    summary: "Only this version; 0: of a provider that says none."),
                .limit,
            ], Self.consumers),
    ]

    private static func list(_ request: APIRequest) async throws -> SecretVersionList {
        let name = request.parameter("name")
        return try await request.inTenant { connection in
            let secret = try SecretStore.get(name, on: connection)
            let versions = try SecretStore.versions(of: secret.id.description, on: connection)
            return SecretVersionList(
                name: secret.name, currentVersion: secret.currentVersion,
                versions: versions.map(SecretVersionInfo.init))
        }
    }

    private static func put(
        _ request: APIRequest, _ body: PutSecretRequest
    ) async throws -> Answer<PutSecretResponse> {
        let put = SecretStore.Put(
            expected: body.expected, isPending: body.pending ?? false,
            overlap: body.overlapSeconds.map { Duration.seconds($0) }, expiresAt: body.expiresAt)
        let response = try await request.put(request.parameter("name"), as: put, reason: body.reason) { _ in
            body.fields
        }
        return Answer(status: 201, response)
    }

    private static func promote(
        _ request: APIRequest, _ body: SteerSecretVersionRequest
    ) async throws -> Answer<SecretInfo> {
        let name = request.parameter("name")
        let version = try request.version()
        return Answer(
            try await request.changing { connection in
                try SecretStore.promote(
                    name, version: version, overlap: body.overlapSeconds.map { Duration.seconds($0) },
                    by: request.actor, reason: body.reason, on: connection)
            })
    }

    private static func discard(
        _ request: APIRequest, _ body: SteerSecretVersionRequest
    ) async throws -> Answer<SecretInfo> {
        guard body.overlapSeconds == nil else {
            throw WireDecodingError(path: "overlap_seconds", message: "is of no use: the current version stays")
        }
        let name = request.parameter("name")
        let version = try request.version()
        return Answer(
            try await request.changing { connection in
                try SecretStore.discard(
                    name, version: version, by: request.actor, reason: body.reason, on: connection)
            })
    }

    private static func rollBack(
        _ request: APIRequest, _ body: RollBackSecretRequest
    ) async throws -> Answer<PutSecretResponse> {
        let keys = try request.keys()
        let reason = body.reason ?? "rolled back to version \(body.version)"
        let response = try await request.put(
            request.parameter("name"), as: .init(expected: body.expected, origin: .rollback(to: body.version)),
            reason: reason
        ) { secret in
            let old = try await request.inTenant { connection in
                let found = try SecretStore.sealed(
                    secret.id.description, version: body.version, for: .reading, on: connection)
                // What its hook has not brought to where it is used must not become current by another way.
                guard found.version.state != .pending else {
                    throw StoreError.refused(
                        "secret \(secret.name)",
                        why: "has a version \(body.version) that is pending: promote it, or roll back to another one")
                }
                return found.sealed
            }
            return try await old.opened(with: keys)
        }
        return Answer(status: 201, response)
    }

    // MARK: - Values

    private static func reveal(
        _ request: APIRequest, _ body: RevealSecretRequest
    ) async throws -> Answer<RevealedSecret> {
        let name = request.parameter("name")
        let reads = request.services.metrics.secrets
        var known: Secret?
        do {
            let secret = try await request.inTenant { connection in try SecretStore.get(name, on: connection) }
            known = secret
            request.audit?.note(subject: secret.name.rawValue)
            let revealed = try await Self.revealed(secret, version: body.version, request)
            reads.read(secret, .granted)
            return Answer(revealed)
        } catch {
            reads.read(known, .failed)
            throw error
        }
    }

    private static func revealed(
        _ secret: Secret, version number: Int?, _ request: APIRequest
    ) async throws -> RevealedSecret {
        if secret.provider != nil {
            let provided = try await request.services.externalSecrets.fields(
                of: secret, version: number, in: request.principal.tenant, under: nil)
            request.audit?.note(subject: secret.name.rawValue, detail: ["version": .int(provided.version ?? 0)])
            return RevealedSecret(
                name: secret.name, kind: secret.kind, version: provided.version ?? 0, fields: provided.fields)
        }
        let (version, sealed) = try await request.inTenant { connection in
            let found = try SecretStore.sealed(
                secret.id.description, version: number, for: .reading, on: connection)
            return (found.version.number, found.sealed)
        }
        request.audit?.note(subject: secret.name.rawValue, detail: ["version": .int(version)])
        let fields = try await sealed.opened(with: try request.keys())
        return RevealedSecret(name: secret.name, kind: secret.kind, version: version, fields: fields)
    }

    private static func consumers(_ request: APIRequest) async throws -> SecretConsumerList {
        let name = request.parameter("name")
        let limit = try request.limit()
        var version: Int?
        if let text = request.query["version"], !text.isEmpty {
            guard let number = Int(text), (0...Int(Int32.max)).contains(number) else {
                throw APIProblem.invalidInput("version", "expected the number of a version")
            }
            version = number
        }
        let consumers = try await request.inTenant { [version] connection in
            try SecretStore.consumers(of: name, version: version, limit: limit + 1, on: connection)
        }
        return SecretConsumerList(
            consumers: consumers.prefix(limit).map { consumer in
                SecretConsumerInfo(
                    job: consumer.job, workflow: consumer.workflow, robot: consumer.robot, version: consumer.version,
                    since: consumer.since)
            }, isPartial: consumers.count > limit)
    }
}
