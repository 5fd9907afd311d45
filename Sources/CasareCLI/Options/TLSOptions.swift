import ArgumentParser
import CasareClient

/// How casarectl knows a server of `https://`, and with which certificate it shows who it is.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Trust the certificate authorities in this PEM file only (CASARE_CA_FILE).", valueName: "file"),
        transform: Text.notEmpty)
    var caFile: String?
    @Option(
        help: ArgumentHelp(
            "Show the client certificate in this PEM file (CASARE_CLIENT_CERTIFICATE).", valueName: "file"),
        transform: Text.notEmpty)
    var clientCertificate: String?
    @Option(
        help: ArgumentHelp("The key of that certificate, a PEM file (CASARE_CLIENT_KEY).", valueName: "file"),
        transform: Text.notEmpty)
    var clientKey: String?
    @Option(
        help: ArgumentHelp(
            "Whom the server's certificate must name, where that is not the URL's host (CASARE_TLS_SERVER_NAME).",
            valueName: "name"), transform: Text.notEmpty)
    var tlsServerName: String?
    @Flag(
        help:
            "Take whoever answers for the server: others may read and change everything (CASARE_INSECURE_SKIP_VERIFY)."
    )
    var insecureSkipVerify = false

    /// Options before environment before the context.
    ///
    /// - Throws: `.usage` for a certificate without a key, or the other way round.
    func settings(_ environment: Environment, of context: TLSSettings?) throws(CommandFailure) -> TLSSettings {
        func value(_ option: String?, _ variable: TLSSettings.Variable, _ stored: String?) -> String? {
            option ?? environment.nonEmpty(variable.rawValue) ?? stored
        }
        let isOff = try Self.isVerificationOff(environment)
        var settings = TLSSettings(
            authorityFile: value(self.caFile, .authority, context?.authorityFile),
            serverName: value(self.tlsServerName, .serverName, context?.serverName),
            isVerificationOff: self.insecureSkipVerify || isOff || (context?.isVerificationOff ?? false))
        // One of one place and the other of another do not belong together.
        let places = [
            (self.clientCertificate, self.clientKey),
            (
                environment.nonEmpty(TLSSettings.Variable.certificate.rawValue),
                environment.nonEmpty(TLSSettings.Variable.key.rawValue)
            ),
            (context?.certificateFile, context?.keyFile),
        ]
        for (certificate, key) in places where certificate != nil || key != nil {
            guard certificate != nil, key != nil else {
                throw CommandFailure(
                    .usage, "a client certificate needs its key; give both --client-certificate and --client-key")
            }
            settings.certificateFile = certificate
            settings.keyFile = key
            break
        }
        return settings
    }

    private static func isVerificationOff(_ environment: Environment) throws(CommandFailure) -> Bool {
        let variable = TLSSettings.Variable.verificationOff.rawValue
        guard let text = environment.nonEmpty(variable) else { return false }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default: throw CommandFailure(.usage, "\(variable) is \"\(text)\"; expected true or false")
        }
    }
}

extension TLSSettings {
    /// Says so where everybody on the way may be taken for the server.
    func warnIfOff(_ server: ServerURL) {
        guard self.isVerificationOff, server.isEncrypted else { return }
        StandardStreams.report(
            "casarectl: the certificate of \(server) is not verified: whoever is on the way can read and change all of "
                + "it")
    }

    /// With paths from the root, so that they hold from any folder.
    func absolute(in folder: String) -> TLSSettings {
        func path(_ path: String?) -> String? {
            path.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
        }
        var settings = self
        settings.authorityFile = path(self.authorityFile)
        settings.certificateFile = path(self.certificateFile)
        settings.keyFile = path(self.keyFile)
        return settings
    }
}
