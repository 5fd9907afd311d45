import CasareDomain
import FoundationEssentials
import Testing

/// Starts, ends, numbers of runs, and changes.
struct ScheduleLimitTests {
    @Test func `the first tick is later than its making`() throws {
        let machine = try ScheduleMachine()
        #expect(machine.nextSeconds == 60 && machine.dueSeconds == 60)
    }

    @Test func `it fires from its start to its end, both included`() throws {
        let machine = try ScheduleMachine {
            $0.startsAt = ScheduleMachine.at(120)
            $0.endsAt = ScheduleMachine.at(180)
        }
        #expect(machine.nextSeconds == 120 && machine.due(119) == [])
        #expect(ScheduleMachine.text(machine.due(120)) == ["fire 120"])
        #expect(ScheduleMachine.text(machine.due(180)) == ["fire 180"])
        #expect(machine.nextSeconds == nil && machine.dueSeconds == nil)
        #expect(machine.due(1000) == [])
    }

    @Test func `it makes as many jobs as it may, and ends`() throws {
        let machine = try ScheduleMachine { $0.runs = 2 }
        #expect(ScheduleMachine.text(machine.due(60)) == ["fire 60"] && machine.state.remainingRuns == 1)
        #expect(ScheduleMachine.text(machine.due(120)) == ["fire 120"] && machine.state.remainingRuns == 0)
        #expect(machine.nextSeconds == nil && machine.dueSeconds == nil && machine.due(1000) == [])
    }

    @Test func `a tick that does not fire is no run, and one that waits is`() throws {
        let machine = try ScheduleMachine {
            $0.runs = 1
            $0.overlap = .bufferOne
        }
        #expect(ScheduleMachine.text(machine.due(60, running: 1, buffered: 1)) == ["skip 60-60 (1) buffer_full"])
        #expect(machine.state.remainingRuns == 1)
        #expect(ScheduleMachine.text(machine.due(120, running: 1)) == ["buffer 120"])
        #expect(machine.state.remainingRuns == 0 && machine.nextSeconds == nil)
    }

    @Test func `ticks that came due beside the last run are said to be too many`() throws {
        let machine = try ScheduleMachine {
            $0.runs = 2
            $0.overlap = .allowAll
            $0.catchUp = ScheduleSpec.CatchUp(policy: .all)
        }
        #expect(ScheduleMachine.text(machine.due(240)) == ["late 60", "late 120", "skip 180-240 (2) ended"])
        #expect(machine.nextSeconds == nil)
    }

    @Test func `another time begins anew, and another overlap policy does not`() throws {
        let machine = try ScheduleMachine()
        var spec = machine.state.spec
        spec.overlap = .allowAll
        machine.state.change(to: spec, at: ScheduleMachine.at(90), timetable: machine.timetable, hours: nil)
        #expect(machine.nextSeconds == 60 && machine.dueSeconds == 60)
        spec.timing = .interval(ScheduleSpec.Interval(seconds: 40))
        let timetable = try spec.timetable(zones: ScheduleMachine.zones, name: "nightly")
        machine.state.change(to: spec, at: ScheduleMachine.at(90), timetable: timetable, hours: nil)
        #expect(machine.nextSeconds == 120 && machine.state.spec == spec)
    }

    @Test func `more runs wake a schedule that had ended`() throws {
        let machine = try ScheduleMachine { $0.runs = 1 }
        _ = machine.due(60)
        var spec = machine.state.spec
        spec.runs = 5
        machine.state.change(to: spec, at: ScheduleMachine.at(100), timetable: machine.timetable, hours: nil)
        #expect(machine.state.remainingRuns == 5 && machine.nextSeconds == 120 && machine.dueSeconds == 120)
        // The same number again leaves what is left.
        _ = machine.due(120)
        spec.description = "more"
        machine.state.change(to: spec, at: ScheduleMachine.at(130), timetable: machine.timetable, hours: nil)
        #expect(machine.state.remainingRuns == 4)
    }

    @Test func `a change keeps a pause`() throws {
        let machine = try ScheduleMachine()
        machine.state.pause(Schedule.Pause(at: ScheduleMachine.at(1), by: "anna"))
        var spec = machine.state.spec
        spec.timing = .interval(ScheduleSpec.Interval(seconds: 40))
        let timetable = try spec.timetable(zones: ScheduleMachine.zones, name: "nightly")
        machine.state.change(to: spec, at: ScheduleMachine.at(90), timetable: timetable, hours: nil)
        #expect(machine.nextSeconds == 120 && machine.dueSeconds == nil && machine.state.pause != nil)
    }

    @Test func `a tick that was promised fires though the timetable has it no more`() throws {
        // As when the rules of a zone have changed since.
        let machine = try ScheduleMachine()
        machine.timetable = try ScheduleSpec(
            timing: .interval(ScheduleSpec.Interval(seconds: 60, from: ScheduleMachine.at(7))), workflow: "invoices"
        ).timetable(zones: ScheduleMachine.zones, name: "nightly")
        #expect(ScheduleMachine.text(machine.due(60)) == ["fire 60"])
        #expect(machine.nextSeconds == 67)
    }

    // MARK: - The status

    private static func schedule(
        _ timing: ScheduleSpec.Timing = .interval(ScheduleSpec.Interval(seconds: 60)), pause: Schedule.Pause? = nil,
        nextTick: Date? = nil, remainingRuns: Int? = nil
    ) -> Schedule {
        Schedule(
            id: ScheduleMachine.id, name: "nightly", spec: ScheduleSpec(timing: timing, workflow: "invoices"),
            revision: 1, pause: pause, nextTick: nextTick, dueAt: nextTick, remainingRuns: remainingRuns,
            failuresInARow: 0, lastTick: nil, lastJob: nil, managedBy: nil, createdAt: ScheduleMachine.start,
            createdBy: "anna", updatedAt: ScheduleMachine.start, updatedBy: "anna")
    }

    @Test func `the status says how it stands`() {
        let tick = ScheduleMachine.at(60)
        let pause = Schedule.Pause(at: ScheduleMachine.start, by: "anna", until: ScheduleMachine.at(100))
        let event = ScheduleSpec.Timing.event(ScheduleSpec.Event(kinds: [.failed]))
        #expect(Self.schedule(nextTick: tick).status == .active)
        #expect(Self.schedule().status == .ended)
        #expect(Self.schedule(pause: pause, nextTick: tick).status == .paused)
        #expect(Self.schedule(event).status == .waiting)
        #expect(Self.schedule(event, pause: pause).status == .paused)
        #expect(Self.schedule(event, remainingRuns: 0).status == .ended)
    }

    @Test func `a pause holds until its end, which does not belong to it`() {
        let pause = Schedule.Pause(at: ScheduleMachine.start, by: "anna", until: ScheduleMachine.at(100))
        #expect(Self.schedule(pause: pause).isPaused(at: ScheduleMachine.at(99.9)))
        #expect(!Self.schedule(pause: pause).isPaused(at: ScheduleMachine.at(100)))
        #expect(!Self.schedule().isPaused(at: ScheduleMachine.start))
        let open = Schedule.Pause(at: ScheduleMachine.start, by: "anna")
        #expect(Self.schedule(pause: open).isPaused(at: ScheduleMachine.at(1e9)))
    }
}
