import CasareSettings

/// What is said of the way to a collector: by a variable for all signals, and by one for each, which wins.
enum OTLPVariable: String, CaseIterable {
    case endpoint = "ENDPOINT"
    case headers = "HEADERS"
    case compression = "COMPRESSION"
    case timeout = "TIMEOUT"
    case insecure = "INSECURE"
    case certificate = "CERTIFICATE"
    case clientCertificate = "CLIENT_CERTIFICATE"
    case clientKey = "CLIENT_KEY"
    case `protocol` = "PROTOCOL"

    static let protocolSpoken = "grpc"
    private static let prefix = "OTEL_EXPORTER_OTLP_"

    /// As one signal reads it: its own variable, or that for all.
    func declaration(of signal: Signal) -> SettingDeclaration {
        self.declaration(self.variable(of: signal), or: [Self.prefix + self.rawValue], self.documentation)
    }

    /// As people read of it.
    var general: SettingDeclaration {
        let others = Signal.allCases.map(self.variable(of:)).joined(separator: ", ")
        return self.declaration(
            Self.prefix + self.rawValue, or: [], "\(self.documentation) That of one signal wins: \(others).")
    }

    private func variable(of signal: Signal) -> String {
        "\(Self.prefix)\(signal.rawValue.uppercased())_\(self.rawValue)"
    }

    private func declaration(_ variable: String, or others: [String], _ documentation: String) -> SettingDeclaration {
        Setting.optionalText(
            variable, or: others, form: self.form, standardText: self.standardText, isSecret: self == .headers,
            documentation
        ).declaration
    }

    private var documentation: String {
        switch self {
        case .endpoint: "Where a collector takes OTLP over gRPC. With it the program sends; without it nothing is sent."
        case .headers: "What is sent along with each request, such as a token."
        case .compression: "How requests are compressed."
        case .timeout: "How long one export may take, all its attempts included."
        case .insecure: "Whether an address without a scheme is spoken to without TLS."
        case .certificate: "A PEM file of the certificate authorities that the collector's certificate must be from."
        case .clientCertificate: "A PEM file with the certificate that the program shows the collector."
        case .clientKey: "A PEM file with the key of that certificate."
        case .protocol: "How OTLP is spoken. What else the specification knows is not spoken, which a warning says."
        }
    }

    private var form: String {
        switch self {
        case .endpoint: OTLPAddress.form
        case .headers: "name=value, with commas between, percent-encoded"
        case .compression: VariableReader.choiceForm(OTLPSettings.Compression.self)
        case .timeout: VariableReader.timeLimitForm
        case .insecure: VariableReader.flagForm
        case .certificate, .clientCertificate, .clientKey: "a path"
        case .protocol: Self.protocolSpoken
        }
    }

    private var standardText: String? {
        switch self {
        case .endpoint: "none; where an exporter is named, \(OTLPAddress.standard)"
        case .headers, .clientCertificate, .clientKey: "none"
        case .compression: OTLPSettings.Compression.none.rawValue
        case .timeout: "10000"
        case .insecure: "false"
        case .certificate: "the authorities that the system trusts"
        case .protocol: Self.protocolSpoken
        }
    }
}
