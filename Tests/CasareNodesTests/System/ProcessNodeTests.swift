import CasareDomain
import CasareEngine
import Glibc
import Testing

@Suite struct ProcessNodeTests {
    @Test func `processes are listed with what they are`() async throws {
        try await withRunFolder { folder in
            let process = try await OwnProcess(in: folder)
            defer { process.end() }
            let found = try await folder.perform(
                "ProcessListNode", ["filter_name": .string(process.name.lowercased())])
            #expect(found["count"] == 1)
            let item = try #require(found["processes"]?.list?.first?.object)
            #expect(
                item.keys == ["pid", "name", "status", "cpu_percent", "memory_mb", "username", "create_time"])
            #expect(item["pid"] == .int(Int(process.id)))
            #expect(item["name"] == .string(process.name))
            #expect(item["status"] == "sleeping")
            #expect(item["memory_mb"]?.double.map { $0 > 0 && $0 < 100 } == true)
            #expect(item["cpu_percent"]?.double.map { $0 >= 0 && $0 <= 100 } == true)
            #expect(item["username"]?.string == getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) })
            let all = try await folder.perform("ProcessListNode", ["include_details": false])
            let list = try #require(all["processes"]?.list)
            #expect(all["count"] == .int(list.count))
            #expect(list.allSatisfy { $0.object?.keys == ["pid", "name"] })
            #expect(list.contains(["pid": .int(Int(process.id)), "name": .string(process.name)]))
            #expect(try await folder.perform("ProcessListNode", ["filter_name": "no such name"])["count"] == 0)
        }
    }

    @Test func `a process ends by its number, or by its exact name with all that have it`() async throws {
        try await withRunFolder { folder async throws in
            let one = try await OwnProcess(in: folder)
            let byNumber = try await folder.perform("ProcessKillNode", ["pid_or_name": .string(String(one.id))])
            #expect(byNumber == ["killed_count": 1, "success": true])
            #expect(one.endingSignal() == SIGTERM)

            let name = OwnProcess.freshName()
            let (first, second) = (
                try await OwnProcess(in: folder, named: name), try await OwnProcess(in: folder, named: name)
            )
            let other = try await OwnProcess(in: folder, named: "\(name)x")
            defer { other.end() }
            let part = try await folder.perform("ProcessKillNode", ["pid_or_name": .string(String(name.dropLast()))])
            #expect(part == ["killed_count": 0, "success": false])
            let byName = try await folder.perform("ProcessKillNode", ["pid_or_name": .string(name)])
            #expect(byName == ["killed_count": 2, "success": true])
            #expect(first.endingSignal() == SIGTERM)
            #expect(second.endingSignal() == SIGTERM)
            #expect(other.endingSignal() == nil)
        }
    }

    @Test func `one that does not listen is killed, at once or when its time is up`() async throws {
        try await withRunFolder { folder async throws in
            for inputs in [["force": true, "timeout": 60], ["timeout": 1]] as [Object] {
                let process = try await OwnProcess(in: folder, isStubborn: true)
                let killed = try await folder.perform(
                    "ProcessKillNode", inputs.merging(["pid_or_name": .string(process.name)]))
                #expect(killed == ["killed_count": 1, "success": true])
                #expect(process.endingSignal() == SIGKILL)
            }
        }
    }

    @Test func `that nothing has the name or number is no failure`() async throws {
        try await withRunFolder { folder in
            for text in ["", "  ", "no such process", "99999999999999999999", "4194305", "+"] {
                let outputs = try await folder.perform("ProcessKillNode", ["pid_or_name": .string(text)])
                #expect(outputs == ["killed_count": 0, "success": false], "\(text)")
            }
        }
    }

    @Test func `neither the first process, nor a group, nor the robot itself is ended`() async throws {
        try await withRunFolder { folder in
            for number in [0, 1, -1, -2, Int(getpid()), Int.min] {
                let failure = try await folder.failure("ProcessKillNode", ["pid_or_name": .string(" \(number) ")])
                #expect(failure.type == "SecurityError")
                #expect(failure.message == "The process \(number) is not the workflow's to end")
                #expect(failure.outputs["success"] == false)
            }
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may end every process"))
    func `another account's process is refused`() async throws {
        try await withRunFolder { folder in
            let all = try await folder.perform("ProcessListNode")
            let own = getpwuid(getuid()).map { Value.string(String(cString: $0.pointee.pw_name)) }
            let other = all["processes"]?.list?.first { item in
                item["username"] != own && item["pid"] != 1 && item["status"] != "zombie"
            }
            guard let id = other?["pid"]?.int else { return }
            let failure = try await folder.failure("ProcessKillNode", ["pid_or_name": .string(String(id))])
            #expect(failure.type == "PermissionError")
            #expect(failure.outputs == ["killed_count": 0, "success": false])
        }
    }

    @Test func `other names and effects`() {
        #expect(RunFolder.type("ProcessListNode").effect == .captured)
        let type = RunFolder.type("ProcessKillNode")
        #expect(type.effect == .effect)
        #expect(type.parameters.first { $0.name == "pid_or_name" }?.aliases.map(\.name) == ["process_name"])
    }
}
