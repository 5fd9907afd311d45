public import CasareWire

extension CasareClient {
    /// What is wrong with the server's database, and what to do about it.
    public func databaseReport() async throws(ClientError) -> DoctorReport {
        try await self.get("\(Self.apiPath)/doctor/db")
    }

    /// What people did to queues, waiting jobs, robots and workflows, the latest first.
    ///
    /// - Parameters:
    ///   - subject: the name of a queue, robot or workflow, or a job's ID; `nil` for all.
    ///   - noun: `queue`, `job`, `robot` or `workflow`, where that name stands for more than one thing.
    public func actions(
        of subject: String? = nil, noun: String? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> ControlActionPage {
        try await self.get(
            "\(Self.apiPath)/actions",
            [("subject", subject), ("noun", noun), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }
}
