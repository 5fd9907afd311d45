extension TelemetrySettings {
    /// How long a command that is done waits for its spans to be taken. It is less than the first wait before a request
    /// is sent again: where nobody listens, a command ends at once.
    package static let commandMax = Duration.milliseconds(750)

    /// The same for a command, which is over before anybody would read its metrics and its log.
    package var ofCommand: TelemetrySettings {
        var settings = self
        settings.metrics = .nowhere
        settings.logs = .nowhere
        switch self.traces {
        case .nowhere, .console: break
        case .otlp(let otlp): settings.traces = .otlp(otlp.limited(to: Self.commandMax))
        }
        return settings
    }
}

extension OTLPSettings {
    /// The same with an export that takes no longer than that, repeats included.
    fileprivate func limited(to limit: Duration) -> OTLPSettings {
        OTLPSettings(
            host: self.host, port: self.port, usesTLS: self.usesTLS, headers: self.headers,
            compression: self.compression, timeout: min(self.timeout ?? limit, limit),
            certificateFile: self.certificateFile, clientCertificateFile: self.clientCertificateFile,
            clientKeyFile: self.clientKeyFile)
    }
}
