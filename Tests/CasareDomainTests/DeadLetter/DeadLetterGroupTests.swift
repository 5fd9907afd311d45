import CasareDomain
import FoundationEssentials
import Testing

struct DeadLetterGroupTests {
    private typealias Share = DeadLetterGroup.Share

    private static func group(
        failures: Int, successes: Int, _ shares: [DeadLetterGroup.Factor: [Share]]
    ) -> DeadLetterGroup {
        DeadLetterGroup(
            fingerprint: "f", workflow: .new(at: Date(timeIntervalSince1970: 1_767_268_800)), workflowName: "invoices",
            count: failures,
            openCount: failures, firstOpenedAt: .distantPast, lastOpenedAt: .distantPast,
            failure: Failure(kind: .application, message: "m", type: "T"),
            sample: .new(at: Date(timeIntervalSince1970: 1_767_268_800)),
            successCount: successes, shares: shares)
    }

    @Test func `a version that all failures and no success ran is the explanation`() {
        let group = Self.group(
            failures: 2000, successes: 12,
            [
                .version: [
                    Share(value: "4", failures: 2000, successes: 0), Share(value: "3", failures: 0, successes: 12),
                ],
                .robot: [
                    Share(value: "r1", failures: 1000, successes: 6), Share(value: "r2", failures: 1000, successes: 6),
                ],
            ])
        #expect(group.explanation?.factor == .version && group.explanation?.value == "4")
        #expect(group.explanation?.text == "all 2000 ran version 4; 12 of 12 successes ran version 3")
        #expect(group.versions.map(\.value) == ["4", "3"] && group.robots.map(\.value) == ["r1", "r2"])
    }

    @Test(arguments: [
        // Of ten failures and ten successes: so many of each are of the robot.
        (8, 2, true), (7, 2, false), (8, 3, false), (10, 0, true), (10, 10, false),
    ])
    func `a value is said when most failures and few successes have it`(failures: Int, successes: Int, isSaid: Bool) {
        let group = Self.group(
            failures: 10, successes: 10,
            [
                .robot: [
                    Share(value: "r1", failures: failures, successes: successes),
                    Share(value: "r2", failures: 10 - failures, successes: 10 - successes),
                ]
            ])
        #expect(group.explanation.map(\.value) == (isSaid ? "r1" : nil))
        if (failures, successes) == (8, 2) {
            #expect(group.explanation?.text == "8 of 10 ran on r1; 8 of 10 successes ran on r2")
        }
    }

    @Test(arguments: [(4, 5, false), (5, 4, false), (5, 5, true)])
    func `few samples explain nothing`(failures: Int, successes: Int, isSaid: Bool) {
        let group = Self.group(
            failures: failures, successes: successes,
            [
                .hour: [
                    Share(value: "2026-01-01T12:00:00Z", failures: failures, successes: 0),
                    Share(value: "2026-01-01T11:00:00Z", failures: 0, successes: successes),
                ]
            ])
        #expect((group.explanation != nil) == isSaid)
    }

    @Test func `what separates best is said, and of equals the version`() {
        let partly = Share(value: "4", failures: 9, successes: 0)
        let wholly = Share(value: "r1", failures: 10, successes: 0)
        #expect(
            Self.group(failures: 10, successes: 10, [.version: [partly], .robot: [wholly]]).explanation?.factor
                == .robot)
        let version = Share(value: "4", failures: 10, successes: 0)
        #expect(
            Self.group(failures: 10, successes: 10, [.robot: [wholly], .version: [version]]).explanation?.factor
                == .version)
        // Of a single value that no success has nothing more can be told.
        #expect(
            Self.group(failures: 10, successes: 10, [.version: [version]]).explanation?.text
                == "all 10 ran version 4; 0 of 10 successes did")
    }

    @Test func `a list of shares ends, the most frequent first`() {
        let shares = (1...30).map { Share(value: "r\($0)", failures: $0, successes: 0) }
        let robots = Self.group(failures: 465, successes: 0, [.robot: shares]).robots
        #expect(robots.count == DeadLetterGroup.sharesMax && robots.first?.value == "r30")
    }
}
