package import CasareDomain
import Yams

/// The file that says which providers there are: [docs/secret-providers.md](../../../docs/secret-providers.md).
package struct ProviderFile: Sendable {
    package static let providersMax = 50
    package static let nameRule = "lower-case letters, digits and `-`, beginning with a letter, at most 40 characters"

    /// One provider of it.
    package struct Entry: Sendable {
        package enum Source: Sendable {
            case hashiCorpVault(
                address: String, namespace: String?, authorities: String?, login: VaultLogin,
                engine: HashiCorpVault.KeyValue, dynamicMounts: [String])
            /// - Parameter allowsPlaintext: whether its database may be asked without TLS.
            case supabaseVault(url: CredentialSource, allowsPlaintext: Bool)
            case environment(prefix: String)
            case files(folder: String)
        }

        package let name: String
        package let source: Source
        package let access: ProviderAccess

        package var kind: ProviderHealth.Kind {
            switch self.source {
            case .hashiCorpVault: .hashiCorpVault
            case .supabaseVault: .supabaseVault
            case .environment: .environment
            case .files: .files
            }
        }
    }

    /// By name.
    package let entries: [Entry]

    /// - Parameter text: YAML, and so JSON too.
    package init(parsing text: String) throws(ProviderFileError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            throw ProviderFileError("is not YAML: line \(mark.line), column \(mark.column): \(problem)")
        } catch {
            let reason = String(describing: error).split(separator: "\n").first.map(String.init) ?? "it cannot be read"
            throw ProviderFileError("is not YAML: \(reason)")
        }
        guard let root else { throw ProviderFileError("is empty; it needs `providers`") }
        var members = try FileMembers(root, of: "the file")
        guard let list = members.node("providers") else { throw ProviderFileError("needs `providers`") }
        try members.finish()
        var providers = try FileMembers(list, of: "`providers`")
        let names = providers.names
        guard names.count <= Self.providersMax else {
            throw ProviderFileError("has \(names.count) providers; at most \(Self.providersMax) may be there")
        }
        var entries: [Entry] = []
        for name in names {
            guard Self.isName(name) else {
                throw ProviderFileError("has a provider \"\(name.prefix(60))\"; a name is \(Self.nameRule)")
            }
            guard let one = try providers.members(name) else { throw ProviderFileError("says nothing of \(name)") }
            entries.append(try Self.entry(name, one))
        }
        self.entries = entries
    }

    /// Whether a provider may be called so.
    package static func isName(_ name: String) -> Bool {
        name.utf8.count <= 40 && name.utf8.first.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } == true
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    private static func entry(_ name: String, _ given: FileMembers) throws(ProviderFileError) -> Entry {
        var members = given
        let kinds = ProviderHealth.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        let text = try members.requiredText("kind", "one of \(kinds)")
        guard let kind = ProviderHealth.Kind(rawValue: text) else {
            throw ProviderFileError("\(members.place) has the kind \(text); there are \(kinds)")
        }
        let access = try Self.access(&members)
        let source: Entry.Source
        switch kind {
        case .hashiCorpVault: source = try Self.vault(&members)
        case .supabaseVault:
            source = .supabaseVault(
                url: try members.requiredCredential("url", "postgres://user:password@host/database"),
                allowsPlaintext: try members.flag(Self.plaintextMember))
        case .environment:
            let prefix = try members.requiredText("prefix", "how the variables begin, such as CASARE_SECRET_")
            guard Self.isPrefix(prefix) else {
                throw ProviderFileError(
                    "`prefix` of \(members.place) is \(prefix); it must be at least 4 capital letters, digits and `_`, "
                        + "and end with `_`, so that no other variables are given out")
            }
            guard Self.isApart(prefix) else {
                throw ProviderFileError(
                    "`prefix` of \(members.place) is \(prefix), as variables of Casare itself begin, its keys and "
                        + "passwords among them; take \(Self.ownPrefix) or one of your own")
            }
            source = .environment(prefix: prefix)
        case .files:
            let folder = try members.requiredText("folder", "the path of the folder with the secrets")
            guard folder.hasPrefix("/") else {
                throw ProviderFileError("`folder` of \(members.place) is \(folder); it must be a whole path")
            }
            source = .files(folder: folder)
        }
        try members.finish()
        return Entry(name: name, source: source, access: access)
    }

    /// Without it nothing that a provider is asked goes over a network in plain text.
    static let plaintextMember = "allow_plaintext"

    private static func access(_ members: inout FileMembers) throws(ProviderFileError) -> ProviderAccess {
        let tenants = try members.texts("tenants")
        let folder = try members.text("tenant_folder")
        if let folder, !folder.contains(ProviderAccess.tenantMark) {
            throw ProviderFileError(
                "`tenant_folder` of \(members.place) is \(folder); it must have \(ProviderAccess.tenantMark) in it")
        }
        return ProviderAccess(tenants: tenants ?? [ProviderAccess.tenantDefault], folder: folder)
    }

    /// What is kept for secrets of what begins as Casare's own variables do.
    private static let ownPrefix = "CASARE_SECRET_"

    /// Whether no variable that begins so is a setting of Casare, such as the key that secrets are encrypted under.
    private static func isApart(_ prefix: String) -> Bool {
        !prefix.hasPrefix("CASARE_") || prefix.hasPrefix(Self.ownPrefix)
    }

    private static func isPrefix(_ text: String) -> Bool {
        text.utf8.count >= 4 && text.hasSuffix("_")
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
            }
    }

    private static func vault(_ members: inout FileMembers) throws(ProviderFileError) -> Entry.Source {
        let address = try members.requiredText("address", "https://host:8200")
        guard let base = VaultAddress.base(address) else {
            throw ProviderFileError(
                "`address` of \(members.place) is \(address); it must be like https://host:8200, without a path or a "
                    + "password"
            )
        }
        let allowsPlaintext = try members.flag(Self.plaintextMember)
        guard allowsPlaintext || VaultAddress.isPrivate(base) else {
            throw ProviderFileError(
                "`address` of \(members.place) is \(address): who is on the way reads all that is sent over http, the "
                    + "token first; take https, or say `\(Self.plaintextMember): true` where nobody else is on the way")
        }
        guard var auth = try members.members("auth") else {
            throw ProviderFileError("\(members.place) needs `auth` with `method`: token or approle")
        }
        let login: VaultLogin
        switch try auth.requiredText("method", "token or approle") {
        case "token": login = .token(try auth.requiredCredential("token", "what it signs in with"))
        case "approle":
            login = .appRole(
                mount: try Self.mount("mount", &auth) ?? "approle",
                role: try auth.requiredCredential("role_id", "the role's ID"), secret: try auth.credential("secret_id"))
        case let other: throw ProviderFileError("\(auth.place) has the method \(other); there are token and approle")
        }
        try auth.finish()
        var engine = HashiCorpVault.KeyValue(mount: "secret", version: 2)
        if var given = try members.members("kv") {
            engine = HashiCorpVault.KeyValue(
                mount: try Self.mount("mount", &given) ?? "secret",
                version: try given.number("version", in: 1...2) ?? 2)
            try given.finish()
        }
        let dynamic = try members.texts("dynamic") ?? []
        for mount in dynamic where !VaultAddress.isPath(mount) || mount == engine.mount {
            throw ProviderFileError(
                "`dynamic` of \(members.place) has \(mount), which cannot be the mount of such an engine")
        }
        return .hashiCorpVault(
            address: base, namespace: try members.text("namespace"), authorities: try members.text("ca_file"),
            login: login, engine: engine, dynamicMounts: dynamic)
    }

    private static func mount(_ name: String, _ members: inout FileMembers) throws(ProviderFileError) -> String? {
        guard let mount = try members.text(name) else { return nil }
        guard VaultAddress.isPath(mount) else {
            throw ProviderFileError(
                "`\(name)` of \(members.place) is \(mount); it must be a path without slashes around it")
        }
        return mount
    }
}
