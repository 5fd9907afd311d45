import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

enum DoctorRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/doctor/db", .needs(.tenantSettings),
            "What is wrong with the database, and what to do about it: a finding for each check. For tokens of the "
                + "tenant default.", Self.database)
    ]

    private static func database(_ request: APIRequest) async throws -> DoctorReport {
        // It is the database of all tenants.
        guard request.principal.tenant == .default else {
            throw APIProblem(
                .insufficientPermissions,
                "doctor tells of the database of all tenants; ask it with a token of the tenant default")
        }
        let configuration = request.services.database.configuration
        let lettersMax = request.services.lettersMax
        let findings = try await request.services.examinations.pass {
            try await Doctor.examine(configuration, lettersMax: lettersMax)
        }
        return DoctorReport(
            Doctor.judged(findings, with: request.services.providerBoard.health), checkedAt: Date())
    }
}
