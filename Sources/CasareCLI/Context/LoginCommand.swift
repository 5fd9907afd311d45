import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Connect to a server and keep its token as a context.",
        discussion: """
            Asks for what is missing on a terminal. Off a terminal the token is the first line of stdin, or of \
            --token-file; it is never an argument, which others on this machine could read.
            """)

    @Option(help: "The server's URL.", transform: Text.notEmpty) var url: String?
    @Option(
        help: ArgumentHelp("Name of the context (default: the server's host).", valueName: "name"),
        transform: Text.notEmpty)
    var name: String?
    @Option(
        help: ArgumentHelp("Read the token from this file; - is stdin.", valueName: "file"), transform: Text.notEmpty)
    var tokenFile: String?
    @Flag(help: "Mark it as production: commands that change more than one thing ask for its name.")
    var production = false

    /// Tokens are far shorter.
    private static let tokenBytesMax = 64 * 1024

    func run() async throws {
        let terminal = Terminal.standard
        let url = try self.serverURL(terminal)
        if !url.isEncrypted && !url.isLoopback {
            StandardStreams.report("casarectl: \(url) is not encrypted: the token can be read on the way")
        }
        let token = try self.token(terminal)
        var configuration = CasareClient.Configuration(url: url.text, token: token, program: "casarectl")
        configuration.trace = InvocationTrace.current
        let identity = try await withCasareClient(configuration) { try await $0.identity() }
        let file = try ContextFile(in: .process)
        var contexts = try file.load()
        let name = self.name ?? url.host
        contexts.store(ServerContext(name: name, url: url, token: token, isProduction: self.production))
        contexts.current = name
        try file.save(contexts)
        StandardStreams.report(
            "logged in to \(url) as \(identity.name) (\(identity.role.rawValue)); context \(name) is in use")
    }

    private func serverURL(_ terminal: Terminal) throws(CommandFailure) -> ServerURL {
        var text = self.url ?? Environment.process.nonEmpty("CASARE_URL")
        if text == nil, terminal.canAsk { text = Prompt.ask("URL of the server: ") }
        guard let text, !text.isEmpty else { throw CommandFailure(.usage, "which server? Add --url") }
        guard let url = ServerURL(text) else {
            throw CommandFailure(.usage, "'\(text)' is not the URL of a server; write http://host:port or https://host")
        }
        return url
    }

    private func token(_ terminal: Terminal) throws(CommandFailure) -> String {
        let text: String?
        if let tokenFile {
            text = try TextInput(tokenFile).read(bytesMax: Self.tokenBytesMax)
        } else if terminal.canAsk {
            text = try Prompt.secret("Token: ")
        } else {
            text = try TextInput.standardInput.read(bytesMax: Self.tokenBytesMax)
        }
        let token = (text ?? "").split(whereSeparator: \.isNewline).first.map(String.init)?.trimmingSpaces ?? ""
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CommandFailure(.usage, "no token was given; an administrator makes one with casarectl token create")
        }
        return token
    }
}

extension String {
    var trimmingSpaces: String {
        String(self.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
