import CasareDomain
import CasareProviders
import CasareStore
import CasareWire
import FoundationEssentials

/// Secrets: all but their values, which come in by bodies of requests and are in no answer but that of `reveal`.
enum SecretRoutes {
    /// Which secrets a list shows.
    private enum Deleted: String, CaseIterable {
        case without, with, only

        var isDeleted: Bool? {
            switch self {
            case .without: false
            case .with: .none
            case .only: true
            }
        }
    }

    static let all: [Route] = [
        .post(
            "/api/v1/secrets", .needs(.credentialCreate),
            "Make a secret, with its first value, or with the place where a provider has it. A policy with a hook "
                + "takes workflow.execute, too.", statuses: [201], Self.create),
        .get(
            "/api/v1/secrets", .needs(.credentialRead), "List secrets by name, without values.",
            query: [
                .text("prefix", "Only secrets whose names begin so."),
                .choice("kind", Secret.Kind.self, "Only secrets of this kind."),
                .text("labels", "Only secrets with these labels: name=value, with commas between."),
                .choice("deleted", Deleted.self, "Whether deleted ones are listed; without, unless said."), .limit,
                .cursor,
            ], Self.list),
        .get("/api/v1/secrets/{name}", .needs(.credentialRead), "One secret, by name or ID.", Self.get),
        .patch(
            "/api/v1/secrets/{name}", .needs(.credentialUpdate),
            "Change what is said of a secret; what is left out stays, and null takes away. A policy with a hook takes "
                + "workflow.execute, too.", Self.update
        )
        .reading(.text("If-Match", "The revision that the change was made for, as the member revision.")),
        .delete(
            "/api/v1/secrets/{name}", .needs(.credentialDelete),
            "Delete a secret, or some of its versions: nobody is given them until they are undeleted.",
            query: [
                .text("versions", "Numbers with commas between; none: the whole secret."),
                .text("reason", "Kept with what was done."),
            ], Self.delete),
        .post(
            "/api/v1/secrets/{name}/undelete", .needs(.credentialDelete), "Bring back what was deleted.",
            Self.undelete),
        .post(
            "/api/v1/secrets/{name}/destroy", .needs(.credentialDestroy),
            "Take values away for good: of the secret, or of some of its versions.", Self.destroy),
        .post(
            "/api/v1/secrets/{name}/expire", .needs(.credentialUpdate),
            "Say from when on nobody is given the secret, or a version of it.", Self.expire),
    ]

    // MARK: - Looking

    private static func list(_ request: APIRequest) async throws -> SecretPage {
        let limit = try request.limit()
        let filter = SecretStore.Filter(
            prefix: request.query["prefix"] ?? "", kind: try request.choice("kind"), labels: try request.labels(),
            isDeleted: (try request.choice("deleted", Deleted.self) ?? .without).isDeleted)
        let after = request.query["cursor"] ?? ""
        return try await request.inTenant { connection in
            let page = try SecretStore.list(filter, after: after, limit: limit + 1, on: connection)
                .page(of: limit, cursor: \.name.rawValue)
            return SecretPage(secrets: page.items.map(SecretInfo.init), nextCursor: page.nextCursor)
        }
    }

    private static func get(_ request: APIRequest) async throws -> SecretInfo {
        let name = request.parameter("name")
        return SecretInfo(try await request.inTenant { connection in try SecretStore.get(name, on: connection) })
    }

    // MARK: - Changing

    private static func create(
        _ request: APIRequest, _ body: CreateSecretRequest
    ) async throws -> Answer<SecretInfo> {
        let tenant = request.principal.tenant
        var sealed: SealedSecret?
        var provider: (name: String, path: String)?
        switch (body.fields, body.provider, body.path) {
        case (let fields?, nil, nil):
            try body.kind.check(fields)
            sealed = try await SealedSecret(
                sealing: fields, of: body.name, version: 1, in: tenant, with: try request.keys())
        case (nil, let name?, let path?):
            try await request.services.externalSecrets.check(provider: name, path: path, in: tenant)
            provider = (name, path)
        case (nil, nil, nil):
            throw WireDecodingError(
                path: "fields", message: "is required, or provider and path of a secret that is kept elsewhere")
        case (nil, _?, nil): throw WireDecodingError(path: "path", message: "is required with a provider")
        case (nil, nil, _?): throw WireDecodingError(path: "provider", message: "is required with a path")
        case (_?, _, _):
            throw WireDecodingError(
                path: "provider", message: "has the value itself: give either fields, or a provider and a path")
        }
        let new = NewSecret(
            name: body.name, kind: body.kind, description: body.description, labels: body.labels?.texts ?? [:],
            versionsMax: body.versionsMax ?? Secret.versionsMaxDefault, expiresAt: body.expiresAt,
            rotation: body.rotation, provider: provider)
        let secret = try await request.inTenant { [sealed] connection in
            request.audit?.note(detail: ["kind": .string(body.kind.rawValue)])
            try request.requireStarting(by: body.rotation, on: connection)
            return try SecretStore.create(
                new, sealed: sealed, by: request.actor, reason: body.reason, on: connection)
        }
        return Answer(status: 201, SecretInfo(secret))
    }

    private static func update(_ request: APIRequest, _ body: UpdateSecretRequest) async throws -> SecretInfo {
        let name = request.parameter("name")
        let revision = try request.revision(besides: body.revision)
        return try await request.changing { connection in
            switch body.rotation {
            case .keep: break
            case .remove: try SecretRotationStore.release(name, on: connection)
            case .set(let policy):
                try request.requireStarting(by: policy, on: connection)
                try SecretRotationStore.release(name, on: connection)
            }
            return try SecretStore.update(
                name, expected: revision, by: request.actor, reason: body.reason, on: connection
            ) { changes in
                body.description.apply(to: &changes.description)
                body.expiresAt.apply(to: &changes.expiresAt)
                body.rotation.apply(to: &changes.rotation)
                if let versionsMax = body.versionsMax { changes.versionsMax = versionsMax }
                var labels: Object? = .none
                body.labels.apply(to: &labels)
                switch body.labels {
                case .keep: break
                case .remove, .set: changes.labels = labels?.texts ?? [:]
                }
            }
        }
    }

    private static func delete(_ request: APIRequest) async throws -> SecretInfo {
        let name = request.parameter("name")
        let reason = try request.reason()
        let versions = try request.versions()
        return try await request.changing { connection in
            try SecretStore.delete(name, versions: versions, by: request.actor, reason: reason, on: connection)
        }
    }

    private static func undelete(
        _ request: APIRequest, _ body: SecretVersionsRequest
    ) async throws -> Answer<SecretInfo> {
        let name = request.parameter("name")
        return Answer(
            try await request.changing { connection in
                try SecretStore.undelete(
                    name, versions: body.versions, by: request.actor, reason: body.reason, on: connection)
            })
    }

    private static func destroy(
        _ request: APIRequest, _ body: DestroySecretRequest
    ) async throws -> Answer<SecretInfo> {
        let name = request.parameter("name")
        let versions = body.versions.map { $0.sorted().map(String.init).joined(separator: ",") } ?? "all"
        let wanted = request.wants(
            .secretDestroy, of: name, detail: "versions=\(versions)", reason: body.reason,
            breaksGlass: body.breakGlass)
        return Answer(
            SecretInfo(
                try await request.approved(wanted) { connection in
                    request.audit?.note(
                        detail: ["versions": body.versions.map { Value.list($0.map { Value.int($0) }) } ?? "all"])
                    let destroyed = try SecretStore.destroy(
                        name, versions: body.versions, by: request.actor, reason: body.reason, on: connection)
                    request.audit?.note(subject: destroyed.name.rawValue)
                    return destroyed
                }))
    }

    private static func expire(
        _ request: APIRequest, _ body: ExpireSecretRequest
    ) async throws -> Answer<SecretInfo> {
        let name = request.parameter("name")
        return Answer(
            try await request.changing { connection in
                try SecretStore.expire(
                    name, version: body.version, at: body.at, by: request.actor, reason: body.reason, on: connection)
            })
    }
}

extension Object {
    /// Of labels, which have been checked.
    fileprivate var texts: [String: String] {
        var texts: [String: String] = [:]
        for (name, value) in self { texts[name] = value.string }
        return texts
    }
}
