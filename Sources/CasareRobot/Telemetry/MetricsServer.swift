package import CasareTelemetry
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle

/// Serves a robot's metrics to Prometheus, without asking who reads them. It answers nothing else.
package struct MetricsServer: Service {
    private let host: String
    private let port: Int
    private let registry: MetricRegistry
    private let resource: Resource
    private let logger: Logger
    private let onListening: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - port: 0 takes any free one.
    ///   - resource: what the process says of itself, for `target_info`.
    ///   - onListening: told the port.
    package init(
        host: String, port: Int, registry: MetricRegistry, resource: Resource, logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.registry = registry
        self.resource = resource
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until a graceful shutdown.
    ///
    /// - Throws: when it cannot listen.
    package func run() async throws {
        var serverLogger = self.logger
        serverLogger.logLevel = max(self.logger.logLevel, .notice)
        let application = Application(
            responder: CallbackResponder { [registry, resource] request, _ in
                await Self.respond(to: request, registry, resource)
            } as CallbackResponder<BasicRequestContext>,
            configuration: .init(address: .hostname(self.host, port: self.port)),
            onServerRunning: { [host, port, logger, onListening] channel in
                let number = channel.localAddress?.port ?? port
                logger.notice("Serving metrics", metadata: ["address": .string(host), "port": "\(number)"])
                onListening(number)
            }, logger: serverLogger)
        try await application.run()
    }

    private static func respond(
        to request: Request, _ registry: MetricRegistry, _ resource: Resource
    ) async -> Response {
        guard request.uri.path == "/metrics" else { return Response(status: .notFound) }
        guard request.method == .get || request.method == .head else {
            return Response(status: .methodNotAllowed, headers: [.allow: "GET, HEAD"])
        }
        let format = ExpositionFormat(accept: request.headers[.accept])
        let text = Exposition.write(await registry.snapshot(), of: resource, as: format)
        return Response(
            status: .ok, headers: [.contentType: format.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: text)))
    }
}
