import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

enum DoctorRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/doctor/db", .needs(.administer),
            "What is wrong with the database, and what to do about it: a finding for each check.", Self.database)
    ]

    private static func database(_ request: APIRequest) async throws -> DoctorReport {
        let configuration = request.services.database.configuration
        let lettersMax = request.services.lettersMax
        return DoctorReport(
            try await request.services.examinations.pass {
                try await Doctor.examine(configuration, lettersMax: lettersMax)
            }, checkedAt: Date())
    }
}
