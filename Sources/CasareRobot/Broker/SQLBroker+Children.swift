package import CasareDomain
import CasareStore

/// Jobs beside the one that a lease is for.
extension SQLBroker {
    package func submit(
        _ child: ChildJob, forStep step: Int, under lease: Lease
    ) async throws(BrokerError) -> Job.ID {
        let job = try await self.inDatabase { connection in
            try ChildStore.submit(child, forStep: step, under: lease, on: connection)
        }
        if !job.isDuplicate {
            self.bell.ring(self.tenant)
            self.bell.jobChanged(job.id)
        }
        return job.id
    }

    package func ending(of child: Job.ID, under lease: Lease) async throws(BrokerError) -> ChildJob.Ending? {
        try await self.inDatabase { connection in try ChildStore.ending(of: child, under: lease, on: connection) }
    }
}
