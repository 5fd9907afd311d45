import CasareWire
import FoundationEssentials
import Synchronization

/// How the background loops are doing, for the health routes.
final class LoopBoard: Sendable {
    private struct Record {
        var isHealthy = true
        var lastSuccessAt: Date?
        var problem: String?
    }

    private let records = Mutex<[String: Record]>([:])
    /// Of those that are not urgent.
    let turns: LoopTurns
    let metrics: LoopMetrics

    /// - Parameter turns: how many loops that are not urgent may work at a time.
    init(turns: Int, metrics: LoopMetrics) {
        self.turns = LoopTurns(turns)
        self.metrics = metrics
    }

    var loops: [ReadyResponse.Loop] {
        self.records.withLock { records in
            records.sorted { $0.key < $1.key }.map { name, record in
                ReadyResponse.Loop(
                    name: name, isHealthy: record.isHealthy, lastSuccessAt: record.lastSuccessAt,
                    problem: record.problem)
            }
        }
    }

    /// - Returns: whether it failed the time before.
    func succeeded(_ name: String) -> Bool {
        self.records.withLock { records in
            let failedBefore = records[name]?.isHealthy == false
            records[name] = Record(lastSuccessAt: Date())
            return failedBefore
        }
    }

    /// - Returns: whether it had not failed the time before.
    func failed(_ name: String, _ problem: String) -> Bool {
        self.records.withLock { records in
            let succeededBefore = records[name]?.isHealthy ?? true
            records[name, default: Record()].isHealthy = false
            records[name]?.problem = problem
            return succeededBefore
        }
    }
}
