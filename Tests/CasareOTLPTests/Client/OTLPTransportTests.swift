@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import GRPCCore
import OTLPProtos
import Testing

struct OTLPTransportTests {
    private static func transport(
        host: String = "127.0.0.1", usesTLS: Bool = false, headers: [OTLPSettings.Header] = [],
        compression: OTLPSettings.Compression = .none, certificateFile: String? = nil
    ) -> OTLPTransport {
        OTLPTransport(
            settings: OTLPSettings(
                host: host, port: ClosedPort.number, usesTLS: usesTLS, headers: headers, compression: compression,
                certificateFile: certificateFile))
    }

    private static func values(_ name: String, _ headers: [OTLPSettings.Header]) -> [String] {
        Array(self.transport(headers: headers).metadata(version: "1.2.3")[stringValues: name])
    }

    @Test func `the program says who it is, unless somebody says otherwise`() {
        #expect(Self.values("user-agent", []) == ["OTel-OTLP-Exporter-Swift/1.2.3"])
        let own = OTLPSettings.Header(name: "user-agent", value: "mine")
        #expect(Self.values("user-agent", [own]) == ["mine"])
    }

    @Test func `headers go with each call, also several of one name`() {
        let headers = [
            OTLPSettings.Header(name: "authorization", value: "Bearer x"), OTLPSettings.Header(name: "a", value: "1"),
            OTLPSettings.Header(name: "a", value: "2"),
        ]
        #expect(Self.values("authorization", headers) == ["Bearer x"] && Self.values("a", headers) == ["1", "2"])
    }

    @Test(arguments: [(OTLPSettings.Compression.none, CompressionAlgorithm.none), (.gzip, .gzip)])
    func `each call says how it is compressed, and that gRPC repeats nothing`(
        compression: OTLPSettings.Compression, algorithm: CompressionAlgorithm
    ) {
        let options = Self.transport(compression: compression).options(timeout: .seconds(3))
        #expect(options.compression == algorithm && options.timeout == .seconds(3))
        #expect(options.waitForReady == false && options.executionPolicy == nil)
        #expect(options.maxResponseMessageBytes == 4 << 20 && options.maxRequestMessageBytes == 4 << 20)
    }

    @Test(arguments: ["localhost", "127.0.0.1", "::1", "[::1]", "collector.example"])
    func `names and addresses of both kinds can be called`(host: String) throws {
        _ = try Self.transport(host: host).make()
        _ = try Self.transport(host: host, usesTLS: true).make()
    }

    @Test func `a file of authorities that is not there is an error, and the next call looks again`() async {
        let transport = Self.transport(usesTLS: true, certificateFile: "/nowhere/ca.pem")
        #expect(throws: (any Error).self) { try transport.make() }
        let client = OTLPClient(transport.settings, version: "1")
        for _ in 0..<2 {
            let result = await client.call(
                SpanPayload.method, [], for: ProtoTraceResponse.self, timeout: .seconds(1))
            guard case .failure(let failure) = result else {
                Issue.record("it is called")
                continue
            }
            #expect(failure.status == .failedPrecondition)
        }
    }

    @Test func `a closed client calls nobody, and nobody waits for it`() async throws {
        let client = OTLPClient(Self.transport().settings, version: "1")
        client.close()
        let result = await client.call(SpanPayload.method, [], for: ProtoTraceResponse.self, timeout: .seconds(1))
        guard case .failure(let failure) = result else {
            Issue.record("it is called")
            return
        }
        #expect(failure == .closed)
        try await client.sleep(for: .seconds(3600))
        await client.run()
    }

    @Test func `who waits to call again goes on when the client is closed`() async throws {
        let client = OTLPClient(Self.transport().settings, version: "1")
        async let wait: Void = client.sleep(for: .seconds(3600))
        client.close()
        try await wait
    }
}
