import CasareDomain
import FoundationEssentials
import Testing

struct ScheduleOverlapTests {
    private static func fired(
        _ overlap: ScheduleSpec.Overlap, running: Int = 0, buffered: Int = 0, at seconds: Double = 60
    ) throws -> [String] {
        let machine = try ScheduleMachine { $0.overlap = overlap }
        return ScheduleMachine.text(machine.due(seconds, running: running, buffered: buffered))
    }

    @Test(arguments: ScheduleSpec.Overlap.allCases)
    func `with nothing under way every policy fires`(overlap: ScheduleSpec.Overlap) throws {
        #expect(try Self.fired(overlap) == ["fire 60"])
    }

    @Test(
        arguments: [
            (.skip, "skip 60-60 (1) overlap"), (.bufferOne, "buffer 60"), (.bufferAll, "buffer 60"),
            (.cancelOther, "fire 60"), (.terminateOther, "fire 60"), (.allowAll, "fire 60"),
        ] as [(ScheduleSpec.Overlap, String)])
    func `while a job is under way each policy does what it says`(
        overlap: ScheduleSpec.Overlap, expected: String
    ) throws {
        #expect(try Self.fired(overlap, running: 1) == [expected])
    }

    @Test func `only two policies end the jobs that are under way`() {
        #expect(ScheduleSpec.Overlap.allCases.filter(\.endsOthers) == [.cancelOther, .terminateOther])
    }

    @Test func `as many ticks wait as may, and the next is skipped`() throws {
        #expect(try Self.fired(.bufferOne, running: 1, buffered: 1) == ["skip 60-60 (1) buffer_full"])
        #expect(try Self.fired(.bufferAll, running: 1, buffered: 99) == ["buffer 60"])
        #expect(try Self.fired(.bufferAll, running: 1, buffered: 100) == ["skip 60-60 (1) buffer_full"])
    }

    @Test func `a tick does not overtake those that wait`() throws {
        #expect(try Self.fired(.bufferAll, buffered: 1) == ["buffer 60"])
        #expect(try Self.fired(.bufferOne, buffered: 1) == ["skip 60-60 (1) buffer_full"])
    }

    @Test(
        arguments: [
            (.skip, ["fire 60", "skip 120-180 (2) overlap"]),
            (.bufferOne, ["fire 60", "buffer 120", "skip 180-180 (1) buffer_full"]),
            (.bufferAll, ["fire 60", "buffer 120", "buffer 180"]),
            (.allowAll, ["fire 60", "fire 120", "fire 180"]),
            (.cancelOther, ["skip 60-120 (2) overlap", "fire 180"]),
            (.terminateOther, ["skip 60-120 (2) overlap", "fire 180"]),
        ] as [(ScheduleSpec.Overlap, [String])])
    func `of several ticks at once the first keeps the others back`(
        overlap: ScheduleSpec.Overlap, expected: [String]
    ) throws {
        let machine = try ScheduleMachine {
            $0.overlap = overlap
            $0.catchUp = ScheduleSpec.CatchUp(policy: .all)
        }
        let actions = machine.due(180)
        #expect(ScheduleMachine.text(actions).map { $0.replacing("late", with: "fire") } == expected)
    }
}
