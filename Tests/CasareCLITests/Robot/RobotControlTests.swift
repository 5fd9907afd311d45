import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

struct RobotControlTests {
    @Test func `robots' IDs come from arguments or from stdin, one of each`() throws {
        let ids = try RobotIDs(["-"]) { "r1\nr2 r1\n" }
        #expect(ids.all.map(\.rawValue) == ["r1", "r2"])
        #expect(try RobotIDs(["r2", "r2"]) { "" }.all.map(\.rawValue) == ["r2"])
        for wrong in ["", "a/b"] {
            let failure = #expect(throws: CommandFailure.self) { try RobotIDs(["-"]) { wrong } }
            #expect(failure?.status == .usage)
        }
    }

    @Test func `robots that merely have not ended in time end a command as one of them does`() async {
        func ending(_ failures: [String: ExitReason]) async -> ExitReason? {
            let items = failures.keys.sorted().map { Selection.Item(id: $0, detail: "") }
            let outcome = await BulkOutcome<RobotInfo>.of(items, verb: "wait for") { item in
                throw CommandFailure(failures[item.id] ?? .failure, "\(item.id) is not done")
            }
            do throws(CommandFailure) {
                try RobotControlOptions.check(outcome, Selection(items: items, noun: "robot"))
                return nil
            } catch {
                return error.status
            }
        }
        #expect(await ending([:]) == nil)
        #expect(await ending(["a": .waitTimedOut]) == .waitTimedOut)
        #expect(await ending(["a": .waitTimedOut, "b": .waitTimedOut]) == .waitTimedOut)
        #expect(await ending(["a": .waitTimedOut, "b": .conflict]) == .partOfBulkFailed)
    }

    @Test func `what register does not name stays, and tags can be taken away`() throws {
        let known = RobotInfo(
            Robot(
                id: try #require(Robot.ID(rawValue: "r1")), environment: "prod", tags: ["a"], capabilities: ["x"],
                slots: 3, sessions: 2, status: .live, slotsInUse: 4, lastSeenAt: nil, registeredAt: Date(),
                cordonedAt: nil,
                control: Robot.Control()))
        func request(_ options: String...) throws -> RegisterRobotRequest {
            let command = try Casarectl.parseAsRoot(["robot", "register", "r1"] + options)
            return try #require(command as? RobotCommand.Register).request(known)
        }
        let slots = try request("--slots", "8")
        #expect(slots.slots == 8 && slots.environment == "prod" && slots.tags == ["a"] && slots.capabilities == ["x"])
        #expect(try request("--tag", "b", "--tag", "c").tags == ["b", "c"])
        // Of both of its sessions together there are six.
        #expect(try request("--tag", "b").slots == 3 && known.slots == 6)
        #expect(known.why == "2 processes run under its ID: give each a CASARE_ROBOT_ID of its own")
        let text = try OutputOptions.parse([]).render(
            try known.presentation(saying: nil), in: RenderContext(width: nil, usesColour: false, now: Date()))
        #expect(text.contains("4 of 6 in use") && text.contains("2, with 3 slots each"), "\(text)")
        let none = try request("--no-tags")
        #expect(none.tags.isEmpty && none.capabilities == ["x"])
        #expect(try request("--no-capabilities").capabilities.isEmpty)
    }
}
