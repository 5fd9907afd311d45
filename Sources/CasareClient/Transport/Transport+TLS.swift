extension Transport {
    /// What an error of the HTTP client or of a connection means. Of a server whose certificate does not count it looks
    /// at that once more, to say why.
    func problem(_ error: any Error, of call: Call, limit: Duration) async -> ClientError {
        guard let failure = TLSFailure(error), let address = self.address, address.isEncrypted else {
            return ClientError(error, call: call, url: self.base, limit: limit)
        }
        var shown: ShownCertificate?
        switch failure {
        case .untrusted:
            shown = await ShownCertificate.of(
                address, name: self.nameForTLS(at: address), within: self.configuration.connectTimeout)
        case .otherName, .noTLS, .certificateRequired, .certificateRefused, .other:
            break
        }
        let settings = self.tls.settings
        return .tlsFailed(
            url: self.base,
            reason: failure.reason(settings, host: settings.serverName ?? address.host, shown: shown))
    }

    /// Whom a handshake asks for; `nil` for an address.
    func nameForTLS(at address: ServerAddress) -> String? {
        self.tls.settings.serverName ?? address.nameForTLS
    }
}
