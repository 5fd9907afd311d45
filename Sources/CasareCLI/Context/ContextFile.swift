import CasareClient
import CasareDomain
import CasareSettings
import FoundationEssentials
import Glibc

/// The contexts that `login` and `dev` store, and which of them is in use.
struct Contexts: Hashable, Sendable {
    var current: String?
    private(set) var all: [ServerContext] = []

    subscript(name: String) -> ServerContext? { self.all.first { $0.name == name } }

    /// Adds a context, or replaces the one of that name.
    mutating func store(_ context: ServerContext) {
        if let position = self.all.firstIndex(where: { $0.name == context.name }) {
            self.all[position] = context
        } else {
            self.all.append(context)
        }
    }

    /// - Returns: Whether there was one. Removing the context in use leaves none in use.
    mutating func remove(_ name: String) -> Bool {
        guard let position = self.all.firstIndex(where: { $0.name == name }) else { return false }
        self.all.remove(at: position)
        if self.current == name { self.current = nil }
        return true
    }
}

extension Contexts {
    private static let formatVersion = 1

    var json: Value {
        [
            "version": .int(Self.formatVersion),
            "current": self.current.map(Value.string) ?? .null,
            "contexts": .list(
                self.all.map { context in
                    var object: Object = [
                        "name": .string(context.name), "url": .string(context.url.text),
                        "token": .string(context.token), "production": .bool(context.isProduction),
                    ]
                    if let signIn = context.signIn { object["oidc"] = signIn.json }
                    for (name, value) in context.tls.members { object[name] = value }
                    return .object(object)
                }),
        ]
    }

    init(json: Value, from path: String) throws(CommandFailure) {
        guard let version = json["version"]?.int, let contexts = json["contexts"]?.list else {
            throw CommandFailure(.failure, "\(path) is not a file of contexts; move it away and log in again")
        }
        guard version == Self.formatVersion else {
            throw CommandFailure(.versionSkew, "\(path) was written by a newer casarectl; upgrade this one")
        }
        for context in contexts {
            guard let name = context["name"]?.string, let url = context["url"]?.string.flatMap(ServerURL.init),
                let token = context["token"]?.string
            else {
                throw CommandFailure(.failure, "\(path) holds a context without name, url and token; correct it")
            }
            var known = ServerContext(
                name: name, url: url, token: token, isProduction: context["production"]?.bool ?? false)
            if let json = context["oidc"] {
                guard let signIn = StoredSignIn(json: json) else {
                    throw CommandFailure(
                        .failure, "\(path) holds a sign-in that cannot be read, of context \(name); log in again")
                }
                known.signIn = signIn
            }
            known.tls = TLSSettings(context: context)
            self.store(known)
        }
        self.current = json["current"]?.string
    }
}

/// Where contexts are kept: `$XDG_CONFIG_HOME/casare/config.json`, readable by its owner only, because of the tokens.
struct ContextFile: Sendable {
    /// For people.
    static let usualPath = "~/.config/casare/config.json"

    let path: String

    init(path: String) { self.path = path }

    init(in environment: Environment) throws(CommandFailure) {
        self.path = try UserFolders.configuration(environment) + "/config.json"
    }

    /// No file: no contexts.
    func load() throws(CommandFailure) -> Contexts {
        let text: String
        do {
            text = try TextInput.file(self.path).read()
        } catch  where error.status == .notFound {
            return Contexts()
        }
        let json: Value
        do {
            json = try Value(parsingJSON: text)
        } catch {
            throw CommandFailure(.failure, "\(self.path) is not JSON: \(error); correct it or move it away")
        }
        return try Contexts(json: json, from: self.path)
    }

    /// Replaces the file in one step: whoever reads it meanwhile sees the old or the new one.
    func save(_ contexts: Contexts) throws(CommandFailure) {
        let folder = String(self.path.prefix(upTo: self.path.lastIndex(of: "/") ?? self.path.startIndex))
        try UserFolders.create(folder)
        var template = Array((self.path + ".XXXXXX").utf8CString)
        // mkstemp creates the file with mode 0600 (POSIX.1-2008), so that no moment passes in which others could read.
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw self.failure() }
        var bytes = Array((contexts.json.jsonText(.pretty(indent: 2)) + "\n").utf8)
        let written = write(descriptor, &bytes, bytes.count)
        let isDurable = written == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard isDurable, rename(template, self.path) == 0 else {
            let failure = self.failure()
            unlink(template)
            throw failure
        }
    }

    /// - Throws: `.failure` with advice while others than the owner may read the file: its tokens may be known.
    func checkIsPrivate() throws(CommandFailure) {
        guard self.isExposed else { return }
        throw CommandFailure(
            .failure,
            "others on this machine can read the tokens in \(self.path), so they are not used; run chmod 600 "
                + "\(self.path), and get new ones with casarectl token rotate if somebody may have read them")
    }

    /// Whether others than the owner may read the file and the tokens in it.
    var isExposed: Bool { FileStatus(of: self.path)?.isOpenToOthers ?? false }

    private func failure() -> CommandFailure {
        CommandFailure(.failure, "cannot write \(self.path): \(String(cString: strerror(errno)))")
    }
}

/// Folders of this user, by the XDG Base Directory Specification.
enum UserFolders {
    static func configuration(_ environment: Environment) throws(CommandFailure) -> String {
        try Self.folder("XDG_CONFIG_HOME", orInHome: ".config", environment)
    }

    static func data(_ environment: Environment) throws(CommandFailure) -> String {
        try Self.folder("XDG_DATA_HOME", orInHome: ".local/share", environment)
    }

    /// What programs remember between two calls, and can do without.
    static func state(_ environment: Environment) throws(CommandFailure) -> String {
        try Self.folder("XDG_STATE_HOME", orInHome: ".local/state", environment)
    }

    /// Creates a folder and what is missing above it, for the owner only unless another mode is given.
    static func create(_ path: String, mode: Int = 0o700) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
        } catch {
            throw CommandFailure(.failure, "cannot create the folder \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// The specification has relative paths in these variables ignored.
    private static func folder(
        _ variable: String, orInHome fallback: String, _ environment: Environment
    ) throws(CommandFailure) -> String {
        if let folder = environment.nonEmpty(variable), folder.hasPrefix("/") { return folder + "/casare" }
        guard let home = environment.nonEmpty("HOME") else {
            throw CommandFailure(.failure, "neither \(variable) nor HOME is set; set \(variable) to a folder of yours")
        }
        return "\(home)/\(fallback)/casare"
    }
}
