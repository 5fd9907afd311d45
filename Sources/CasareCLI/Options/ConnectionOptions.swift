import ArgumentParser
import CasareClient

/// Which server a command talks to.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .customLong("context"), help: "Use this context instead of the current one (CASARE_CONTEXT).",
        transform: Text.notEmpty)
    var contextName: String?

    @Option(
        help: ArgumentHelp(
            "Talk to this server (CASARE_URL). The token is CASARE_TOKEN, or that of a context with this URL.",
            valueName: "url"), transform: Text.notEmpty)
    var url: String?

    @OptionGroup var tls: TLSOptions

    /// Options before environment before the current context.
    func server(_ environment: Environment = .process) throws(CommandFailure) -> Server {
        let file = try ContextFile(in: environment)
        let contexts = try file.load()
        // With a token of the environment none of the file is used.
        if environment.nonEmpty("CASARE_TOKEN") == nil { try file.checkIsPrivate() }
        return try self.server(contexts, environment)
    }

    func server(_ contexts: Contexts, _ environment: Environment) throws(CommandFailure) -> Server {
        let token = environment.nonEmpty("CASARE_TOKEN")
        let named = self.contextName ?? (self.url == nil ? environment.nonEmpty("CASARE_CONTEXT") : nil)
        // A context named on the command line counts for more than a URL in the environment.
        let text = self.url ?? (self.contextName == nil ? environment.nonEmpty("CASARE_URL") : nil)
        if let text {
            guard let url = ServerURL(text) else {
                throw CommandFailure(
                    .usage, "'\(text)' is not the URL of a server; write http://host:port or https://host")
            }
            // A token goes only where it came from: one of another server would be given away.
            let owner = contexts.all.first { $0.url == url && (named == nil || $0.name == named) }
            return Server(
                url: url, token: token ?? owner?.token, contextName: owner?.name,
                isProduction: owner?.isProduction ?? false, signIn: token == nil ? owner?.signIn : nil,
                tls: try self.tls.settings(environment, of: owner?.tls))
        }
        guard let name = named ?? contexts.current else {
            throw CommandFailure(
                .notSignedIn,
                contexts.all.isEmpty
                    ? "no server is known yet; run casarectl login, or casarectl dev for one of your own"
                    : "no context is in use; choose one of casarectl context list with casarectl context use NAME")
        }
        guard let context = contexts[name] else {
            throw CommandFailure(
                .notFound, "there is no context '\(name)'; casarectl context list shows those there are")
        }
        return Server(
            url: context.url, token: token ?? context.token, contextName: name, isProduction: context.isProduction,
            signIn: token == nil ? context.signIn : nil, tls: try self.tls.settings(environment, of: context.tls))
    }
}

/// A server and what to show it.
struct Server: Hashable, Sendable {
    let url: ServerURL
    let token: String?
    let contextName: String?
    let isProduction: Bool
    /// How to get another token in the place of this one; `nil` for one that nobody renews.
    var signIn: StoredSignIn?
    var tls = TLSSettings()
}

extension ConnectionOptions {
    /// Gives `body` a client of the server that the options, the environment or the current context name.
    func withClient(_ body: (CasareClient, Server) async throws -> Void) async throws {
        let server = try self.server()
        guard let token = try await server.freshToken() else {
            throw CommandFailure(
                .notSignedIn, "there is no token for \(server.url); run casarectl login --url \(server.url)")
        }
        var configuration = CasareClient.Configuration(url: server.url.text, token: token, program: "casarectl")
        configuration.trace = InvocationTrace.current
        configuration.tls = server.tls
        server.tls.warnIfOff(server.url)
        try await withCasareClient(configuration, tracer: InvocationTelemetry.tracer) { try await body($0, server) }
    }
}
