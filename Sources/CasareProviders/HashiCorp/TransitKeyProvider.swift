package import CasareDomain
package import CasareSettings
package import CasareStore
package import Configuration
import FoundationEssentials

/// A key of HashiCorp Vault's engine `transit` that wraps data keys. It never leaves the Vault: without that nothing is
/// opened, and nothing new is kept.
///
/// The API: https://developer.hashicorp.com/vault/api-docs/secret/transit. The place of a data key goes along as
/// `associated_data`, so that it opens nowhere else; the key must be of a type that has it, as the default
/// `aes256-gcm96` is.
/// Vault marks what it encrypts with the version of the key, so after a rotation there old data keys open as before.
package struct TransitKeyProvider: KeyProvider {
    /// How what it has wrapped begins.
    private static let mark = "vault:v"

    private let session: VaultSession
    private let mount: String
    private let key: String
    package let id: String

    package init(
        address: String, namespace: String?, authorities: String?, login: VaultLogin, mount: String, key: String,
        environment: ProcessEnvironment, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.mount = mount
        self.key = key
        // Without the address: the same Vault may move.
        self.id = "transit:" + (namespace.map { "\($0)/" } ?? "") + "\(mount)/\(key)"
        self.session = VaultSession(
            VaultTransport(provider: self.id, address: address, namespace: namespace, authorities: authorities), login,
            environment: environment, now: now)
    }

    package func close() async { await self.session.transport.shutdown() }

    package func wrap(_ dataKey: [UInt8], for place: String) async throws -> WrappedKey {
        let reply = try await self.send(
            "encrypt",
            [
                "plaintext": .string(Data(dataKey).base64EncodedString()),
                "associated_data": .string(Data(place.utf8).base64EncodedString()),
            ])
        guard reply.status == 200, let text = reply.data?["ciphertext"]?.string else { throw self.refusal(reply) }
        return WrappedKey(bytes: Array(text.utf8), keyID: self.id)
    }

    package func unwrap(_ key: WrappedKey, for place: String) async throws -> [UInt8] {
        guard key.keyID == self.id else { throw KeyProviderError.otherKey(wanted: key.keyID, known: [self.id]) }
        // What it never wrote it need not be asked about.
        guard let text = String(validating: key.bytes, as: UTF8.self), text.hasPrefix(Self.mark) else {
            throw KeyProviderError.altered
        }
        let reply = try await self.send(
            "decrypt",
            [
                "ciphertext": .string(text),
                "associated_data": .string(Data(place.utf8).base64EncodedString()),
            ])
        if reply.status == 400, reply.problem.contains(Self.tooOld) {
            throw KeyProviderError.versionRefused(provider: self.id, why: self.advice(onVersionOf: text))
        }
        // The key is there, or this would not have come so far: it is the data that it does not take.
        if reply.status == 400, try await self.hasKey() { throw KeyProviderError.altered }
        guard reply.status == 200, let plain = reply.data?["plaintext"]?.string,
            let bytes = Data(base64Encoded: plain)
        else { throw self.refusal(reply) }
        return Array(bytes)
    }

    /// How Vault and OpenBao answer where `min_decryption_version` is above the version that has wrapped something.
    /// There is no code for it, and whoever may use a key need not be able to read what is said of it.
    private static let tooOld = "disallowed by policy (too old)"

    /// - Parameter text: `vault:v`, the key's version, a colon, and the rest.
    private func advice(onVersionOf text: String) -> String {
        let version = text.dropFirst(Self.mark.count).prefix { $0 != ":" }
        return "it was wrapped by version \(version) of the key, and min_decryption_version there is higher now; put "
            + "that back (vault write \(self.mount)/keys/\(self.key)/config min_decryption_version=\(version)), and "
            + "leave it for as long as anything is wrapped by that version"
    }

    /// Whether it can be used now: a data key of zeros is wrapped and thrown away.
    ///
    /// - Throws: `KeyProviderError.unavailable`.
    package func check() async throws {
        _ = try await self.wrap([UInt8](repeating: 0, count: 32), for: "casare check")
    }

    /// How it is, under its ID.
    package func health() async -> ProviderHealth {
        var problem: String?
        do {
            try await self.check()
        } catch {
            problem = "\(error)"
        }
        return ProviderHealth(name: self.id, kind: .hashiCorpVault, problem: problem, checkedAt: Date())
    }

    private func hasKey() async throws -> Bool {
        let plain = Data([UInt8](repeating: 0, count: 32)).base64EncodedString()
        return try await self.send("encrypt", ["plaintext": .string(plain)]).status == 200
    }

    private func send(_ verb: String, _ body: Object) async throws(KeyProviderError) -> VaultReply {
        do throws(ProviderError) {
            return try await self.session.send(
                VaultCall(method: .post, path: "\(self.mount)/\(verb)/\(self.key)", body: body)
            ).reply
        } catch {
            throw .unavailable(provider: self.id, why: error.description)
        }
    }

    private func refusal(_ reply: VaultReply) -> KeyProviderError {
        .unavailable(provider: self.id, why: reply.problem)
    }
}

extension TransitKeyProvider {
    /// What a process is told of it.
    package enum Settings {
        package static let address = Setting.optionalText(
            "CASARE_SEALING_TRANSIT_ADDRESS", form: "https://host:8200",
            standardText: "none; the key is not in a Vault",
            "A HashiCorp Vault whose engine transit has the key that secrets are encrypted under.")
        package static let token = Setting.optionalText(
            "CASARE_SEALING_TRANSIT_TOKEN", form: "a token", standardText: "none", isSecret: true,
            "What to sign in there with; rather use CASARE_SEALING_TRANSIT_TOKEN_FILE.")
        package static let tokenFile = Setting.optionalText(
            "CASARE_SEALING_TRANSIT_TOKEN_FILE", form: "a path", standardText: "none",
            "A file with that token, as an agent of the Vault writes it; it is read again when the token has ended.")
        package static let key = Setting.text(
            "CASARE_SEALING_TRANSIT_KEY", form: "a name", standard: "casare", "The key's name there.")
        package static let mount = Setting.text(
            "CASARE_SEALING_TRANSIT_MOUNT", form: "a path", standard: "transit", "Where the engine is mounted there.")
        package static let namespace = Setting.optionalText(
            "CASARE_SEALING_TRANSIT_NAMESPACE", form: "a path", standardText: "none",
            "The namespace, of Vault Enterprise and OpenBao.")
        package static let authorities = Setting.optionalText(
            "CASARE_SEALING_TRANSIT_CA_FILE", form: "a path", standardText: "those of the system",
            "Certificates in PEM to trust there.")
        package static let allowsPlaintext = Setting.flag(
            "CASARE_SEALING_TRANSIT_ALLOW_PLAINTEXT",
            "Whether it may be asked over http on another machine: who is on the way reads the token, and keys of "
                + "secrets.")
        package static let isFormer = Setting.flag(
            "CASARE_SEALING_TRANSIT_FORMER",
            "Whether the key there is a former one, which only opens, beside a current one from elsewhere.")

        package static let all = [
            Self.address.declaration, Self.token.declaration, Self.tokenFile.declaration, Self.key.declaration,
            Self.mount.declaration, Self.namespace.declaration, Self.authorities.declaration,
            Self.allowsPlaintext.declaration, Self.isFormer.declaration,
        ]
    }

    /// - Returns: `nil` where no address is set.
    /// - Throws: `SettingError` for settings that do not go together.
    package init?(config: ConfigReader) throws(SettingError) {
        guard let text = try Settings.address.value(in: config) else { return nil }
        guard let address = VaultAddress.base(text) else {
            throw SettingError(
                Settings.address.declaration.variable,
                "is \"\(text)\"; expected an address like https://host:8200, without a path or a password")
        }
        let allowsPlaintext = try Settings.allowsPlaintext.value(in: config)
        guard allowsPlaintext || VaultAddress.isPrivate(address) else {
            throw SettingError(
                Settings.address.declaration.variable,
                "is \"\(text)\": who is on the way reads all that is sent over http, the token first; take https, or "
                    + "set \(Settings.allowsPlaintext.declaration.variable)=true where nobody else is on the way")
        }
        let mount = try Settings.mount.value(in: config)
        let key = try Settings.key.value(in: config)
        for (setting, value) in [(Settings.mount, mount), (Settings.key, key)] where !VaultAddress.isPath(value) {
            throw SettingError(
                setting.declaration.variable, "is \"\(value)\"; expected a name without slashes around it")
        }
        let token = try Settings.token.value(in: config)
        let source: CredentialSource
        switch (token, try Settings.tokenFile.value(in: config)) {
        case (_?, nil): source = .environment(Settings.token.declaration.variable)
        case (nil, let path?): source = .file(path)
        case (nil, nil):
            throw SettingError(
                Settings.tokenFile.declaration.variable, "is not set; the transit engine asks for a token")
        case (_?, _?):
            throw SettingError(
                Settings.tokenFile.declaration.variable,
                "is set, and \(Settings.token.declaration.variable) too; leave one of the two out")
        }
        // As it was set when the process began, whatever becomes of its environment.
        let environment = ProcessEnvironment { name in
            name == Settings.token.declaration.variable ? token : nil
        }
        self.init(
            address: address, namespace: try Settings.namespace.value(in: config),
            authorities: try Settings.authorities.value(in: config), login: .token(source), mount: mount, key: key,
            environment: environment)
    }
}
