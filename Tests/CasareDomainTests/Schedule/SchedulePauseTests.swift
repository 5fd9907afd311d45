import CasareDomain
import FoundationEssentials
import Testing

struct SchedulePauseTests {
    private static func paused(at seconds: Double = 30, until: Double? = nil) throws -> ScheduleMachine {
        let machine = try ScheduleMachine()
        machine.state.pause(
            Schedule.Pause(
                at: ScheduleMachine.at(seconds), by: "anna", reason: "release", until: until.map(ScheduleMachine.at)))
        return machine
    }

    @Test func `nothing fires while it is paused, and it is not asked again`() throws {
        let machine = try Self.paused()
        #expect(machine.dueSeconds == nil && machine.nextSeconds == 60)
        #expect(ScheduleMachine.text(machine.due(200)) == ["skip 60-180 (3) paused"])
        #expect(machine.dueSeconds == nil && machine.nextSeconds == 240 && machine.state.pause != nil)
        #expect(machine.due(201) == [])
    }

    @Test func `it goes on with the next tick after it was resumed`() throws {
        let machine = try Self.paused()
        #expect(ScheduleMachine.text(machine.resume(240)) == ["skip 60-240 (4) paused"])
        #expect(machine.state.pause == nil && machine.nextSeconds == 300 && machine.dueSeconds == 300)
        #expect(ScheduleMachine.text(machine.due(300)) == ["fire 300"])
    }

    @Test func `a pause ends by itself`() throws {
        let machine = try Self.paused(until: 120)
        #expect(machine.dueSeconds == 120)
        #expect(ScheduleMachine.text(machine.due(119)) == ["skip 60-60 (1) paused"])
        #expect(machine.dueSeconds == 120 && machine.state.pause != nil)
        #expect(ScheduleMachine.text(machine.due(120)) == ["skip 120-120 (1) paused"])
        #expect(machine.state.pause == nil && machine.dueSeconds == 180)
    }

    @Test func `ticks after the end of a pause are not part of it`() throws {
        let machine = try Self.paused(until: 125)
        #expect(ScheduleMachine.text(machine.due(185)) == ["skip 60-120 (2) paused", "fire 180"])
    }

    @Test func `resuming what is not paused changes nothing`() throws {
        let machine = try ScheduleMachine()
        #expect(machine.resume(90) == [] && machine.nextSeconds == 60)
        #expect(ScheduleMachine.text(machine.due(90)) == ["fire 60"])
    }

    @Test func `a long pause is gone through in steps`() throws {
        let machine = try ScheduleMachine(.interval(ScheduleSpec.Interval(seconds: 1)))
        machine.state.pause(Schedule.Pause(at: ScheduleMachine.at(0), by: "anna"))
        var spans = [machine.resume(25_000)]
        #expect(machine.state.isPartial && machine.dueSeconds == 25_000)
        while machine.state.isPartial, spans.count < 10 { spans.append(machine.due(25_003)) }
        #expect(
            spans.map(ScheduleMachine.text) == [
                ["skip 1-10000 (10000) paused"], ["skip 10001-20000 (10000) paused"],
                ["skip 20001-25000 (5000) paused", "fire 25001", "skip 25002-25003 (2) overlap"],
            ])
        #expect(machine.state.pause == nil)
    }

    @Test func `a pause of a schedule without times ends by itself too`() throws {
        let machine = try ScheduleMachine(.event(ScheduleSpec.Event(kinds: [.failed])))
        #expect(machine.dueSeconds == nil)
        machine.state.pause(
            Schedule.Pause(at: ScheduleMachine.at(0), by: "anna", until: ScheduleMachine.at(100)))
        #expect(machine.dueSeconds == 100)
        #expect(machine.due(100) == [] && machine.state.pause == nil && machine.dueSeconds == nil)
    }

    @Test func `it pauses itself after so many failures in a row`() throws {
        let machine = try ScheduleMachine { $0.pauseAfterFailures = 3 }
        #expect(!machine.jobFailed(61))
        #expect(!machine.jobFailed(62))
        machine.state.jobCompleted()
        #expect(machine.state.failuresInARow == 0)
        #expect(!machine.jobFailed(63))
        #expect(!machine.jobFailed(64))
        #expect(machine.jobFailed(65))
        let pause = try #require(machine.state.pause)
        #expect(pause.isByItself && pause.by == Schedule.ownName && pause.at == ScheduleMachine.at(65))
        #expect(pause.until == nil && pause.reason?.contains("3 jobs in a row") == true)
        // It says so once.
        #expect(!machine.jobFailed(66))
        _ = machine.resume(70)
        #expect(machine.state.failuresInARow == 0 && machine.state.pause == nil)
    }

    @Test func `without a limit it goes on failing`() throws {
        let machine = try ScheduleMachine()
        for second in 0..<100 {
            #expect(!machine.jobFailed(Double(second)))
        }
        #expect(machine.state.failuresInARow == 100 && machine.state.pause == nil)
    }
}
