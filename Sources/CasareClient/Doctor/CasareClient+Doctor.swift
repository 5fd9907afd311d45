public import CasareWire

extension CasareClient {
    /// What is wrong with the server's database, and what to do about it.
    public func databaseReport() async throws(ClientError) -> DoctorReport {
        try await self.get("\(Self.apiPath)/doctor/db")
    }

    /// What people did to queues, waiting jobs and robots, the latest first.
    ///
    /// - Parameter subject: the name of a queue or robot, or a job's ID; `nil` for all.
    public func actions(
        of subject: String? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> ControlActionPage {
        try await self.get(
            "\(Self.apiPath)/actions",
            [("subject", subject), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }
}
