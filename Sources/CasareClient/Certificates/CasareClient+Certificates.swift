public import CasareDomain
public import CasareWire

/// Robots that show certificates instead of tokens.
extension CasareClient {
    /// - Returns: the token itself, which cannot be seen again, and what is kept of it.
    public func createEnrolment(
        _ request: CreateEnrolmentRequest
    ) async throws(ClientError) -> CreateEnrolmentResponse {
        try await self.post("\(Self.apiPath)/robots/enrolments", request)
    }

    public func enrolments(limit: Int? = nil, cursor: String? = nil) async throws(ClientError) -> EnrolmentPage {
        try await self.get(
            "\(Self.apiPath)/robots/enrolments", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func revokeEnrolment(_ id: String) async throws(ClientError) -> EnrolmentInfo {
        try await self.delete("\(Self.apiPath)/robots/enrolments/\(percentEncoded(id))")
    }

    /// Asks for a robot's first certificate. It takes no other token than that of the enrolment.
    public func enrol(_ request: EnrolRequest) async throws(ClientError) -> EnrolResponse {
        try await self.post("\(Self.apiPath)/enrol", request)
    }

    /// Renews the certificate that this client shows.
    public func renewCertificate(
        of robot: Robot.ID, _ request: RenewCertificateRequest
    ) async throws(ClientError) -> SignedCertificate {
        try await self.post("\(Self.apiPath)/robots/\(robot)/certificate", request, mayRepeat: true)
    }

    /// - Parameter robot: `nil`: of all robots.
    public func certificates(
        of robot: Robot.ID?, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> RobotCertificatePage {
        let path = robot.map { "\(Self.apiPath)/robots/\($0)/certificates" } ?? "\(Self.apiPath)/robots/certificates"
        return try await self.get(path, [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func revokeCertificate(
        _ serial: String, of robot: Robot.ID, reason: String? = nil
    ) async throws(ClientError) -> RobotCertificateInfo {
        try await self.post(
            "\(Self.apiPath)/robots/\(robot)/certificates/\(percentEncoded(serial))/revoke",
            RevokeCertificateRequest(reason: reason), mayRepeat: true)
    }

    /// The authorities whose certificates of robots count, and what the server shows of its own. It takes no token.
    public func authorities() async throws(ClientError) -> AuthoritiesResponse {
        try await self.get("\(Self.apiPath)/ca")
    }

    public func rotateAuthority(reason: String? = nil) async throws(ClientError) -> AuthoritiesResponse {
        try await self.post("\(Self.apiPath)/ca/rotate", RotateAuthorityRequest(reason: reason))
    }
}
