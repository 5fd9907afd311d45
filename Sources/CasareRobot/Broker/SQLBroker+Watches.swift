package import CasareDomain
import CasareStore

/// What is watched for triggers.
extension SQLBroker {
    package func watches(holding: [Watch.Mark], limit: Int) async throws(BrokerError) -> WatchOffer {
        guard let session = self.session else { throw .sessionEnded }
        let keys = self.keys
        return try await self.inDatabase { connection in
            try WatchStore.watches(of: session.id, holding: holding, limit: limit, keys: keys, on: connection)
        }
    }

    package func report(
        _ report: WatchReport, of trigger: Trigger.ID, revision: Int, version: Int
    ) async throws(BrokerError) -> Int? {
        guard let session = self.session else { throw .sessionEnded }
        let reported = try await self.inDatabase { connection in
            try WatchStore.report(
                report, of: trigger, revision: revision, version: version, session: session.id, on: connection)
        }
        guard let reported else { return nil }
        if reported.jobs > 0 { self.bell.ring(self.tenant) }
        return reported.version
    }
}
