import CasareDomain
import CasareStore
import CasareTelemetry
import CasareWire

/// Metrics for Prometheus.
enum MetricsRoutes {
    static let all: [Route] = [
        .text(
            "/metrics", .needs(.metricsRead),
            "Metrics of this orchestrator and of the whole installation, for Prometheus: as OpenMetrics where that is "
                + "asked for by Accept, else as its older text. For tokens of the tenant default.",
            mediaTypes: ["text/plain", "application/openmetrics-text"]
        ) { request in
            try await Self.reply(request, request.services.metrics.registry)
        }
    ]

    static func reply(_ request: APIRequest, _ registry: MetricRegistry) async throws -> Reply {
        // They tell of all tenants.
        guard request.principal.tenant == .default else {
            throw APIProblem(
                .insufficientPermissions, "metrics tell of all tenants; read them with a token of the tenant default")
        }
        let format = ExpositionFormat(accept: request.accept)
        let snapshot = await registry.snapshot()
        return Reply(Exposition.write(snapshot, of: registry.resource, as: format), as: format.contentType)
    }
}
