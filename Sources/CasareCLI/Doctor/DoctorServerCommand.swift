import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

extension DoctorCommand {
    struct ServerLook: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "server", abstract: "Look at the server from here.",
            discussion: """
                Whether it can be reached and knows you, versions, migrations and loops, clocks, metrics, robots, and \
                whether something listens where telemetry is to go: each check is ok, warning or critical, with what to do. Ends \
                with 1 when something is critical. casarectl doctor alone does this.
                """)
        @Option(
            help: ArgumentHelp(
                "The collector to look at, in place of OTEL_EXPORTER_OTLP_ENDPOINT. OTLP is not spoken.",
                valueName: "url"), transform: CollectorAddress.parse)
        var otlp: CollectorAddress?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        private static let collectorLimit = Duration.seconds(3)

        func run() async throws {
            try self.output.check(ServerReport.Finding.columns.map(\.heading))
            let server = try self.connection.server()
            let collector = try self.otlp ?? Self.collector(.process)
            let rules = try RuleSet.shipped()
            var findings = try await Self.look(at: server, rules)
            var problem: String?
            if let collector {
                problem = await PortProbe.problem(
                    host: collector.host, port: collector.port, limit: Self.collectorLimit)
            }
            findings.append(ServerJudgement.collector(collector, problem))
            let report = ServerReport(findings, checkedAt: Date())
            try self.output.print(try report.presentation(self.output))
            if report.level == .critical { throw QuietExit(.failure) }
        }

        private static func collector(_ environment: Environment) throws(CommandFailure) -> CollectorAddress? {
            guard let text = environment.nonEmpty("OTEL_EXPORTER_OTLP_ENDPOINT") else { return nil }
            guard let address = CollectorAddress(argument: text) else {
                throw CommandFailure(.usage, "OTEL_EXPORTER_OTLP_ENDPOINT is not \(CollectorAddress.form)")
            }
            return address
        }

        /// Where nothing answers there is nothing else to look at.
        private static func look(at server: Server, _ rules: RuleSet) async throws -> [ServerReport.Finding] {
            let token: Result<String, any Error>
            do {
                guard let fresh = try await server.freshToken() else {
                    throw CommandFailure(
                        .notSignedIn, "there is no token for \(server.url); run casarectl login --url \(server.url)")
                }
                token = .success(fresh)
            } catch {
                token = .failure(error)
            }
            var configuration = CasareClient.Configuration(
                url: server.url.text, token: try? token.get(), program: "casarectl")
            configuration.trace = InvocationTrace.current
            configuration.tls = server.tls
            var findings: [ServerReport.Finding] = []
            try await withCasareClient(configuration, tracer: InvocationTelemetry.tracer) { client in
                let asked = Date()
                let live: (live: LiveResponse, clock: Date?)
                do {
                    live = try await client.liveWithClock()
                } catch {
                    try Self.endIfInterrupted(error)
                    findings = [ServerJudgement.connection(server, error)]
                    return
                }
                let answered = Date()
                findings.append(ServerJudgement.connection(server, nil))
                let identity = await Self.result { () async throws -> IdentityResponse in
                    _ = try token.get()
                    return try await client.identity()
                }
                findings.append(ServerJudgement.identity(identity))
                findings.append(ServerJudgement.version(of: live.live.version))
                findings.append(ServerJudgement.readiness(await Self.result { try await client.ready() }))
                findings.append(ServerJudgement.clock(server: live.clock, asked: asked, answered: answered))
                let metrics = await Self.result { try await client.metrics() }
                findings.append(ServerJudgement.metrics(metrics, rules))
                if let robots = ServerJudgement.robots(metrics) { findings.append(robots) }
            }
            return findings
        }

        private static func result<Answer>(_ body: () async throws -> Answer) async -> Result<Answer, any Error> {
            do {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }

        private static func endIfInterrupted(_ error: any Error) throws {
            if ErrorReport.failure(for: error).status == .interrupted { throw error }
        }
    }
}
