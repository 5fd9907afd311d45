import CasareDomain
import CasareEngine
import FoundationEssentials
import Glibc

/// What the process nodes do.
enum ProcessActions {
    static func list(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let filter = inputs.string("filter_name").lowercased()
        let isDetailed = inputs["include_details"].bool ?? true
        let boot = try ProcessTable.bootTime()
        let now = environment.now().timeIntervalSince1970
        let processes = try ProcessTable.all().filter { filter.isEmpty || $0.name.lowercased().contains(filter) }
        let values = processes.map { process -> Value in
            var members: Object = ["pid": .int(Int(process.id)), "name": .string(process.name)]
            guard isDetailed else { return .object(members) }
            let startedAfter = Double(process.startedAfterTicks) / Double(ProcessTable.ticksPerSecond)
            let age = max(now - Double(boot) - startedAfter, 0.01)
            let cpuSeconds = Double(process.cpuTicks) / Double(ProcessTable.ticksPerSecond)
            members["status"] = .string(ProcessTable.stateName(process.state))
            // Of its whole life: there is no earlier look to compare with.
            members["cpu_percent"] = .double(Rounding.halfEven(cpuSeconds / age * 100, digits: 1))
            members["memory_mb"] = .double(Rounding.halfEven(Double(process.residentBytes) / 1_048_576, digits: 1))
            members["username"] = .string(ProcessTable.userName(process.userID))
            members["create_time"] = .string(Self.localTime(Double(boot) + startedAfter))
            return .object(members)
        }
        return NodeResult(["processes": .list(values), "count": .int(values.count)])
    }

    private static func localTime(_ seconds: Double) -> String {
        TimeZoneRules.local.civil(Moment(seconds: Int(seconds), microseconds: 0)).isoText
    }

    /// Ends processes, by number or by their exact name: never this one, nor the first of the machine.
    static func kill(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let text = inputs.string("pid_or_name").trimmed
        if text.isEmpty { return Self.killed(0, success: false) }
        let number = Int(text)
        if let number, number <= 1 || number == Int(getpid()) {
            throw NodeFailure("SecurityError", "The process \(number) is not the workflow's to end")
        }
        let targets = try await BlockingWork.run {
            try ProcessTable.all().filter { process in
                let isMeant = number.map { $0 == Int(process.id) } ?? (process.name == text)
                return isMeant && process.isLiving && process.id > 1 && process.id != getpid()
            }
        }
        if targets.isEmpty { return Self.killed(0, success: false) }
        let isForced = inputs.bool("force")
        let answers = try await BlockingWork.run { targets.map { Self.signal($0, isForced ? SIGKILL : SIGTERM) } }
        let asked = try Self.reached(among: targets, answers, meant: text)
        let seconds = inputs["timeout"].int ?? 5
        var living = try await Self.wait(for: asked, atMost: .seconds(seconds))
        if !living.isEmpty, !isForced {
            try await BlockingWork.run { [living] in
                for target in living { _ = Self.signal(target, SIGKILL) }
            }
            living = try await Self.wait(for: living, atMost: .seconds(seconds))
        }
        return Self.killed(asked.count - living.count, success: living.isEmpty && asked.count == targets.count)
    }

    private static func killed(_ count: Int, success: Bool) -> NodeResult {
        NodeResult(["killed_count": .int(count), "success": .bool(success)])
    }

    /// What came of a signal.
    enum SignalAnswer: Hashable, Sendable {
        /// It was sent, or nobody was there any more to send it to.
        case reached
        case refused

        /// - Parameter error: The number that kill(2) left when its result is not 0.
        init(result: Int32, error: Int32) {
            self = result == 0 || error == ESRCH ? .reached : .refused
        }
    }

    /// Those of the processes that a signal has reached.
    ///
    /// - Parameter answers: One for each process.
    /// - Throws: `PermissionError` when it has reached none.
    static func reached(
        among targets: [ProcessTable.Process], _ answers: [SignalAnswer], meant text: String
    ) throws(NodeFailure) -> [ProcessTable.Process] {
        let reached = zip(targets, answers).filter { $0.1 == .reached }.map(\.0)
        guard !reached.isEmpty else {
            throw NodeFailure(
                "PermissionError", "This account may not end \(text): the process belongs to another one",
                outputs: ["killed_count": 0, "success": false])
        }
        return reached
    }

    /// Sends a signal if the number still belongs to that process. Blocks.
    private static func signal(_ process: ProcessTable.Process, _ signal: Int32) -> SignalAnswer {
        guard Self.isLiving(process) else { return .reached }
        let result = Glibc.kill(process.id, signal)
        return SignalAnswer(result: result, error: errno)
    }

    /// Blocks.
    private static func isLiving(_ process: ProcessTable.Process) -> Bool {
        guard let present = ProcessTable.process(process.id) else { return false }
        return present.startedAfterTicks == process.startedAfterTicks && present.isLiving
    }

    /// Those of the processes that are still there when the time is up.
    private static func wait(
        for processes: [ProcessTable.Process], atMost limit: Duration
    ) async throws -> [ProcessTable.Process] {
        let deadline = ContinuousClock.now + limit
        var pause = Duration.milliseconds(2)
        while true {
            let living = try await BlockingWork.run { processes.filter(Self.isLiving) }
            if living.isEmpty || ContinuousClock.now >= deadline { return living }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(100))
        }
    }
}
