import CasareDomain
import CasareEngine
import CasarePostgres
import CasareStore
import CasareWire

extension APIRequest {
    // MARK: - As anybody may see them; call within `inTenant`

    func shown(_ queue: ItemQueue, on connection: isolated PostgresConnection) throws -> ItemQueueInfo {
        try self.shown(StartVariables(queue.rules.performer), on: connection).hidden(in: ItemQueueInfo(queue))
    }

    /// Values of variables that the workflows of performers declare sensitive are hidden.
    func shown(_ queues: [ItemQueue], on connection: isolated PostgresConnection) throws -> [ItemQueueInfo] {
        let shown = try self.shown(queues.map { StartVariables($0.rules.performer) }, on: connection)
        return zip(queues, shown).map { queue, shown in shown.hidden(in: ItemQueueInfo(queue)) }
    }

    /// A change in which variables of the performer that are given as they are shown are as they were.
    func meant(
        _ change: UpdateItemQueueRequest, instead kept: ItemQueue.Rules, on connection: isolated PostgresConnection
    ) throws -> UpdateItemQueueRequest {
        guard case .set(var performer) = change.performer else { return change }
        performer.variables = try self.restored(
            performer.variables, instead: StartVariables(kept.performer), on: connection)
        var change = change
        change.performer = .set(performer)
        return change
    }
}

extension StartVariables {
    /// - Parameter performer: `nil`: there are none.
    fileprivate init(_ performer: ItemQueue.Performer?) {
        self.init(performer?.variables ?? [:], of: performer?.workflow ?? "", version: nil)
    }
}

extension ShownVariables {
    fileprivate func hidden(in queue: ItemQueueInfo) -> ItemQueueInfo {
        var info = queue
        info.performer?.variables = self.variables
        return info
    }
}
