import CasareSettings
import Configuration
import FoundationEssentials

/// Where telemetry goes.
extension VariableReader {
    /// - Throws: `SettingError` for what a program could not send with.
    mutating func destination(of signal: Signal) throws(SettingError) -> TelemetrySettings.Destination {
        let declaration = TelemetryVariables.exporter(of: signal)
        let names = self.exporters(of: signal)
        if names.contains(.otlp) {
            if names.contains(.console) {
                self.warn("\(declaration.variable) names two exporters, of which otlp is used alone")
            }
            return .otlp(try self.otlp(signal))
        }
        if names.contains(.console) { return .console }
        // Nothing is named: whoever says where a collector is wants it to be told.
        guard names.isEmpty, OTLPVariable.endpoint.declaration(of: signal).text(in: self.config) != nil else {
            return .nowhere
        }
        return .otlp(try self.otlp(signal))
    }

    private mutating func exporters(of signal: Signal) -> [ExporterName] {
        let known: [ExporterName] =
            switch signal {
            case .traces, .logs: [.otlp, .console, .none]
            case .metrics: [.otlp, .console, .none, .prometheus]
            }
        return self.choices(TelemetryVariables.exporter(of: signal), among: known) ?? []
    }

    /// Says how metrics are served where somebody expects it to be done OpenTelemetry's way.
    mutating func notePrometheus(in program: TelemetryProgram) {
        let exporter = TelemetryVariables.exporter(of: .metrics).variable
        let isAsked = self.exporters(of: .metrics).contains(.prometheus)
        let addresses = [TelemetryVariables.prometheusHost, TelemetryVariables.prometheusPort].compactMap {
            $0.givenVariable(in: self.config)
        }
        switch program {
        case .orchestrator:
            for variable in addresses {
                self.warn("\(variable) is not read; an orchestrator serves /metrics with its API")
            }
        case .robot:
            for variable in addresses {
                self.warn("\(variable) is not read; set CASARE_METRICS_PORT and CASARE_METRICS_HOST")
            }
            if isAsked, (self.config.string(forKey: "casare.metrics.port") ?? "").isEmpty {
                self.warn("\(exporter) names prometheus; set CASARE_METRICS_PORT, for this robot to serve metrics")
            }
        case .casarectl:
            if isAsked { self.warn("\(exporter) names prometheus, which is for the services") }
        }
    }

    // MARK: - OTLP

    private mutating func otlp(_ signal: Signal) throws(SettingError) -> OTLPSettings {
        let address = try self.address(for: signal)
        self.checkProtocol(for: signal)
        let authority = try self.file(.certificate, for: signal, address)
        let certificate = try self.file(.clientCertificate, for: signal, address)
        let key = try self.file(.clientKey, for: signal, address)
        switch (certificate, key) {
        case (let certificate?, nil):
            let missing = OTLPVariable.clientKey.declaration(of: signal).otherVariables[0]
            throw SettingError(certificate.variable, "is set, and \(missing) is not; a certificate needs its key")
        case (nil, let key?):
            let missing = OTLPVariable.clientCertificate.declaration(of: signal).otherVariables[0]
            throw SettingError(key.variable, "is set, and \(missing) is not; a key needs its certificate")
        case (.some, .some), (nil, nil): break
        }
        return OTLPSettings(
            host: address.host, port: address.port, usesTLS: address.usesTLS, headers: self.headers(for: signal),
            compression: self.choice(OTLPVariable.compression.declaration(of: signal)) ?? OTLPSettings.Compression.none,
            timeout: self.timeLimit(OTLPVariable.timeout.declaration(of: signal), standard: .seconds(10)),
            certificateFile: authority?.path, clientCertificateFile: certificate?.path, clientKeyFile: key?.path)
    }

    private mutating func address(for signal: Signal) throws(SettingError) -> OTLPAddress {
        let isInsecure = self.flag(OTLPVariable.insecure.declaration(of: signal))
        guard let (variable, text) = OTLPVariable.endpoint.declaration(of: signal).text(in: self.config) else {
            return .standard
        }
        guard let address = OTLPAddress(text, isInsecure: isInsecure) else {
            // Not repeated: there may be a password in it.
            throw SettingError(
                variable, "is no address of a collector; expected \(OTLPAddress.form), without a password")
        }
        if address.hasPath { self.warn("\(variable) has a path, which OTLP over gRPC has no use for") }
        if address.port == OTLPAddress.portOfHTTP {
            self.warn(
                "\(variable) has the port \(address.port), where collectors take OTLP over HTTP; Casare speaks gRPC, which "
                    + "they take at \(OTLPAddress.portDefault)")
        }
        return address
    }

    private mutating func checkProtocol(for signal: Signal) {
        guard let (variable, text) = OTLPVariable.protocol.declaration(of: signal).text(in: self.config),
            text.lowercased() != OTLPVariable.protocolSpoken
        else { return }
        self.warn(
            "\(variable) is \(Self.quoted(text)), which is not spoken: Casare's programs, as others in Swift, send OTLP "
                + "over gRPC, and go on with that; put an OpenTelemetry Collector before what takes HTTP alone, such as "
                + "Prometheus")
    }

    /// - Returns: `nil` where none is set, or where nothing is encrypted.
    private mutating func file(
        _ kind: OTLPVariable, for signal: Signal, _ address: OTLPAddress
    ) throws(SettingError) -> (variable: String, path: String)? {
        guard let (variable, path) = kind.declaration(of: signal).text(in: self.config) else { return nil }
        guard address.usesTLS else {
            self.warn("\(variable) is set, and the collector's address says http: nothing is encrypted")
            return nil
        }
        do throws(PEMFile.Problem) {
            try PEMFile.check(path)
        } catch {
            throw SettingError(variable, "is \"\(path)\", which \(Self.text(of: error))")
        }
        return (variable, path)
    }

    private static func text(of problem: PEMFile.Problem) -> String {
        switch problem {
        // Why, nobody could do anything with that the path does not say.
        case .cannotBeRead: "cannot be read"
        case .isNoFile: "is no regular file; name a PEM file"
        case .isTooLarge: "is larger than \(PEMFile.bytesMax) bytes; name a PEM file"
        case .isNoPEM: "is no PEM file"
        }
    }

    private mutating func headers(for signal: Signal) -> [OTLPSettings.Header] {
        let declaration = OTLPVariable.headers.declaration(of: signal)
        for (variable, text) in declaration.texts(in: self.config) {
            let headers = PairList.pairs(text)?.map {
                OTLPSettings.Header(name: $0.name.lowercased(), value: $0.value)
            }
            if let headers, headers.allSatisfy(\.canBeSent) { return headers }
            self.warn("\(variable) holds what cannot be sent, and counts as not set; expected \(declaration.form)")
        }
        return []
    }

    // MARK: - Who tells

    /// `OTEL_SERVICE_NAME`, then `OTEL_RESOURCE_ATTRIBUTES`, then the names of before.
    mutating func givenAttributes() -> [AttributeKey: AttributeValue] {
        var attributes: [AttributeKey: AttributeValue] = [:]
        for (declaration, attribute) in TelemetryVariables.aliases {
            guard let (variable, text) = declaration.text(in: self.config) else { continue }
            attributes[attribute] = .string(text)
            self.warn(
                "\(variable) is no variable of OpenTelemetry; say \(attribute)=… in "
                    + TelemetryVariables.resourceAttributes.variable)
        }
        if let (variable, text) = TelemetryVariables.resourceAttributes.text(in: self.config) {
            if let pairs = PairList.pairs(text) {
                for (name, value) in pairs where !value.isEmpty {
                    attributes[AttributeKey(rawValue: name)] = .string(value)
                }
            } else {
                self.warn(
                    "\(variable) is wrong, and all of it counts as not set; expected "
                        + TelemetryVariables.resourceAttributes.form)
            }
        }
        if let (_, name) = TelemetryVariables.serviceName.text(in: self.config) {
            attributes["service.name"] = .string(name)
        }
        return attributes
    }
}

extension OTLPSettings.Header {
    /// Of HTTP's, those that gRPC sets itself, and those of a connection, with which HTTP/2 takes no request (RFC 9113
    /// §8.2.2).
    private static let namesOfOthers: Set<String> = [
        "connection", "content-length", "content-type", "host", "keep-alive", "proxy-connection", "te",
        "transfer-encoding", "upgrade",
    ]

    /// Whether gRPC takes it as metadata in text. Names that begin with `grpc-` are its own; those that end with `-bin`
    /// hold no text.
    fileprivate var canBeSent: Bool {
        !self.name.hasPrefix("grpc-") && !self.name.hasSuffix("-bin") && !Self.namesOfOthers.contains(self.name)
            && self.name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
                default: false
                }
            } && self.value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
