import CasareDomain
import CasareTelemetry
import FoundationEssentials
import Synchronization

/// Sends what a robot logs to where it works, for `casarectl robot logs`.
///
/// Whoever logs never waits for it, and the robot's end for no longer than `endMax`. It logs nothing itself: what it said
/// of lines that cannot be sent would be among the next ones. What is lost is counted.
final class RobotLogShipper: Sendable {
    /// From a line to when it is sent, with those that came meanwhile.
    static let interval = Duration.seconds(1)
    /// Between attempts at a server that is away, at the longest.
    private static let pauseMax = Duration.seconds(30)
    /// After a server that keeps no such lines: another may stand behind the same address by then.
    private static let pauseAfterRefusal = Duration.seconds(60)
    /// What the last lines may take at the end.
    static let endMax = Duration.seconds(2)
    /// Before what could not be sent at the end is sent again.
    private static let pauseAtEnd = Duration.milliseconds(100)
    /// Of a line's metadata.
    private static let limits = AttributeLimits(count: 32, valueLength: 1_000)

    private enum Sent {
        case done, away, refused
    }

    private let broker: any Broker
    private let robot: Robot.ID
    private let kept: KeptLog
    private let meter: RobotLogMeter
    private let interval: Duration
    private let endMax: Duration
    private let buffer = Mutex(RobotLogBuffer())
    /// Something waits to be sent. One word of it is enough, however many lines there are.
    private let words: AsyncStream<Void>
    private let word: AsyncStream<Void>.Continuation

    init(
        _ broker: any Broker, of robot: Robot.ID, keeping kept: KeptLog, meter: RobotLogMeter,
        interval: Duration = RobotLogShipper.interval, endMax: Duration = RobotLogShipper.endMax
    ) {
        self.broker = broker
        self.robot = robot
        self.kept = kept
        self.meter = meter
        self.interval = interval
        self.endMax = endMax
        (self.words, self.word) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// That of a robot whose log is to be kept: it is given from now on what the robot logs. `nil`: nothing is to be, or
    /// nobody hands it on.
    static func connected(
        to broker: any Broker, _ configuration: RobotConfiguration, _ telemetry: RobotTelemetry
    ) -> RobotLogShipper? {
        guard let kept = configuration.keptLog, let sink = telemetry.sink else { return nil }
        let shipper = RobotLogShipper(
            broker, of: configuration.description.id, keeping: kept, meter: RobotLogMeter(telemetry.metrics.registry))
        sink.connect(limits: Self.limits, takesEvents: false) { shipper.take($0) }
        return shipper
    }

    /// Takes a line, unless it is none of the robot's or not urgent enough. It never waits.
    func take(_ record: TelemetryLogRecord) {
        guard let line = Robot.LogLine(record, of: self.robot, self.kept) else { return }
        if let loss = self.buffer.withLock({ $0.logged(line) }) {
            self.meter.lost(1, loss)
        } else {
            self.word.yield()
        }
    }

    /// Runs `work`, sending meanwhile what is logged, and the rest of it then. After that no line is taken any more.
    func sending<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
        let result: Result
        do {
            result = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.sendNowAndThen() }
                defer { group.cancelAll() }
                return try await work()
            }
        } catch {
            await self.sendRest()
            throw error
        }
        await self.sendRest()
        return result
    }

    /// Until the task is cancelled.
    private func sendNowAndThen() async {
        var pause = self.interval
        for await _ in self.words {
            // Cancelled: the rest is sent by who cancelled.
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            switch await self.send() {
            case .done: pause = self.interval
            case .away: pause = min(pause * 2, Self.pauseMax)
            case .refused: pause = Self.pauseAfterRefusal
            }
            if self.buffer.withLock({ !$0.isEmpty }) { self.word.yield() }
        }
    }

    /// As much as can be sent within `endMax`.
    private func sendRest() async {
        if !Task.isCancelled, self.buffer.withLock({ !$0.isEmpty }) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    while !Task.isCancelled, self.buffer.withLock({ !$0.isEmpty }) {
                        switch await self.send() {
                        case .done, .refused: continue
                        // Cancelled when the time is up: the loop ends.
                        case .away: try? await Task.sleep(for: Self.pauseAtEnd)
                        }
                    }
                }
                group.addTask { try? await Task.sleep(for: self.endMax) }  // Cancelled when all is sent.
                await group.next()
                group.cancelAll()
            }
        }
        self.meter.lost(self.buffer.withLock { $0.close() }, .notSent)
    }

    private func send() async -> Sent {
        let report = self.buffer.withLock(\.report)
        guard !report.isEmpty else { return .done }
        do throws(BrokerError) {
            try await self.broker.keep(report, of: self.robot)
            self.meter.sent(report.count)
            let now = Date()
            self.buffer.withLock { $0.done(report, at: now) }
            return .done
        } catch {
            switch error {
            // It is sent again: what was kept of it is not kept twice.
            case .unavailable, .leaseLost, .sessionEnded, .askedToEnd: return .away
            // As by a server, or a database, of before it kept them.
            case .refused:
                self.meter.lost(report.count, .refused)
                let now = Date()
                self.buffer.withLock { $0.done(report, at: now) }
                return .refused
            }
        }
    }
}

extension Robot.LogLine {
    private static let robotKey: AttributeKey = "robot.id"

    /// - Returns: `nil` for what is no line, not the robot's, or not urgent enough.
    init?(_ record: TelemetryLogRecord, of robot: Robot.ID, _ kept: KeptLog) {
        guard record.eventName == nil, let level = Level(rawValue: record.severityText), level >= kept.level else {
            return nil
        }
        if !kept.isOfWholeProcess, record.attributes[Self.robotKey] != .string(robot.rawValue) { return nil }
        let fields = record.attributes.filter { $0.key != Self.robotKey }
            .sorted { $0.key.rawValue < $1.key.rawValue }
            .map { ($0.key.rawValue, $0.value.fieldValue) }
        self.init(
            number: 0, at: Date(timeIntervalSince1970: Double(record.at) / 1e9), level: level, label: record.scope,
            message: record.body, fields: Object(fields), traceID: record.context?.traceID,
            spanID: record.context?.spanID)
    }
}

extension AttributeValue {
    fileprivate var fieldValue: Value {
        switch self {
        case .string(let text): .string(text)
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        case .bool(let flag): .bool(flag)
        case .array(let values): .list(values.map(\.fieldValue))
        }
    }
}
