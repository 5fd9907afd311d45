import CasareDomain

extension APIRequest {
    /// A schedule that waits for what happens to secrets tells which there are, in its history, to everybody who reads
    /// that: it is for somebody to make who may see them.
    ///
    /// - Throws: 403 where the caller may not.
    func requireSight(ofSecretsIn spec: ScheduleSpec) throws(APIProblem) {
        guard case .event(let event) = spec.timing, event.kinds.contains(where: { $0.subject != .job }) else { return }
        try self.require(.credentialRead)
    }
}
