package import CasareDomain
package import CasareSettings
package import Configuration
import FoundationEssentials

/// All providers that a process knows: those of the file that it was told of.
package struct SecretProviders: Sendable {
    private struct Known: Sendable {
        let provider: any SecretProvider
        let access: ProviderAccess
    }

    /// By name; `nil`: the process was told of no file.
    private let known: [String: Known]?

    /// Of a process that was told of no file.
    package static let none = SecretProviders(known: nil)

    private init(known: [String: Known]?) { self.known = known }

    package init(
        _ file: ProviderFile, environment: ProcessEnvironment = .process,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        var known: [String: Known] = [:]
        for entry in file.entries {
            known[entry.name] = Known(
                provider: Self.provider(entry, environment, now: now), access: entry.access)
        }
        self.known = known
    }

    package enum Settings {
        package static let file = Setting.optionalText(
            "CASARE_SECRET_PROVIDERS", form: "a path", standardText: "none; all secrets are in the built-in vault",
            "A YAML file that says which vaults outside of Casare secrets may be kept by.")

        package static let all = [Self.file.declaration]
    }

    /// Reads the file that the setting names. It is read once: a change counts after a restart.
    ///
    /// - Throws: `SettingError` for a file that cannot be read or used. Whether its providers answer is not looked at.
    package init(config: ConfigReader) throws(SettingError) {
        guard let path = try Settings.file.value(in: config) else {
            self = .none
            return
        }
        let variable = Settings.file.declaration.variable
        let content: [UInt8]
        do throws(FileProblem) {
            content = try FileReader.content(of: path)
        } catch {
            throw SettingError(variable, "names \(path), which \(error.description)")
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw SettingError(variable, "names \(path), which is no text in UTF-8")
        }
        let file: ProviderFile
        do throws(ProviderFileError) {
            file = try ProviderFile(parsing: text)
        } catch {
            throw SettingError(variable, "names \(path), which cannot be used: \(error.description)")
        }
        self.init(file)
    }

    private static func provider(
        _ entry: ProviderFile.Entry, _ environment: ProcessEnvironment,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) -> any SecretProvider {
        switch entry.source {
        case .hashiCorpVault(let address, let namespace, let authorities, let login, let engine, let dynamicMounts):
            HashiCorpVault(
                name: entry.name, address: address, namespace: namespace, authorities: authorities, login: login,
                engine: engine, dynamicMounts: dynamicMounts, environment: environment, now: now)
        case .supabaseVault(let url, let allowsPlaintext):
            SupabaseVault(name: entry.name, url: url, allowsPlaintext: allowsPlaintext, environment: environment)
        case .environment(let prefix):
            EnvironmentSecrets(name: entry.name, prefix: prefix, environment: environment)
        case .files(let folder): FileSecrets(name: entry.name, folder: folder)
        }
    }

    /// Sorted.
    package var names: [String] { (self.known ?? [:]).keys.sorted() }

    /// A provider, by the right of who runs this process.
    ///
    /// - Throws: `.notConfigured`, `.unknown`.
    package func provider(_ name: String) throws(ProviderError) -> any SecretProvider { try self.find(name).provider }

    /// A provider, and a path there as a tenant's secret means it.
    ///
    /// - Parameter tenant: its name.
    /// - Throws: `.notConfigured`, `.unknown`, `.notForTenant`, `.badPath`. Nobody is asked for that.
    package func place(
        _ name: String, path: String, tenant: String
    ) throws(ProviderError) -> (provider: any SecretProvider, path: String) {
        let known = try self.find(name)
        guard known.access.allows(tenant) else { throw .notForTenant(provider: name, tenant: tenant) }
        guard VaultAddress.isPath(path) else {
            throw .badPath(
                provider: name, path: String(path.prefix(ProviderLimits.pathCharactersMax)),
                why:
                    "a path has parts of at least one character, joined by \"/\", none of them \".\" or \"..\", and at "
                    + "most \(ProviderLimits.pathCharactersMax) bytes")
        }
        let provider = known.provider
        return (provider, known.access.path(path, of: tenant, isDynamic: provider.isDynamic(path)))
    }

    /// Those that a tenant may use, by name.
    package func all(for tenant: String) -> [any SecretProvider] {
        (self.known ?? [:]).values.filter { $0.access.allows(tenant) }.map(\.provider).sorted { $0.name < $1.name }
    }

    /// A provider, and what is listed of it, where a tenant's paths are.
    ///
    /// - Parameters:
    ///   - prefix: of the paths, as the tenant's secrets name them; it may end within a name.
    ///   - after: the path that the page before ended with; `nil`: from the first one on.
    ///   - tenant: its name.
    /// - Returns: with the folder that the tenant's paths have before the names.
    /// - Throws: as `place`; `.unsupported` for an engine that makes credentials.
    package func listing(
        _ name: String, prefix: String, after: String?, limit: Int, tenant: String
    ) throws(ProviderError) -> (provider: any SecretProvider, folder: String, listing: PathListing) {
        let known = try self.find(name)
        guard known.access.allows(tenant) else { throw .notForTenant(provider: name, tenant: tenant) }
        guard !known.provider.isDynamic(prefix) else {
            throw .unsupported(provider: name, "it makes credentials there, and lists none; name MOUNT/creds/ROLE")
        }
        let folder = PathListing.folder(of: prefix)
        guard folder.isEmpty || VaultAddress.isPath(String(folder.dropLast())), VaultAddress.isText(prefix) else {
            throw .badPath(
                provider: name, path: String(prefix.prefix(ProviderLimits.pathCharactersMax)),
                why: "it must begin as a path does, and have at most \(ProviderLimits.pathCharactersMax) bytes")
        }
        guard after?.hasPrefix(folder) ?? true else {
            throw .badPath(provider: name, path: after ?? "", why: "the page before was of another folder")
        }
        return (
            known.provider, folder,
            PathListing(
                // An engine that makes credentials is out: the tenant's folder always counts.
                folder: known.access.path(folder, of: tenant, isDynamic: false),
                beginning: String(prefix.dropFirst(folder.count)),
                after: after.map { String($0.dropFirst(folder.count)) }, limit: limit)
        )
    }

    private func find(_ name: String) throws(ProviderError) -> Known {
        guard let known = self.known else { throw .notConfigured(provider: name) }
        guard let found = known[name] else { throw .unknown(provider: name, configured: self.names) }
        return found
    }

    /// Asks all of them at once how they are; none is waited for longer than two calls take.
    package func health() async -> [ProviderHealth] {
        let providers = (self.known ?? [:]).values.map(\.provider)
        let asked = await withTaskGroup(of: ProviderHealth.self) { group in
            for provider in providers {
                group.addTask {
                    var problem: String?
                    do throws(ProviderError) {
                        try await provider.check()
                    } catch {
                        problem = error.description
                    }
                    return ProviderHealth(
                        name: provider.name, kind: provider.kind, problem: problem, checkedAt: Date())
                }
            }
            var asked: [ProviderHealth] = []
            for await one in group { asked.append(one) }
            return asked
        }
        return asked.sorted { $0.name < $1.name }
    }

    /// Ends the connections of all. Call it once, when nothing is asked any more.
    package func close() async {
        for known in (self.known ?? [:]).values { await known.provider.close() }
    }
}
