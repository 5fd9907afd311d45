import AsyncHTTPClient
import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareTestSupport
import CasareWire
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

/// An orchestrator that speaks TLS, and who gets in.
struct TLSServingTests {
    private static let viewer = "the viewer"

    @Test func `a client that knows the authority is served, and one that knows another is not`() async throws {
        try await TLSFixture.with { fixture in
            #expect(try await fixture.name() == Self.viewer)
            try TestIdentity.replace("\(fixture.folder)/other.pem", with: fixture.certificates.otherAuthority.pem)
            let other = try await fixture.name(TLSSettings(authorityFile: "\(fixture.folder)/other.pem"))
            #expect(other.contains("CASARE_CA_FILE"), "\(other)")
            #expect(
                try await ServedCertificate.fingerprint(of: fixture.server.url)
                    == fixture.certificates.server.fingerprint)
        }
    }

    @Test func `metrics say over which scheme requests came, and when the certificate ends`() async throws {
        try await TLSFixture.with { fixture in
            let name = try await fixture.name()
            #expect(name == Self.viewer)
            var configuration = HTTPClient.Configuration()
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file("\(fixture.folder)/ca.pem")
            configuration.tlsConfiguration = tls
            let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            var request = HTTPClientRequest(url: fixture.server.url + "/metrics")
            request.headers.add(name: "Authorization", value: "Bearer \(fixture.server.tokens[.viewer] ?? "")")
            let answer = await Result<String, any Error> {
                let response = try await http.execute(request, timeout: .seconds(60))
                return String(buffer: try await response.body.collect(upTo: 1 << 20))
            }
            try await http.shutdown()
            let text = try answer.get()
            #expect(text.contains("url_scheme=\"https\"") && !text.contains("url_scheme=\"http\""))
            #expect(text.contains("\ncasare_tls_certificate_expiry_seconds "))
        }
    }

    @Test func `events are followed over TLS`() async throws {
        try await TLSFixture.with { fixture in
            try await fixture.withClient { client in
                var events = client.openEvents(EventQuery(kinds: [.submitted])).makeAsyncIterator()
                guard case .caughtUp = try await events.next() else {
                    Issue.record("The stream did not begin")
                    return
                }
                let job = try await fixture.withClient(.operator) { try await Self.submit($0, fixture) }
                guard case .event(let event) = try await events.next() else {
                    Issue.record("No event came")
                    return
                }
                #expect(event.job == job)
            }
            let (trusting, other) = (fixture.trusting, TLSSettings())
            for (settings, opens) in [(trusting, true), (other, false)] {
                let error = try await fixture.withClient(.viewer, settings) { client -> ClientError? in
                    var events = client.openEvents().makeAsyncIterator()
                    do throws(ClientError) {
                        _ = try await events.next()
                        return nil
                    } catch {
                        return error
                    }
                }
                #expect((error == nil) == opens)
                if let error { #expect(error.description.contains("CASARE_CA_FILE"), "\(error)") }
            }
        }
    }

    private static func submit(_ client: CasareClient, _ fixture: TLSFixture) async throws -> Job.ID? {
        try await fixture.withClient(.developer) { developer in
            let document = OrchestratorFixture.document("invoices")
            _ = try await developer.pushWorkflow(PushWorkflowRequest(document: document))
        }
        return try await client.submit([SubmitJobRequest(workflow: "invoices")]).first?.id
    }

    @Test func `plain HTTP to the port of TLS is told what to write instead`() async throws {
        try await TLSFixture.with { fixture async throws in
            let url = fixture.server.url.replacing("https://", with: "http://")
            let error = await #expect(throws: ClientError.self) {
                try await fixture.withClient(url: url) { try await $0.identity() }
            }
            let text = error?.description ?? ""
            #expect(text.contains("this port speaks TLS only; write https://"), "\(text)")
            // And the others are served as before.
            #expect(try await fixture.name() == Self.viewer)
        }
    }

    @Test func `TLS to a plain port is told that none is spoken there`() async throws {
        try await OrchestratorFixture.with { server in
            var configuration = CasareClient.Configuration(
                url: server.url.replacing("http://", with: "https://"), token: server.tokens[.viewer])
            configuration.retriesMax = 0
            let error = try await withCasareClient(configuration) { client in
                await #expect(throws: ClientError.self) { try await client.identity() }
            }
            let text = error?.description ?? ""
            #expect(text.contains("TLS could not be set up: it is not spoken there"), "\(text)")
        }
    }

    // MARK: Certificates of clients

    @Test(arguments: [ServerTLS.Clients?.none, .optional])
    func `who has no certificate gets in with a token, and one that is shown must count`(
        clients: ServerTLS.Clients?
    ) async throws {
        try await TLSFixture.with(clients: clients) { fixture in
            #expect(try await fixture.name() == Self.viewer)
            #expect(try await fixture.name(try fixture.showing(fixture.certificates.client)) == Self.viewer)
            let foreign = try await fixture.name(try fixture.showing(fixture.certificates.foreignClient, as: "foreign"))
            #expect(foreign.contains("CASARE_CLIENT_CERTIFICATE") && foreign.contains("no authority"), "\(foreign)")
            let ended = try await fixture.name(try fixture.showing(fixture.certificates.expiredClient, as: "expired"))
            #expect(ended.contains("CASARE_CLIENT_CERTIFICATE") && ended.contains("has ended"), "\(ended)")
        }
    }

    @Test func `where certificates are required nobody gets in without one, whatever their token`() async throws {
        try await TLSFixture.with(clients: .required) { fixture in
            let without = try await fixture.name()
            #expect(without.contains("set CASARE_CLIENT_CERTIFICATE and CASARE_CLIENT_KEY"), "\(without)")
            #expect(try await fixture.name(try fixture.showing(fixture.certificates.client)) == Self.viewer)
        }
    }

    @Test func `where no certificates are asked for, none is looked at`() async throws {
        try await TLSFixture.with(clients: .off) { fixture in
            let foreign = try fixture.showing(fixture.certificates.foreignClient)
            #expect(try await fixture.name(foreign) == Self.viewer)
        }
        try await TLSFixture.with(hasClientAuthority: false) { fixture in
            let foreign = try fixture.showing(fixture.certificates.foreignClient)
            // Once the server knows that it has no authority of its own.
            try await eventually("it is let in") { try await fixture.name(foreign) == Self.viewer ? true : nil }
        }
    }

    @Test func `a client that renews its certificate in place goes on with the new one`() async throws {
        try await TLSFixture.with(clients: .required) { fixture in
            let settings = try fixture.showing(fixture.certificates.client)
            try await fixture.withClient(.viewer, settings) { client in
                #expect(try await client.identity().name == Self.viewer)
                // One that does not count shows that it is looked at.
                _ = try fixture.showing(fixture.certificates.foreignClient)
                let error = await #expect(throws: ClientError.self) { try await client.identity() }
                #expect(error?.description.contains("CASARE_CLIENT_CERTIFICATE") == true)
                _ = try fixture.showing(fixture.certificates.client)
                #expect(try await client.identity().name == Self.viewer)
            }
        }
    }
}
