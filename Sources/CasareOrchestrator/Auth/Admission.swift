import CasareDomain
import CasareWire

/// By what somebody was let in, for whatever takes longer than a request: it may count no more by its end.
struct Admission: Sendable {
    let authenticator: Authenticator
    /// `nil` where no database is.
    let services: Services?
    /// The value of `Authorization`.
    let authorization: String?
    let source: NetworkAddress?
    let certificate: PeerCertificate?
    /// Of a route that is not open to everyone.
    let access: Route.Access

    /// Looks again. The answer is known for some seconds, so that this costs little.
    ///
    /// - Throws: 401 and 403 for whoever is not let in any more, and 429 for whoever is locked out: what they show is
    ///   not looked at, so that a revoked token would go on counting for as long as its bearer keeps up the lock. Who
    ///   cannot be asked about just now is still who they were.
    func check() async throws(APIProblem) {
        do {
            let caller = try await self.authenticator.stillCaller(
                authorizedBy: self.authorization, from: self.source, certificate: self.certificate, for: self.access)
            if let services = self.services {
                try await services.tenantGate.check(caller, for: self.access, in: services.database)
            }
        } catch let problem as APIProblem {
            guard problem.code.status == 503 else { throw problem }
        } catch {
            // Nobody knows just now: what is done next finds out.
        }
    }
}
