package import CasareDomain

/// HashiCorp Vault, and OpenBao, which speaks the same: a key-value engine of either version, and engines that make
/// credentials.
///
/// The API: https://developer.hashicorp.com/vault/api-docs (`secret/kv/kv-v1`, `secret/kv/kv-v2`, `system/leases`).
package struct HashiCorpVault: SecretProvider {
    /// The key-value engine that paths are of.
    package struct KeyValue: Hashable, Sendable {
        package let mount: String
        /// 1 or 2.
        package let version: Int

        package init(mount: String, version: Int) {
            self.mount = mount
            self.version = version
        }
    }

    package let name: String
    package var kind: ProviderHealth.Kind { .hashiCorpVault }
    package var abilities: Set<ProviderAbility> {
        var abilities: Set<ProviderAbility> = [.paths]
        if self.engine.version == 2 { abilities.insert(.versions) }
        if !self.dynamicMounts.isEmpty { abilities.insert(.credentials) }
        return abilities
    }
    private let engine: KeyValue
    /// Mounts whose `MOUNT/creds/ROLE` makes credentials.
    private let dynamicMounts: [String]
    let session: VaultSession

    /// - Parameters:
    ///   - address: `https://host:8200`, without a path.
    ///   - authorities: a file of certificates to trust; `nil`: the system's.
    package init(
        name: String, address: String, namespace: String?, authorities: String?, login: VaultLogin, engine: KeyValue,
        dynamicMounts: [String], environment: ProcessEnvironment,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.name = name
        self.engine = engine
        self.dynamicMounts = dynamicMounts
        let transport = VaultTransport(
            provider: name, address: address, namespace: namespace, authorities: authorities)
        self.session = VaultSession(transport, login, environment: environment, now: now)
    }

    package func close() async { await self.session.transport.shutdown() }

    /// It is unsealed and active, and lets this process in.
    package func check() async throws(ProviderError) {
        // A standby passes requests on: it counts as active.
        let call = VaultCall(
            method: .get, path: "sys/health", query: [("standbyok", "true"), ("perfstandbyok", "true")])
        let reply = try await self.session.transport.send(call, token: nil)
        switch reply.status {
        case 200, 429, 473: break
        case 501: throw .unavailable(provider: self.name, why: "it is not initialised")
        case 503: throw .unavailable(provider: self.name, why: "it is sealed; unseal it")
        default: throw .unavailable(provider: self.name, why: reply.problem)
        }
        let (own, _) = try await self.session.send(VaultCall(method: .get, path: "auth/token/lookup-self"))
        guard own.status == 200 else {
            throw .denied(provider: self.name, path: "its sign-in", why: own.problem)
        }
    }

    package func fields(at path: String, version: Int?) async throws(ProviderError) -> ProvidedFields {
        switch self.engine.version {
        case 2:
            let query: [(name: String, value: String)] = version.map { [(name: "version", value: String($0))] } ?? []
            let (reply, _) = try await self.session.send(
                VaultCall(
                    method: .get, path: "\(self.engine.mount)/data/\(path)", query: query, holdsSecrets: true))
            if reply.status == 404, let metadata = reply.data?["metadata"]?.object {
                let isDestroyed = metadata["destroyed"]?.bool ?? false
                let number = metadata["version"]?.int.map { "version \($0) " } ?? "that version "
                throw .notFound(
                    provider: self.name, path: path, why: number + (isDestroyed ? "is destroyed" : "is deleted"))
            }
            try self.check(reply, path, version: version)
            guard let members = reply.data?["data"]?.object else { throw self.notAnObject(path) }
            return ProvidedFields(
                fields: Self.fields(of: members), version: reply.data?["metadata"]?["version"]?.int)
        default:
            guard version == nil else {
                throw .unsupported(provider: self.name, "its key-value engine has no versions; leave @VERSION out")
            }
            let (reply, _) = try await self.session.send(
                VaultCall(method: .get, path: "\(self.engine.mount)/\(path)", holdsSecrets: true))
            try self.check(reply, path, version: nil)
            guard let members = reply.data else { throw self.notAnObject(path) }
            return ProvidedFields(fields: Self.fields(of: members), version: nil)
        }
    }

    package func names(_ listing: PathListing) async throws(ProviderError) -> [String] {
        let root = self.engine.version == 2 ? "\(self.engine.mount)/metadata/" : "\(self.engine.mount)/"
        let (reply, _) = try await self.session.send(VaultCall(method: .list, path: root + listing.folder))
        // It does not know empty folders.
        if reply.status == 404 { return [] }
        try self.check(reply, listing.folder.isEmpty ? "its list" : listing.folder, version: nil)
        return listing.page(of: (reply.data?["keys"]?.list ?? []).compactMap(\.string))
    }

    package func isDynamic(_ path: String) -> Bool {
        self.dynamicMounts.contains { path.hasPrefix("\($0)/") }
    }

    // MARK: Answers

    func check(_ reply: VaultReply, _ path: String, version: Int?) throws(ProviderError) {
        switch reply.status {
        case 200..<300: break
        case 404:
            let what = version.map { "it has no version \($0)" }
            let said = reply.body["warnings"]?.list?.isEmpty == false || reply.body["errors"]?.list?.isEmpty == false
            throw .notFound(provider: self.name, path: path, why: said ? reply.problem : what)
        case 401, 403: throw .denied(provider: self.name, path: path, why: reply.problem)
        case 400, 405, 413, 422: throw .unreadable(provider: self.name, path: path, why: reply.problem)
        default: throw .unavailable(provider: self.name, why: reply.problem)
        }
    }

    private func notAnObject(_ path: String) -> ProviderError {
        .unreadable(provider: self.name, path: path, why: "the answer has no fields")
    }

    /// Members that are no texts are given as JSON, null as nothing.
    static func fields(of members: Object) -> SecretFields {
        var fields = SecretFields()
        for (name, value) in members {
            switch value {
            case .null: break
            case .string(let text): fields[name] = SecretText(text)
            case .bool, .int, .double, .list, .object: fields[name] = SecretText(value.jsonText(.compact))
            }
        }
        return fields
    }
}
