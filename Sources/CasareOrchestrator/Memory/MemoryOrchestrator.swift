package import CasareEngine
package import CasareStore
package import CasareTelemetry
package import Logging
import ServiceLifecycle
package import Tracing

/// The API's most used routes on a queue in memory, for where there is no database. The others say what they need.
///
/// What is due and what has run out needs no background loop here: the queue looks at its clock whenever it is used.
package struct MemoryOrchestrator: Service, CustomStringConvertible {
    private let server: APIServer
    private let waitingRoom: WaitingRoom
    private let queue: SharedMemoryQueue
    private let metrics: OrchestratorMetrics
    private let logger: Logger

    package init(
        host: String, port: Int, queue: SharedMemoryQueue, token: SoleToken, catalogue: NodeCatalogue, logger: Logger,
        registry: MetricRegistry? = nil, tracer: any Tracer = NoOpTracer()
    ) {
        let waitingRoom = WaitingRoom()
        let metrics = OrchestratorMetrics(registry ?? MetricRegistry(logger: logger))
        MemoryGauges.register(in: metrics.registry, reading: queue)
        let routes = MemoryRoutes(
            queue: queue, catalogue: catalogue, waitingRoom: waitingRoom, metrics: metrics)
        self.queue = queue
        self.metrics = metrics
        self.waitingRoom = waitingRoom
        self.logger = logger
        self.server = APIServer(
            host: host, port: port, table: RouteTable(routes.table), services: nil,
            authenticator: Authenticator { token.principal(showing: $0) }, metrics: metrics, tracer: tracer,
            logger: logger)
    }

    /// What a `ServiceGroup` calls it in the log, in place of all that it has.
    package var description: String { "MemoryOrchestrator" }

    /// The port that it listens on; waits until it does.
    ///
    /// - Throws: why it does not and will not.
    package var boundPort: Int {
        get async throws { try await self.server.boundPort.value }
    }

    /// Serves until a graceful shutdown.
    ///
    /// - Throws: `OrchestratorError` when it cannot listen.
    package func run() async throws {
        let observation = self.queue.observe { [waitingRoom, metrics] changes in
            metrics.ended(changes.ended)
            for job in changes.jobs { waitingRoom.wake(.job(job)) }
        }
        defer { self.queue.end(observation) }
        do {
            let parts: [any Service] = [self.server.service, WaitingRoomCloser(waitingRoom: self.waitingRoom)]
            try await ServiceGroup(configuration: .init(services: parts, logger: self.logger)).run()
            self.server.stopped()
        } catch {
            throw self.server.failed(error)
        }
    }
}
