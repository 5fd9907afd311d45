import CasareDomain
import CasareStore
import CasareTelemetry
import FoundationEssentials

/// What can be seen of a queue in memory: how many jobs there are, dead letters and robots. It knows no schedules, no
/// pauses of queues, and no acknowledged letters.
enum MemoryGauges {
    static func register(in registry: MetricRegistry, reading queue: SharedMemoryQueue) {
        registry.observe([.queueDepth, .robotRegistered, .robotLastHeartbeat, .robotStopped]) { seen in
            let looked = try? queue.access { queue, now throws(StoreError) in
                (queues: queue.overview(now: now).queues, robots: queue.robots(limit: .max, now: now))
            }
            guard let looked else { return }  // Nothing of it throws.
            for one in looked.queues {
                let name = AttributeValue.string(one.name)
                seen.observe(.queueDepth, one.ready.value, [.queue: name, .jobState: "ready"])
                seen.observe(.queueDepth, one.scheduled.value, [.queue: name, .jobState: "scheduled"])
                seen.observe(.queueDepth, one.running, [.queue: name, .jobState: "running"])
            }
            SharedGauges.observe(looked.robots.map(GaugeStore.Robot.init), &seen)
        }
    }
}

extension GaugeStore.Robot {
    init(_ robot: CasareDomain.Robot) {
        let state: State =
            switch robot.status {
            case .live: .idle
            case .busy: .busy
            case .wedged: robot.slotsInUse < robot.slotsInAll ? .idle : .busy
            case .cordoned: .cordoned
            case .draining: .draining
            case .stale, .offline: .offline
            }
        self.init(name: robot.id.rawValue, state: state, seenSeconds: robot.lastSeenAt?.timeIntervalSince1970)
    }
}
