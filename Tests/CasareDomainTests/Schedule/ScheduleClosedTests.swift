import CasareDomain
import FoundationEssentials
import Testing

/// Calendars and blackouts.
struct ScheduleClosedTests {
    /// From second 100 to before second 200.
    private static func blackout() throws -> Blackout {
        try Blackout(name: "release", .once(from: ScheduleMachine.at(100), to: ScheduleMachine.at(200)))
    }

    private static func machine(
        _ onClosed: ScheduleSpec.OnClosed, _ change: (inout ScheduleSpec) -> Void = { _ in }
    ) throws -> ScheduleMachine {
        let blackout = try Self.blackout()
        return try ScheduleMachine {
            $0.blackouts = [blackout]
            $0.onClosed = onClosed
            $0.overlap = .allowAll
            change(&$0)
        }
    }

    @Test func `ticks in a blackout are skipped, each at its time`() throws {
        let machine = try Self.machine(.skip)
        #expect(ScheduleMachine.text(machine.due(60)) == ["fire 60"])
        #expect(machine.dueSeconds == 120)
        #expect(ScheduleMachine.text(machine.due(120)) == ["skip 120-120 (1) blackout"])
        #expect(ScheduleMachine.text(machine.due(180)) == ["skip 180-180 (1) blackout"])
        #expect(ScheduleMachine.text(machine.due(240)) == ["fire 240"])
    }

    @Test func `the first tick of a closed time is postponed to its end, and stands for the others`() throws {
        let machine = try Self.machine(.postpone)
        _ = machine.due(60)
        #expect(machine.nextSeconds == 120 && machine.dueSeconds == 200)
        #expect(machine.due(199) == [])
        #expect(ScheduleMachine.text(machine.due(200)) == ["fire 120", "skip 180-180 (1) blackout"])
        #expect(machine.nextSeconds == 240 && machine.dueSeconds == 240)
    }

    @Test func `how late a postponed tick is counts from the end of the closed time`() throws {
        let machine = try Self.machine(.postpone)
        _ = machine.due(60)
        let outage = try Self.machine(.postpone)
        _ = outage.due(60)
        #expect(ScheduleMachine.text(machine.due(239)).first == "fire 120")
        #expect(
            ScheduleMachine.text(outage.due(261)) == [
                "skip 120-120 (1) missed", "skip 180-180 (1) blackout", "fire 240",
            ])
    }

    @Test func `a calendar that is closed is another reason than a blackout`() throws {
        let weekdays = BusinessCalendar(name: "weekdays")
        // Friday, Saturday, Sunday and Monday at noon.
        let machine = try ScheduleMachine(.cron(ScheduleSpec.Cron("0 12 * * *")), calendar: weekdays) {
            $0.calendar = "weekdays"
            $0.startsAt = ScheduleMachine.at(86_400)
        }
        let noons = (1...4).map { Double($0) * 86_400 + 43_200 }
        #expect(ScheduleMachine.text(machine.due(noons[0])) == ["fire \(Int(noons[0]))"])
        #expect(ScheduleMachine.text(machine.due(noons[1])) == ["skip \(Int(noons[1]))-\(Int(noons[1])) (1) calendar"])
        #expect(ScheduleMachine.text(machine.due(noons[2])) == ["skip \(Int(noons[2]))-\(Int(noons[2])) (1) calendar"])
        #expect(ScheduleMachine.text(machine.due(noons[3])) == ["fire \(Int(noons[3]))"])
    }

    @Test func `a weekend is postponed to Monday`() throws {
        let machine = try ScheduleMachine(
            .cron(ScheduleSpec.Cron("0 12 * * *")), calendar: BusinessCalendar(name: "weekdays")
        ) {
            $0.onClosed = .postpone
            $0.startsAt = ScheduleMachine.at(2 * 86_400)
        }
        let monday = 4.0 * 86_400
        #expect(machine.dueSeconds == monday)
        #expect(
            ScheduleMachine.text(machine.due(monday)) == ["fire 216000", "skip 302400-302400 (1) calendar"])
        #expect(machine.nextSeconds == monday + 43_200)
    }

    @Test func `a calendar whose zone is not known lets nothing fire, and says that it is not understood`() throws {
        let machine = try ScheduleMachine(calendar: BusinessCalendar(name: "odd", zone: "Mars/Base"))
        #expect(ScheduleMachine.text(machine.due(60)) == ["skip 60-60 (1) invalid"])
    }

    @Test func `what never opens again is skipped`() throws {
        let calendar = BusinessCalendar(name: "closed", workingHours: [:])
        let machine = try ScheduleMachine(calendar: calendar) { $0.onClosed = .postpone }
        #expect(ScheduleMachine.text(machine.due(60)) == ["skip 60-60 (1) calendar"])
    }

    @Test func `a blackout for other workflows does not count`() throws {
        let blackout = try Blackout(
            .once(from: ScheduleMachine.at(0), to: ScheduleMachine.at(1000)), workflows: ["payments"])
        let machine = try ScheduleMachine { $0.blackouts = [blackout] }
        #expect(ScheduleMachine.text(machine.due(60)) == ["fire 60"])
    }

    // MARK: - Without times

    private static func happened(
        _ machine: ScheduleMachine, _ seconds: Double, running: Int = 0, buffered: Int = 0
    ) -> [String] {
        let action = machine.state.happened(
            Tick(at: ScheduleMachine.at(seconds)), running: running, buffered: buffered, hours: machine.hours)
        return ScheduleMachine.text(action.map { [$0] } ?? [])
    }

    private static let event = ScheduleSpec.Timing.event(ScheduleSpec.Event(kinds: [.failed]))

    @Test func `what happens fires, within its start and its end and as often as it may`() throws {
        let machine = try ScheduleMachine(Self.event) {
            $0.startsAt = ScheduleMachine.at(10)
            $0.endsAt = ScheduleMachine.at(20)
            $0.runs = 2
        }
        #expect(Self.happened(machine, 9) == ["skip 9-9 (1) ended"])
        #expect(Self.happened(machine, 10) == ["fire 10"])
        #expect(Self.happened(machine, 11, running: 1) == ["skip 11-11 (1) overlap"])
        #expect(Self.happened(machine, 20) == ["fire 20"])
        #expect(Self.happened(machine, 20.5) == ["skip 20-20 (1) ended"])
        #expect(machine.state.remainingRuns == 0)
    }

    @Test func `what happens in a pause is skipped`() throws {
        let machine = try ScheduleMachine(Self.event)
        machine.state.pause(Schedule.Pause(at: ScheduleMachine.at(0), by: "anna", until: ScheduleMachine.at(50)))
        #expect(Self.happened(machine, 49) == ["skip 49-49 (1) paused"])
        #expect(Self.happened(machine, 50) == ["fire 50"])
    }

    @Test func `what happens in a blackout waits for its end once`() throws {
        let blackout = try Self.blackout()
        let machine = try ScheduleMachine(Self.event) {
            $0.blackouts = [blackout]
            $0.onClosed = .postpone
        }
        #expect(Self.happened(machine, 150) == [])
        #expect(machine.nextSeconds == 150 && machine.dueSeconds == 200)
        #expect(Self.happened(machine, 160) == ["skip 160-160 (1) blackout"])
        #expect(machine.due(199) == [])
        #expect(ScheduleMachine.text(machine.due(200)) == ["fire 150"])
        #expect(machine.nextSeconds == nil && machine.dueSeconds == nil)
        #expect(Self.happened(machine, 201) == ["fire 201"])
    }
}
