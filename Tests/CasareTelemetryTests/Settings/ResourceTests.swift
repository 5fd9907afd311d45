import CasareDomain
@testable import CasareTelemetry
import FoundationEssentials
import Testing

/// What a program says of itself.
struct ResourceTests {
    private static let process = ProcessDescription(
        hostName: "h1", osType: "linux", id: 42, executableName: "casare-robot", runtimeVersion: "6.3")

    private static func attributes(
        _ variables: [String: String] = [:], instance: ServiceInstance = .random
    ) throws -> [AttributeKey: AttributeValue] {
        Resource.detected(
            service: .robot, version: "1.2.3", instance: instance, settings: try TelemetrySettings.read(variables),
            process: Self.process
        ).attributes
    }

    @Test func `it says what OpenTelemetry asks for`() throws {
        var attributes = try Self.attributes()
        let instance = try #require(attributes["service.instance.id"]?.description)
        #expect(UUID(uuidString: instance) != nil && instance == instance.lowercased())
        attributes["service.instance.id"] = nil
        #expect(
            attributes == [
                "service.name": "casare-robot", "service.version": "1.2.3", "telemetry.sdk.language": "swift",
                "telemetry.sdk.name": "casare", "telemetry.sdk.version": "1.2.3", "host.name": "h1",
                "os.type": "linux", "process.pid": .int(42), "process.executable.name": "casare-robot",
                "process.runtime.name": "swift", "process.runtime.version": "6.3",
            ])
    }

    @Test func `what cannot be found out is left out`() throws {
        let unknown = ProcessDescription(
            hostName: nil, osType: "linux", id: 1, executableName: nil, runtimeVersion: nil)
        let resource = Resource.detected(
            service: .casarectl, version: "1", instance: .random, settings: TelemetrySettings(), process: unknown)
        for key in ["host.name", "process.executable.name", "process.runtime.version"] {
            #expect(resource.attributes[AttributeKey(rawValue: key)] == nil)
        }
        #expect(resource.serviceName == "casarectl")
    }

    @Test func `this process has a name, a number and a host`() {
        let process = ProcessDescription.current
        #expect(process.id > 1 && process.executableName?.isEmpty == false && process.hostName?.isEmpty == false)
        #expect(process.executableName?.contains("/") == false)
    }

    @Test func `what is given wins over what is found out, and what the program knows for sure over that`() throws {
        let robot = try #require(Robot.ID(rawValue: "r1"))
        let attributes = try Self.attributes(
            [
                "OTEL_SERVICE_NAME": "mine",
                "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,service.namespace=shop,host.name=h2,"
                    + "service.instance.id=i1,telemetry.sdk.name=fake,casare.robot.name=fake,a=%2C%3D",
            ], instance: .robot(robot))
        #expect(attributes["service.name"] == "mine" && attributes["service.namespace"] == "shop")
        #expect(attributes["host.name"] == "h2" && attributes["service.instance.id"] == "i1")
        #expect(attributes["telemetry.sdk.name"] == "casare" && attributes["casare.robot.name"] == "r1")
        #expect(attributes["a"] == ",=")
        let listed = try Self.attributes(["OTEL_RESOURCE_ATTRIBUTES": "service.name=other,service.version="])
        #expect(listed["service.name"] == "other" && listed["service.version"] == "1.2.3")
    }

    @Test(arguments: ["a", "a=1,b", "=1", "a=%", "a=%4", "a=%zz", "a=%FF", "%=1"])
    func `a list that is wrong is dropped whole, and told`(text: String) throws {
        let settings = try TelemetrySettings.read([
            "OTEL_RESOURCE_ATTRIBUTES": "good=1,\(text)", "OTEL_SERVICE_NAME": "mine",
        ])
        #expect(settings.givenAttributes == ["service.name": "mine"])
        #expect(settings.warnings.count == 1 && settings.warnings[0].hasPrefix("OTEL_RESOURCE_ATTRIBUTES is wrong"))
    }

    @Test func `blanks around members do not count, nor do empty ones, and the last of a name does`() throws {
        let settings = try TelemetrySettings.read(["OTEL_RESOURCE_ATTRIBUTES": " a = b c ,, x%2Ey=%C3%A9=1 ,a=2, "])
        #expect(settings.givenAttributes == ["a": "2", "x.y": "é=1"] && settings.warnings.isEmpty)
    }

    @Test func `a list has an end`() throws {
        func settings(_ count: Int) throws -> TelemetrySettings {
            let list = (0..<count).map { "k\($0)=v" }.joined(separator: ",")
            return try TelemetrySettings.read(["OTEL_RESOURCE_ATTRIBUTES": list])
        }
        #expect(try settings(PairList.membersMax).givenAttributes.count == PairList.membersMax)
        let more = try settings(PairList.membersMax + 1)
        #expect(more.givenAttributes.isEmpty && more.warnings.count == 1)
    }

    @Test(arguments: [
        ("OTEL_SERVICE_VERSION", "service.version"), ("OTEL_SERVICE_INSTANCE_ID", "service.instance.id"),
        ("OTEL_DEPLOYMENT_ENVIRONMENT", "deployment.environment.name"),
    ])
    func `names of before count, with a warning, where the right one says nothing`(
        variable: String, attribute: String
    ) throws {
        let key = AttributeKey(rawValue: attribute)
        let settings = try TelemetrySettings.read([variable: "x"])
        #expect(settings.givenAttributes == [key: "x"])
        #expect(settings.warnings.count == 1 && settings.warnings[0].contains(attribute))
        #expect(try Self.attributes([variable: "x"])[key] == "x")
        let both = try TelemetrySettings.read([variable: "x", "OTEL_RESOURCE_ATTRIBUTES": "\(attribute)=y"])
        #expect(both.givenAttributes == [key: "y"])
    }

    // MARK: - Instances

    @Test func `a process has an instance of its own each time, and a robot always the same`() throws {
        let (one, other) = (try #require(Robot.ID(rawValue: "r1")), try #require(Robot.ID(rawValue: "r2")))
        #expect(ServiceInstance.random.id != ServiceInstance.random.id)
        #expect(ServiceInstance.robot(one).id == ServiceInstance.robot(one).id)
        #expect(ServiceInstance.robot(one).id != ServiceInstance.robot(other).id)
        // Python: uuid.uuid5(uuid.UUID("4d63009a-8d0f-11ee-aad7-4c796ed8e320"), "r1")
        #expect(ServiceInstance.robot(one).id == "b1a92cd0-8101-568e-9520-9777ea4eb5cc")
    }

    @Test func `a UUID of version 5 is that of RFC 9562`() throws {
        let namespace = try #require(UUID(uuidString: "6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
        // Appendix A.4.
        #expect(
            UUID.version5(of: "www.example.com", in: namespace).uuidString
                == "2ED6657D-E927-568B-95E1-2665A8AEA6A2")
    }
}
