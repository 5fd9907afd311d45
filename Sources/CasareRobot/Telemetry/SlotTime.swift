import CasareTelemetry
import Synchronization

/// How long a robot's slots were busy and idle: seconds of all slots together.
///
/// It is told of every change and adds up in between; jobs that run over a change of the number of slots count as busy,
/// also where they are more than there are slots.
final class SlotTime: Sendable {
    private struct State {
        var slots: Int
        var busy = 0
        var busySeconds = 0.0
        var idleSeconds = 0.0
        var since: ContinuousClock.Instant

        mutating func pass(to now: ContinuousClock.Instant) {
            let seconds = max(0, self.since.duration(to: now) / .seconds(1))
            self.busySeconds += Double(self.busy) * seconds
            self.idleSeconds += Double(max(0, self.slots - self.busy)) * seconds
            self.since = now
        }
    }

    struct Reading: Hashable, Sendable {
        let slots: Int
        let busy: Int
        let busySeconds: Double
        let idleSeconds: Double

        /// Of the slots, how many have a job, 0 to 1.
        var utilization: Double { self.slots > 0 ? min(1, Double(self.busy) / Double(self.slots)) : 0 }
    }

    private let state: Mutex<State>

    init(slots: Int, at now: ContinuousClock.Instant = .now) {
        self.state = Mutex(State(slots: slots, since: now))
    }

    func began(at now: ContinuousClock.Instant = .now) {
        self.state.withLock { state in
            state.pass(to: now)
            state.busy += 1
        }
    }

    func ended(at now: ContinuousClock.Instant = .now) {
        self.state.withLock { state in
            state.pass(to: now)
            state.busy -= 1
        }
    }

    func changed(to slots: Int, at now: ContinuousClock.Instant = .now) {
        self.state.withLock { state in
            state.pass(to: now)
            state.slots = slots
        }
    }

    func reading(at now: ContinuousClock.Instant = .now) -> Reading {
        self.state.withLock { state in
            state.pass(to: now)
            return Reading(
                slots: state.slots, busy: state.busy, busySeconds: state.busySeconds, idleSeconds: state.idleSeconds)
        }
    }

    /// - Parameter robot: the robot's ID.
    func register(in registry: MetricRegistry, of robot: String) {
        let name = AttributeValue.string(robot)
        registry.observe([.robotTime, .robotSlotUsage, .robotSlotLimit, .robotUtilization]) { seen in
            let reading = self.reading()
            seen.observe(.robotTime, reading.busySeconds, [.robot: name, .robotState: "busy"])
            seen.observe(.robotTime, reading.idleSeconds, [.robot: name, .robotState: "idle"])
            seen.observe(.robotSlotUsage, reading.busy, [.robot: name])
            seen.observe(.robotSlotLimit, reading.slots, [.robot: name])
            seen.observe(.robotUtilization, reading.utilization, [.robot: name])
        }
    }
}
