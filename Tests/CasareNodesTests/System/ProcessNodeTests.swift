import CasareDomain
import CasareEngine
@testable import CasareNodes
import Glibc
import Testing

@Suite struct ProcessNodeTests {
    @Test func `processes are listed with what they are`() async throws {
        try await withRunFolder { folder async throws in
            try await withOwnProcess(in: folder) { process async throws in
                let found = try await folder.perform(
                    "ProcessListNode", ["filter_name": .string(process.name.lowercased())])
                #expect(found["count"] == 1)
                let item = try #require(found["processes"]?.list?.first?.object)
                #expect(
                    item.keys == ["pid", "name", "status", "cpu_percent", "memory_mb", "username", "create_time"])
                #expect(item["pid"] == .int(process.id))
                #expect(item["name"] == .string(process.name))
                // On a busy machine it may not have come to its sleep yet.
                #expect([.string("sleeping"), .string("running")].contains(item["status"]))
                #expect(item["memory_mb"]?.double.map { $0 > 0 && $0 < 100 } == true)
                #expect(item["cpu_percent"]?.double.map { $0 >= 0 && $0 <= 100 } == true)
                #expect(item["username"]?.string == getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) })
                let all = try await folder.perform("ProcessListNode", ["include_details": false])
                let list = try #require(all["processes"]?.list)
                #expect(all["count"] == .int(list.count))
                #expect(list.allSatisfy { $0.object?.keys == ["pid", "name"] })
                #expect(list.contains(["pid": .int(process.id), "name": .string(process.name)]))
                #expect(try await folder.perform("ProcessListNode", ["filter_name": "no such name"])["count"] == 0)
            }
        }
    }

    private static func kill(_ text: String, in folder: RunFolder, _ inputs: Object = [:]) async throws -> Object {
        try await folder.perform("ProcessKillNode", inputs.merging(["pid_or_name": .string(text)]))
    }

    @Test func `a process ends by its number`() async throws {
        try await withRunFolder { folder in
            try await withOwnProcess(in: folder) { process async throws in
                let killed = try await Self.kill(String(process.id), in: folder)
                #expect(killed == ["killed_count": 1, "success": true])
                #expect(try await process.endingSignal() == Int(SIGTERM))
            }
        }
    }

    @Test func `processes end by their exact name, all that have it`() async throws {
        let name = OwnProcess.freshName()
        try await withRunFolder { folder in
            try await withOwnProcess(in: folder, named: name) { first in
                try await withOwnProcess(in: folder, named: name) { second in
                    try await withOwnProcess(in: folder, named: "\(name)x") { other async throws in
                        let part = try await Self.kill(String(name.dropLast()), in: folder)
                        #expect(part == ["killed_count": 0, "success": false])
                        #expect(try await Self.kill(name, in: folder) == ["killed_count": 2, "success": true])
                        #expect(try await first.endingSignal() == Int(SIGTERM))
                        #expect(try await second.endingSignal() == Int(SIGTERM))
                        #expect(other.isLiving)
                    }
                }
            }
        }
    }

    @Test(arguments: [["force": true, "timeout": 60], ["timeout": 1]] as [Object])
    func `one that does not listen is killed, at once or when its time is up`(inputs: Object) async throws {
        try await withRunFolder { folder in
            try await withOwnProcess(in: folder, isStubborn: true) { process async throws in
                let killed = try await Self.kill(process.name, in: folder, inputs)
                #expect(killed == ["killed_count": 1, "success": true])
                #expect(try await process.endingSignal() == Int(SIGKILL))
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

    private static func process(_ id: pid_t) -> ProcessTable.Process {
        ProcessTable.Process(
            id: id, name: "p\(id)", state: "S", startedAfterTicks: 1, cpuTicks: 0, residentBytes: 0, userID: 0)
    }

    @Test(
        arguments: [
            (0, 0, .reached), (0, EPERM, .reached), (-1, ESRCH, .reached), (-1, EPERM, .refused),
            (-1, EINVAL, .refused),
        ] as [(Int32, Int32, ProcessActions.SignalAnswer)])
    func `a signal has reached who has it, or is gone`(
        result: Int32, error: Int32, answer: ProcessActions.SignalAnswer
    ) {
        #expect(ProcessActions.SignalAnswer(result: result, error: error) == answer)
    }

    @Test func `that the account may end none of them is a failure, and some is none`() throws {
        let targets = [Self.process(2), Self.process(3)]
        let failure = #expect(throws: NodeFailure.self) {
            _ = try ProcessActions.reached(among: targets, [.refused, .refused], meant: "p")
        }
        #expect(failure?.type == "PermissionError")
        #expect(failure?.message == "This account may not end p: the process belongs to another one")
        #expect(failure?.outputs == ["killed_count": 0, "success": false])
        #expect(try ProcessActions.reached(among: targets, [.refused, .reached], meant: "p") == [targets[1]])
        #expect(try ProcessActions.reached(among: targets, [.reached, .reached], meant: "p") == targets)
    }

    /// A process that this account may not end; there is none for root. Who owns its folder in /proc does not tell:
    /// that of an own process may be root's (proc(5)).
    static func othersProcess() throws -> pid_t? {
        try ProcessTable.all().first { process in
            process.id > 1 && process.isLiving && Glibc.kill(process.id, 0) != 0 && errno == EPERM
        }?.id
    }

    @Test(.enabled("no process is out of this account's reach") { try ProcessNodeTests.othersProcess() != nil })
    func `another account's process is refused`() async throws {
        try await withRunFolder { folder in
            let id = try #require(try Self.othersProcess())
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
