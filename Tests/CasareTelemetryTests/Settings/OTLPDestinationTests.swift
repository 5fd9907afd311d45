import CasareSettings
@testable import CasareTelemetry
import CasareTestSupport
import FoundationEssentials
import Glibc
import Testing

/// Where each signal goes, and how.
struct OTLPDestinationTests {
    private static let endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
    private static let local = OTLPSettings(host: "localhost", port: 4317, usesTLS: false)

    private static func traces(_ variables: [String: String]) throws -> OTLPSettings? {
        let settings = try TelemetrySettings.read([Self.endpoint: "http://c:1"].merging(variables) { $1 })
        guard case .otlp(let otlp) = settings.traces else { return nil }
        return otlp
    }

    // MARK: - Whether

    @Test func `with an endpoint all signals are sent`() throws {
        let settings = try TelemetrySettings.read([Self.endpoint: "http://collector:4317"])
        let there = TelemetrySettings.Destination.otlp(OTLPSettings(host: "collector", port: 4317, usesTLS: false))
        #expect(settings.traces == there && settings.metrics == there && settings.logs == there)
        #expect(settings.sendsAnything && settings.warnings.isEmpty)
    }

    @Test(arguments: Signal.allCases)
    func `a signal's own endpoint wins, and sends that signal alone where there is no other`(signal: Signal) throws {
        let own = "OTEL_EXPORTER_OTLP_\(signal.rawValue.uppercased())_ENDPOINT"
        let alone = try TelemetrySettings.read([own: "http://own:9"])
        let there = TelemetrySettings.Destination.otlp(OTLPSettings(host: "own", port: 9, usesTLS: false))
        #expect(alone.destinations == Signal.allCases.map { $0 == signal ? there : .nowhere })
        let both = try TelemetrySettings.read([own: "http://own:9", Self.endpoint: "http://all:8"])
        let all = TelemetrySettings.Destination.otlp(OTLPSettings(host: "all", port: 8, usesTLS: false))
        #expect(both.destinations == Signal.allCases.map { $0 == signal ? there : all })
    }

    @Test(arguments: Signal.allCases)
    func `an exporter that is named sends to this machine, to standard error, or not at all`(signal: Signal) throws {
        let name = "OTEL_\(signal.rawValue.uppercased())_EXPORTER"
        func destination(_ text: String, _ others: [String: String] = [:]) throws -> TelemetrySettings.Destination {
            let settings = try TelemetrySettings.read(others.merging([name: text]) { $1 })
            return settings.destinations[Signal.allCases.firstIndex(of: signal) ?? 0]
        }
        #expect(try destination("otlp") == .otlp(Self.local))
        #expect(try destination("OTLP") == .otlp(Self.local))
        #expect(try destination("console") == .console)
        #expect(try destination("none") == .nowhere)
        #expect(try destination("none", [Self.endpoint: "http://c:1"]) == .nowhere)
        #expect(try destination("console", [Self.endpoint: "http://c:1"]) == .console)
    }

    @Test func `of two exporters otlp is used, which is told`() throws {
        let settings = try TelemetrySettings.read(["OTEL_TRACES_EXPORTER": "console, otlp"])
        #expect(settings.traces == .otlp(Self.local))
        #expect(settings.warnings == ["OTEL_TRACES_EXPORTER names two exporters, of which otlp is used alone"])
    }

    @Test func `an exporter that nobody knows is told, and the endpoint decides`() throws {
        let without = try TelemetrySettings.read(["OTEL_TRACES_EXPORTER": "zipkin"])
        #expect(without.traces == .nowhere && without.warnings.count == 1)
        let with = try TelemetrySettings.read(["OTEL_TRACES_EXPORTER": "zipkin", Self.endpoint: "http://localhost"])
        #expect(with.traces == .otlp(Self.local) && with.warnings.count == 1)
        // Of metrics alone.
        let wrong = try TelemetrySettings.read(["OTEL_LOGS_EXPORTER": "prometheus"])
        #expect(wrong.logs == .nowhere && wrong.warnings.count == 1)
    }

    @Test func `prometheus is served and not sent to, and whoever expects it elsewhere is told where`() throws {
        let name = ["OTEL_METRICS_EXPORTER": "prometheus", Self.endpoint: "http://c:1"]
        for program in TelemetryProgram.allCases {
            let settings = try TelemetrySettings.read(name, program: program)
            #expect(settings.metrics == .nowhere && settings.traces != .nowhere)
            #expect(settings.warnings.isEmpty == (program == .orchestrator), "\(settings.warnings)")
        }
        let served = try TelemetrySettings.read(name.merging(["CASARE_METRICS_PORT": "9464"]) { $1 })
        #expect(served.warnings.isEmpty)
        let both = try TelemetrySettings.read(["OTEL_METRICS_EXPORTER": "prometheus,otlp", "CASARE_METRICS_PORT": "1"])
        #expect(both.metrics == .otlp(Self.local) && both.warnings.isEmpty)
        for variable in ["OTEL_EXPORTER_PROMETHEUS_HOST", "OTEL_EXPORTER_PROMETHEUS_PORT"] {
            for program in [TelemetryProgram.orchestrator, .robot] {
                let settings = try TelemetrySettings.read([variable: "9464"], program: program)
                #expect(settings.warnings.count == 1 && settings.warnings[0].hasPrefix("\(variable) is not read"))
            }
        }
    }

    // MARK: - How

    @Test(arguments: [
        ("http://c:4317", "c", 4317, false), ("https://c:4317", "c", 4317, true), ("HTTPS://C", "C", 4317, true),
        ("http://c", "c", 4317, false), ("http://c/", "c", 4317, false), ("http://10.0.0.1:1", "10.0.0.1", 1, false),
        ("http://[::1]:65535", "::1", 65_535, false), ("http://[fe80::1]", "fe80::1", 4317, false),
        ("a-b_c.example.com:80", "a-b_c.example.com", 80, true), ("localhost", "localhost", 4317, true),
    ])
    func `an address is a URL, or a host and a port`(text: String, host: String, port: Int, usesTLS: Bool) throws {
        let address = try #require(OTLPAddress(text, isInsecure: false))
        #expect(address.host == host && address.port == port && address.usesTLS == usesTLS && !address.hasPath)
    }

    @Test(arguments: [
        "", "http://", "http://:4317", "http://c:0", "http://c:65536", "http://c:x", "http://c:", "http://a:1:2",
        "ftp://c:4317", "unix:///run/otel", "http://user:secret@c:4317", "http://[::1", "http://[]:1", "http://[c]:1",
        "http://c d:4317", " http://c:4317", "http://c:4317 ", "::1",
    ])
    func `anything else ends the start, and is not repeated`(text: String) throws {
        #expect(OTLPAddress(text, isInsecure: false) == nil)
        guard !text.isEmpty else { return }
        let error = #expect(throws: SettingError.self) { try TelemetrySettings.read([Self.endpoint: text]) }
        #expect(error?.variable == Self.endpoint && error?.problem.contains("http://host:port") == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func `a scheme wins over INSECURE, which counts without one`() throws {
        let insecure = ["OTEL_EXPORTER_OTLP_INSECURE": "true"]
        #expect(try Self.traces([Self.endpoint: "c:1"])?.usesTLS == true)
        #expect(try Self.traces(insecure.merging([Self.endpoint: "c:1"]) { $1 })?.usesTLS == false)
        #expect(try Self.traces(insecure.merging([Self.endpoint: "https://c:1"]) { $1 })?.usesTLS == true)
        #expect(
            try Self.traces(
                insecure.merging(["OTEL_EXPORTER_OTLP_TRACES_INSECURE": "false", Self.endpoint: "c:1"]) { $1 })?
                .usesTLS == true)
    }

    @Test func `a path and the port of HTTP are told`() throws {
        let path = try TelemetrySettings.read([Self.endpoint: "http://c:4317/v1/traces"])
        #expect(path.warnings == ["\(Self.endpoint) has a path, which OTLP over gRPC has no use for"])
        let port = try TelemetrySettings.read([Self.endpoint: "http://c:4318"])
        #expect(port.warnings.count == 1 && port.warnings[0].contains("4317"))
        #expect(port.traces == .otlp(OTLPSettings(host: "c", port: 4318, usesTLS: false)))
    }

    @Test func `another protocol than gRPC is told, and not spoken`() throws {
        let good = try TelemetrySettings.read([Self.endpoint: "http://c:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"])
        #expect(good.warnings.isEmpty)
        for name in ["http/protobuf", "http/json", "x"] {
            let settings = try TelemetrySettings.read([
                Self.endpoint: "http://c:1", "OTEL_EXPORTER_OTLP_PROTOCOL": name,
                "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "grpc",
            ])
            #expect(settings.sendsAnything)
            #expect(settings.warnings.count == 1, "traces and metrics say the same: \(settings.warnings)")
            let warning = settings.warnings[0]
            #expect(warning.contains("Collector") && warning.contains("gRPC") && warning.contains("Swift"))
        }
        // Nobody sends anything that way.
        #expect(try TelemetrySettings.read(["OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"]).warnings.isEmpty)
    }

    @Test func `headers are names in small letters, and values decoded`() throws {
        let traces = try Self.traces([
            "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20abc%3D, x-scope = a=b ,",
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "other=1",
        ])
        #expect(
            traces?.headers == [
                .init(name: "authorization", value: "Bearer abc="), .init(name: "x-scope", value: "a=b"),
            ])
        let own = try Self.traces([
            "OTEL_EXPORTER_OTLP_HEADERS": "a=1", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "b=2",
        ])
        #expect(own?.headers == [.init(name: "b", value: "2")], "the signal's own take the place of those of all")
    }

    @Test(arguments: [
        "secret", "a=1,secret", "=secret", "a=%zzsecret", "a=secret%0A", "grpc-x=secret", "a-bin=secret", "te=secret",
        "content-type=secret", "sécret=secret", "a b=secret", "a=%FFsecret", "Connection=secret", "upgrade=secret",
        "transfer-encoding=secret", "keep-alive=secret", "proxy-connection=secret", "content-length=secret",
    ])
    func `headers that cannot be sent are dropped together, and never repeated`(text: String) throws {
        let settings = try TelemetrySettings.read([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1", "OTEL_EXPORTER_OTLP_HEADERS": text,
        ])
        #expect(settings.traces == .otlp(OTLPSettings(host: "c", port: 1, usesTLS: false)))
        #expect(settings.warnings.count == 1 && settings.warnings[0].hasPrefix("OTEL_EXPORTER_OTLP_HEADERS holds"))
        #expect(!settings.warnings[0].contains("secret"))
    }

    @Test func `compression and time limit are as they are said, a signal's own first`() throws {
        let standard = try Self.traces([:])
        #expect(standard?.compression == OTLPSettings.Compression.none && standard?.timeout == .seconds(10))
        let said = try Self.traces(["OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"])
        #expect(said?.compression == .gzip && said?.timeout == .milliseconds(1))
        let own = try Self.traces([
            "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "none",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "0",
        ])
        #expect(own?.compression == OTLPSettings.Compression.none && own?.timeout == nil)
        let wrong = try TelemetrySettings.read([
            Self.endpoint: "http://c:1", "OTEL_EXPORTER_OTLP_COMPRESSION": "zstd", "OTEL_EXPORTER_OTLP_TIMEOUT": "-1",
        ])
        #expect(wrong.traces == .otlp(OTLPSettings(host: "c", port: 1, usesTLS: false)))
        #expect(wrong.warnings.count == 2, "once, and not for each signal: \(wrong.warnings)")
    }

    @Test func `what is wrong for one signal leaves it with what is said of all`() throws {
        let settings = try TelemetrySettings.read([
            Self.endpoint: "http://c:1", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "zstd", "OTEL_EXPORTER_OTLP_TIMEOUT": "7",
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "soon", "OTEL_EXPORTER_OTLP_HEADERS": "a=1",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "secret",
        ])
        let all = OTLPSettings(
            host: "c", port: 1, usesTLS: false, headers: [.init(name: "a", value: "1")], compression: .gzip,
            timeout: .milliseconds(7))
        #expect(settings.destinations == Signal.allCases.map { _ in .otlp(all) })
        #expect(settings.warnings.count == 3)
        #expect(settings.warnings.allSatisfy { $0.hasPrefix("OTEL_EXPORTER_OTLP_TRACES_") })
        #expect(!settings.warnings.contains { $0.contains("secret") })
    }

    @Test func `whoever prints headers does not see what they hold`() throws {
        let traces = try #require(try Self.traces(["OTEL_EXPORTER_OTLP_HEADERS": "authorization=secret"]))
        var dumped = "\(traces) \(String(reflecting: traces))"
        dump(traces, to: &dumped)
        #expect(dumped.contains("authorization") && !dumped.contains("secret"))
    }

    @Test func `a command sends its traces alone, and no longer than a command may take`() throws {
        func command(_ variables: [String: String]) throws -> TelemetrySettings {
            try TelemetrySettings.read(variables, program: .casarectl).ofCommand
        }
        func timeout(_ text: String) throws -> Duration? {
            let settings = try command([Self.endpoint: "https://c:1", "OTEL_EXPORTER_OTLP_TIMEOUT": text])
            #expect(settings.metrics == .nowhere && settings.logs == .nowhere)
            guard case .otlp(let otlp) = settings.traces else { return nil }
            #expect(otlp.host == "c" && otlp.port == 1 && otlp.usesTLS)
            return otlp.timeout
        }
        let most = TelemetrySettings.commandMax
        #expect(try timeout("10000") == most)
        #expect(try timeout("0") == most, "no limit is none for a command")
        #expect(try timeout("200") == .milliseconds(200))
        #expect(try command(["OTEL_TRACES_EXPORTER": "console"]).traces == .console)
        #expect(try command(["OTEL_LOGS_EXPORTER": "otlp"]).sendsAnything == false)
    }

    // MARK: - Files

    private static func withFiles(_ body: (_ folder: String) throws -> Void) async throws {
        try await withTemporaryDirectory { folder in
            for name in ["ca", "certificate", "key"] {
                try "-----BEGIN X-----\n".write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            }
            try "no PEM".write(toFile: "\(folder)/other", atomically: true, encoding: .utf8)
            try body(folder)
        }
    }

    @Test func `files of certificates are taken over where the collector is spoken to over TLS`() async throws {
        try await Self.withFiles { folder in
            let variables = [
                "OTEL_EXPORTER_OTLP_CERTIFICATE": "\(folder)/ca",
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "\(folder)/certificate",
                "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": "\(folder)/key",
                "OTEL_EXPORTER_OTLP_CLIENT_KEY": "\(folder)/key",
            ]
            let traces = try Self.traces(variables.merging([Self.endpoint: "https://c:1"]) { $1 })
            #expect(
                traces
                    == OTLPSettings(
                        host: "c", port: 1, usesTLS: true, certificateFile: "\(folder)/ca",
                        clientCertificateFile: "\(folder)/certificate", clientKeyFile: "\(folder)/key"))
            let plain = try TelemetrySettings.read(variables.merging([Self.endpoint: "http://c:1"]) { $1 })
            #expect(plain.traces == .otlp(OTLPSettings(host: "c", port: 1, usesTLS: false)))
            #expect(plain.warnings.contains { $0.contains("OTEL_EXPORTER_OTLP_CERTIFICATE") })
            #expect(plain.warnings.allSatisfy { $0.contains("nothing is encrypted") })
        }
    }

    @Test func `a key without its certificate ends the start, and so does the reverse`() async throws {
        try await Self.withFiles { folder in
            let (certificate, key) = ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY")
            for (set, missing) in [(certificate, key), (key, certificate)] {
                let error = #expect(throws: SettingError.self) {
                    try TelemetrySettings.read([Self.endpoint: "https://c:1", set: "\(folder)/key"])
                }
                #expect(error?.variable == set && error?.problem.contains(missing) == true)
            }
        }
    }

    @Test(arguments: ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"])
    func `a file that is not there or is none ends the start, and is named`(suffix: String) async throws {
        try await Self.withFiles { folder in
            for (file, why) in [("nowhere", "cannot be read"), ("other", "no PEM file"), ("", "no regular file")] {
                let variable = "OTEL_EXPORTER_OTLP_LOGS_\(suffix)"
                let error = #expect(throws: SettingError.self) {
                    try TelemetrySettings.read([Self.endpoint: "https://c:1", variable: "\(folder)/\(file)"])
                }
                #expect(error?.variable == variable)
                #expect(error?.problem.contains("\(folder)/\(file)") == true && error?.problem.contains(why) == true)
            }
        }
    }

    @Test func `what is no file or has no end is not read`() async throws {
        try await Self.withFiles { folder in
            #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
            for path in ["\(folder)/pipe", "/dev/zero"] {
                let error = #expect(throws: SettingError.self) {
                    try TelemetrySettings.read([
                        Self.endpoint: "https://c:1", "OTEL_EXPORTER_OTLP_CERTIFICATE": path,
                    ])
                }
                #expect(error?.problem.contains("\(path)\", which is no regular file") == true)
            }
        }
    }

    @Test(arguments: [0, 1])
    func `a file may be as large as the bound`(more: Int) async throws {
        try await Self.withFiles { folder in
            let begin = "-----BEGIN CERTIFICATE-----"
            let rest = String(repeating: "x", count: PEMFile.bytesMax - begin.utf8.count + more)
            try (begin + rest).write(toFile: "\(folder)/large", atomically: true, encoding: .utf8)
            let result = Result { () throws(PEMFile.Problem) in try PEMFile.check("\(folder)/large") }
            switch result {
            case .success: #expect(more == 0)
            case .failure(let problem): #expect(more == 1 && problem == .isTooLarge)
            }
        }
    }
}

extension TelemetrySettings {
    /// In the order of `Signal.allCases`.
    fileprivate var destinations: [Destination] {
        Signal.allCases.map { signal in
            switch signal {
            case .traces: self.traces
            case .metrics: self.metrics
            case .logs: self.logs
            }
        }
    }
}
