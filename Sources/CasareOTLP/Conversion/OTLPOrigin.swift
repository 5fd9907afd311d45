import CasareTelemetry
import OTLPProtos

/// Where everything in a request comes from: the program, and the part of it that made it.
struct OTLPOrigin: Sendable {
    /// The conventions that names and attributes follow.
    static let schemaURL = "https://opentelemetry.io/schemas/1.44.0"
    private static let scopeName = "casare"

    let resource: ProtoResource
    private let version: String

    /// - Parameter version: of Casare.
    init(_ resource: Resource, version: String) {
        var proto = ProtoResource()
        proto.attributes = ProtoKeyValue.list(resource.attributes)
        self.resource = proto
        self.version = version
    }

    /// Of everything that Casare makes itself.
    var scope: ProtoScope { self.scope(named: Self.scopeName) }

    func scope(named name: String) -> ProtoScope {
        var scope = ProtoScope()
        scope.name = name
        scope.version = self.version
        return scope
    }
}
