import CasareDomain
import FoundationEssentials
import Testing

struct RobotTests {
    private static let noon = Date(timeIntervalSince1970: 1_767_268_800)

    private static func robot(
        _ status: Robot.Status, slotsInUse: Int, wedgedBy cause: Robot.Wedge.Cause? = nil
    ) throws -> Robot {
        let wedge = cause.map { Robot.Wedge(cause: $0, since: Self.noon, job: nil) }
        return Robot(
            id: try #require(Robot.ID(rawValue: "r1")), environment: "default", tags: [], capabilities: [], slots: 2,
            sessions: 1, status: status, slotsInUse: slotsInUse, lastSeenAt: nil, registeredAt: Self.noon,
            control: Robot.Control(wedge: wedge))
    }

    @Test func `a robot that one job holds up takes others while it has a slot for them`() throws {
        #expect(try Self.robot(.wedged, slotsInUse: 1, wedgedBy: .jobOverdue).takesJobs)
        #expect(try !Self.robot(.wedged, slotsInUse: 2, wedgedBy: .jobOverdue).takesJobs)
        #expect(try !Self.robot(.wedged, slotsInUse: 0, wedgedBy: .notAsking).takesJobs)
    }

    @Test(arguments: [Robot.Status.live, .busy, .cordoned, .draining, .stale, .offline])
    func `a busy robot takes jobs when it has a slot again, one that is to end or gone does not`(
        status: Robot.Status
    ) throws {
        #expect(try Self.robot(status, slotsInUse: 2).takesJobs == [.live, .busy].contains(status))
    }
}
