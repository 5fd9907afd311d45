package import CasareDomain
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// By what a process is told from the others of its program.
package enum ServiceInstance: Hashable, Sendable {
    /// By nothing that outlives it.
    case random
    /// By the robot that it is: another process of the same robot takes its place.
    case robot(Robot.ID)

    /// As OpenTelemetry recommends it for `service.instance.id`: a random UUID, or one of version 5 of what stays the
    /// same, in a namespace of its own.
    package var id: String {
        switch self {
        case .random: UUID().uuidString.lowercased()
        case .robot(let robot):
            UUID.version5(of: robot.rawValue, in: Self.namespace).uuidString.lowercased()
        }
    }

    /// OpenTelemetry's conventions, `service.instance.id`: 4d63009a-8d0f-11ee-aad7-4c796ed8e320.
    private static let namespace = UUID(
        uuid: (
            0x4D, 0x63, 0x00, 0x9A, 0x8D, 0x0F, 0x11, 0xEE, 0xAA, 0xD7, 0x4C, 0x79, 0x6E, 0xD8, 0xE3, 0x20
        ))
}

extension Resource {
    /// What a process says of itself. Call it once, at the start: a random instance is another one each time.
    ///
    /// What the program itself knows for sure comes first (the robot that it is, and what makes its telemetry), then
    /// `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, and what is found out here.
    ///
    /// - Parameters:
    ///   - service: what the program is called where nobody calls it otherwise.
    ///   - version: of Casare.
    package static func detected(
        service: TelemetryProgram, version: String, instance: ServiceInstance = .random, settings: TelemetrySettings
    ) -> Resource {
        self.detected(
            service: service, version: version, instance: instance, settings: settings, process: .current)
    }

    static func detected(
        service: TelemetryProgram, version: String, instance: ServiceInstance, settings: TelemetrySettings,
        process: ProcessDescription
    ) -> Resource {
        var attributes = process.attributes
        attributes["service.name"] = .string(service.rawValue)
        attributes["service.version"] = .string(version)
        attributes["service.instance.id"] = .string(instance.id)
        attributes.merge(settings.givenAttributes) { _, given in given }
        attributes["telemetry.sdk.language"] = "swift"
        attributes["telemetry.sdk.name"] = "casare"
        attributes["telemetry.sdk.version"] = .string(version)
        switch instance {
        case .robot(let robot): attributes[.robot] = .string(robot.rawValue)
        case .random: break
        }
        return Resource(attributes: attributes)
    }
}

/// What is found out of a process; what cannot be is left out.
struct ProcessDescription: Hashable, Sendable {
    var hostName: String?
    var osType: String
    var id: Int
    var executableName: String?
    var runtimeVersion: String?

    var attributes: [AttributeKey: AttributeValue] {
        var attributes: [AttributeKey: AttributeValue] = [
            "os.type": .string(self.osType), "process.pid": .int(self.id), "process.runtime.name": "swift",
        ]
        attributes["host.name"] = self.hostName.map(AttributeValue.string)
        attributes["process.executable.name"] = self.executableName.map(AttributeValue.string)
        attributes["process.runtime.version"] = self.runtimeVersion.map(AttributeValue.string)
        return attributes
    }

    static var current: ProcessDescription {
        ProcessDescription(
            hostName: Self.currentHostName, osType: Self.currentOS, id: Int(getpid()),
            executableName: Self.currentExecutable, runtimeVersion: Self.currentRuntimeVersion)
    }

    #if os(Linux)
        private static let currentOS = "linux"
    #else
        private static let currentOS = "darwin"
    #endif

    /// The runtime does not say which it is, so this is the compiler's; nothing, of one that is not known here.
    private static var currentRuntimeVersion: String? {
        #if compiler(>=6.4)
            return nil
        #elseif compiler(>=6.3)
            return "6.3"
        #else
            return "6.2"
        #endif
    }

    private static var currentHostName: String? {
        let name = ProcessInfo.processInfo.hostName
        return name.isEmpty ? nil : name
    }

    /// The file that runs, whatever it was called by.
    private static var currentExecutable: String? {
        let path = realpath("/proc/self/exe", nil).map { path in
            defer { free(path) }
            return String(cString: path)
        }
        let name = (path ?? CommandLine.arguments.first)?.split(separator: "/").last
        return name.map { String($0) }
    }
}
