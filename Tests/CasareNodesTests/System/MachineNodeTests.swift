import CasareDomain
import CasareEngine
import FoundationEssentials
import Glibc
import Testing

@Suite struct MachineNodeTests {
    @Test func `the machine tells what it is and how busy it is`() async throws {
        try await withRunFolder { folder in
            let outputs = try await folder.perform("SystemInfoNode")
            let info = try #require(outputs["info"]?.object)
            #expect(info.keys == ["os", "cpu", "ram", "disk", "network"])
            let os = try #require(info["os"]?.object)
            #expect(os.keys == ["system", "release", "version", "machine", "processor", "hostname"])
            #expect(os["system"] == "Linux")
            #expect(outputs["os_name"] == "Linux")
            let hostName = try String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8)
            #expect(os["hostname"] == .string(String(hostName.prefix { $0 != "\n" })))
            let cpu = try #require(info["cpu"]?.object)
            #expect(cpu.keys == ["percent", "cores_physical", "cores_logical", "frequency_mhz"])
            #expect(cpu["cores_logical"] == .int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
            #expect(cpu["cores_physical"]?.int.map { $0 > 0 } == true)
            let ram = try #require(info["ram"]?.object)
            #expect(ram.keys == ["total_gb", "available_gb", "used_gb", "percent"])
            let bytes = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(getpagesize())
            #expect(ram["total_gb"]?.double.map { abs($0 - bytes / 1_073_741_824) < 0.1 } == true)
            let network = try #require(info["network"]?.object)
            #expect(network.keys == ["bytes_sent", "bytes_recv", "interfaces"])
            #expect(network["interfaces"]?.list?.contains("lo") == true)
            for disk in try #require(info["disk"]?.list) {
                #expect(
                    disk.object?.keys == [
                        "device", "mountpoint", "fstype", "total_gb", "used_gb", "free_gb", "percent",
                    ])
            }
            for name in ["cpu_percent", "ram_percent", "disk_percent"] {
                #expect(outputs[name]?.double.map { (0...100).contains($0) } == true, "\(name)")
            }
        }
    }

    @Test(arguments: ["os", "cpu", "ram", "disk", "network"])
    func `one part alone is told when that is wanted`(part: String) async throws {
        try await withRunFolder { folder in
            let outputs = try await folder.perform("SystemInfoNode", ["info_type": .string(part)])
            #expect(outputs["info"]?.object?.keys == [part])
            #expect(outputs["os_name"] == "Linux")
            #expect(outputs["ram_percent"]?.double != nil)
        }
    }

    @Test(arguments: [
        ("true", true), ("no", false), ("{{n}} > 3", true), ("n == 4", false), ("value == 'x'", true),
        ("{{value}}", true), ("", false), ("any other text", true),
    ])
    func `a condition holds or fails`(condition: String, holds: Bool) throws {
        let inputs: Object = ["condition": .string(condition), "value": "x", "assert_message": "Not so"]
        let told = try PureCall("AssertSystemNode", inputs.merging(["fail_on_false": false]), variables: ["n": 5])
        #expect(told.result.outputs == ["passed": .bool(holds), "message": holds ? "" : "Not so"])
        let failure = PureCall.failure("AssertSystemNode", inputs, variables: ["n": 5])
        #expect((failure == nil) == holds)
        if let failure {
            #expect(failure.message == "Not so")
            #expect(failure.outputs["passed"] == false)
        }
    }

    @Test func `a condition that is no expression fails clearly, a missing one too`() async throws {
        #expect(PureCall.failure("AssertSystemNode", ["condition": "{{n}} >"])?.type == "ExpressionError")
        let run = try await StandardRun(["s": ("StartNode", [:]), "a": ("AssertSystemNode", [:])], ["s > a"])
        #expect(run.failure?.message.contains("'condition' has no value") == true)
    }

    @Test func `lines are added to a log file, one for each of the message`() async throws {
        try await withRunFolder { folder async throws in
            var folder = folder
            folder.now = { Date(timeIntervalSince1970: 1_700_000_000) }
            let first = try await folder.perform(
                "LogToFileNode", ["log_file_path": "logs/run.log", "log_message": "one\ntwo", "level": "ERROR"])
            #expect(first == ["success": true, "lines_written": 2])
            _ = try await folder.perform("LogToFileNode", ["log_file_path": "logs/run.log", "log_message": "three"])
            let lines = try folder.read("logs/run.log").split(separator: "\n")
            #expect(lines.count == 3)
            for (line, ending) in zip(lines, ["] [ERROR] one", "] [ERROR] two", "] [INFO] three"]) {
                #expect(line.hasPrefix("[2023-11-1"))
                #expect(line.hasSuffix(ending))
                #expect(line.count == "[2023-11-14 22:13:20".count + ending.count)
            }
            let plain: Object = [
                "log_file_path": "logs/run.log", "log_message": "new", "append": false, "add_timestamp": false,
            ]
            _ = try await folder.perform("LogToFileNode", plain)
            #expect(try folder.read("logs/run.log") == "[INFO] new\n")
        }
    }

    @Test(arguments: [("/proc/x", "PathSecurityError"), ("../x", "PathSecurityError"), (".", "ValueError")])
    func `a log goes where files may`(path: String, type: String) async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure(
                "LogToFileNode", ["log_file_path": .string(path), "log_message": "x"])
            #expect(failure.type == type)
            #expect(failure.outputs["success"] == false)
        }
    }

    @Test func `effects`() {
        #expect(RunFolder.type("SystemInfoNode").effect == .captured)
        #expect(RunFolder.type("AssertSystemNode").effect == .pure)
        let type = RunFolder.type("LogToFileNode")
        #expect(type.effectFor?([:]) == .effect)
        #expect(type.effectFor?(["append": "{{x}}"]) == .effect)
        #expect(type.effectFor?(["append": false]) == .idempotent)
    }

    @Test(
        arguments: [
            ("SystemInfoNode", ["info_type": "gpu"], "info_type must be one of: os, cpu, ram, disk, network, all"),
            (
                "FileWatcherNode", ["watch_path": ".", "events": "move"],
                "events must be one of: create, modify, delete, all"
            ),
            ("FileWatcherNode", ["watch_path": ".", "timeout": 0], "timeout must be between 1 and 3600, not 0"),
            ("FileWatcherNode", [:], "'watch_path' has no value"),
            ("ProcessKillNode", ["timeout": 61], "timeout must be between 1 and 60, not 61"),
            (
                "LogToFileNode", ["log_file_path": "x", "log_message": "x", "level": "LOUD"],
                "level must be one of: DEBUG, INFO, WARNING, ERROR"
            ),
            ("LogToFileNode", ["log_file_path": "x"], "'log_message' has no value"),
        ] as [(String, Object, String)])
    func `bad input fails before anything is done`(name: String, config: Object, message: String) async throws {
        try await withRunFolder { folder in
            let chain = try NodeChain([.init("s", "StartNode"), .init("n", name, config)], in: folder.path)
            let failure = try await chain.finish().failure
            #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "it succeeded")")
            #expect(try folder.names == [])
        }
    }
}
