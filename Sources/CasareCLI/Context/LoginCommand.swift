import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Connect to a server and keep its token as a context.",
        discussion: """
            Asks for what is missing on a terminal. Off a terminal the token is the first line of stdin, or of \
            --token-file; it is never an argument, which others on this machine could read. With --oidc you sign in at \
            the identity provider of the server instead, in any browser: a code is shown that you confirm there.

            For a server of https:// with a certificate of an authority of your own give --ca-file: the context keeps \
            it, and a client certificate, too.

            Tokens are kept in \(ContextFile.usualPath), which nobody else may read.
            """)

    @Option(help: "The server's URL.", transform: Text.notEmpty) var url: String?
    @Option(
        help: ArgumentHelp("Name of the context (default: the server's host).", valueName: "name"),
        transform: Text.notEmpty)
    var name: String?
    @Option(
        help: ArgumentHelp("Read the token from this file; - is stdin.", valueName: "file"), transform: Text.notEmpty)
    var tokenFile: String?
    @Flag(help: "Read the token from stdin, on a terminal too.") var withToken = false
    @Flag(help: "Sign in at the identity provider that the server names.") var oidc = false
    @Flag(help: "Mark it as production: commands that change more than one thing ask for its name.")
    var production = false
    @OptionGroup var tls: TLSOptions

    func validate() throws {
        let ways = [self.tokenFile != nil, self.withToken, self.oidc].count(where: { $0 })
        if ways > 1 { throw ValidationError("--token-file, --with-token and --oidc are three ways: give one of them.") }
    }

    func run() async throws {
        let terminal = Terminal.standard
        let url = try self.serverURL(terminal)
        if !url.isEncrypted && !url.isLoopback {
            StandardStreams.report("casarectl: \(url) is not encrypted: the token can be read on the way")
        }
        let tls = try self.tls.settings(.process, of: nil)
            .absolute(in: FileManager.default.currentDirectoryPath)
        tls.warnIfOff(url)
        let signedIn = try await self.oidc ? DeviceLogin(url, tls).run() : (token: self.token(terminal), signIn: nil)
        let (token, signIn) = signedIn
        let identity = try await Self.withClient(of: url, token: token, tls) { try await $0.identity() }
        let file = try ContextFile(in: .process)
        var contexts = try file.load()
        let name = self.name ?? url.host
        var context = ServerContext(name: name, url: url, token: token, isProduction: self.production)
        context.signIn = signIn
        context.tls = tls
        contexts.store(context)
        contexts.current = name
        try file.save(contexts)
        StandardStreams.report(
            "logged in to \(url) as \(TerminalText.line(identity.name)) (\(identity.role)); context \(name) is in use")
    }

    static func withClient<R>(
        of url: ServerURL, token: String?, _ tls: TLSSettings, _ body: (CasareClient) async throws -> R
    ) async throws -> R {
        var configuration = CasareClient.Configuration(url: url.text, token: token, program: "casarectl")
        configuration.trace = InvocationTrace.current
        configuration.tls = tls
        return try await withCasareClient(configuration, tracer: InvocationTelemetry.tracer, body)
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
        try TokenInput(file: self.tokenFile, isFromStandardInput: self.withToken).read(
            orElse: "an administrator makes one with casarectl token create", terminal)
    }
}

extension String {
    var trimmingSpaces: String {
        String(self.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
