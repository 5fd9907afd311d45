import CasareDomain
import FoundationEssentials
import Testing

struct ScheduleCatchUpTests {
    private static func machine(
        _ policy: ScheduleSpec.CatchUp.Policy, max: Int = 5, windowSeconds: Double = 86_400, every seconds: Int = 60
    ) throws -> ScheduleMachine {
        try ScheduleMachine(.interval(ScheduleSpec.Interval(seconds: seconds))) {
            $0.overlap = .allowAll
            $0.catchUp = ScheduleSpec.CatchUp(policy: policy, max: max, windowSeconds: windowSeconds)
        }
    }

    private static func actions(
        _ policy: ScheduleSpec.CatchUp.Policy, max: Int = 5, windowSeconds: Double = 86_400, every seconds: Int = 60,
        at now: Double
    ) throws -> [String] {
        let machine = try self.machine(policy, max: max, windowSeconds: windowSeconds, every: seconds)
        return ScheduleMachine.text(machine.due(now))
    }

    @Test(arguments: ScheduleSpec.CatchUp.Policy.allCases)
    func `a tick that is taken up within a minute is on time`(policy: ScheduleSpec.CatchUp.Policy) throws {
        #expect(try Self.actions(policy, every: 600, at: 600) == ["fire 600"])
        #expect(try Self.actions(policy, every: 600, at: 660) == ["fire 600"])
    }

    @Test(
        arguments: [
            (.none, "skip 600-600 (1) missed"), (.latest, "late 600"), (.all, "late 600"),
        ] as [(ScheduleSpec.CatchUp.Policy, String)])
    func `one that is later is for the policy`(policy: ScheduleSpec.CatchUp.Policy, expected: String) throws {
        #expect(try Self.actions(policy, every: 600, at: 660.001) == [expected])
    }

    @Test func `nothing is made up for, but the tick of now fires`() throws {
        #expect(try Self.actions(.none, every: 600, at: 3000) == ["skip 600-2400 (4) missed", "fire 3000"])
    }

    @Test func `the latest one fires when no later one fires anyhow`() throws {
        #expect(try Self.actions(.latest, every: 600, at: 3100) == ["skip 600-2400 (4) missed", "late 3000"])
        #expect(try Self.actions(.latest, every: 600, at: 3060) == ["skip 600-2400 (4) missed", "fire 3000"])
    }

    @Test func `of all the newest fire, up to the cap`() throws {
        #expect(try Self.actions(.all, max: 3, every: 600, at: 1900) == ["late 600", "late 1200", "late 1800"])
        #expect(
            try Self.actions(.all, max: 3, every: 600, at: 2500)
                == ["skip 600-600 (1) missed", "late 1200", "late 1800", "late 2400"])
        // The one that is on time is beside the cap.
        #expect(
            try Self.actions(.all, max: 3, every: 600, at: 2400)
                == ["late 600", "late 1200", "late 1800", "fire 2400"])
    }

    @Test func `what is older than the window is skipped`() throws {
        #expect(
            try Self.actions(.all, windowSeconds: 1200, every: 600, at: 1900)
                == ["skip 600-600 (1) missed", "late 1200", "late 1800"])
        #expect(
            try Self.actions(.all, windowSeconds: 1300, every: 600, at: 1900)
                == ["late 600", "late 1200", "late 1800"])
        #expect(try Self.actions(.latest, windowSeconds: 99, every: 600, at: 700) == ["skip 600-600 (1) missed"])
        #expect(try Self.actions(.latest, windowSeconds: 100, every: 600, at: 700) == ["late 600"])
    }

    @Test func `a single time that was missed is made up for`() throws {
        let machine = try ScheduleMachine(.once(ScheduleSpec.Once(at: ScheduleMachine.at(100))))
        #expect(ScheduleMachine.text(machine.due(5000)) == ["late 100"])
        #expect(machine.nextSeconds == nil && machine.dueSeconds == nil)
    }

    /// Three days of missed seconds.
    @Test(arguments: ScheduleSpec.CatchUp.Policy.allCases)
    func `a long outage is gone through in steps, and every tick is in one of them once`(
        policy: ScheduleSpec.CatchUp.Policy
    ) throws {
        let machine = try Self.machine(policy, every: 1)
        let now = 259_200.0
        var expected = 1.0
        var calls = 0
        var late: [Double] = []
        var onTime: [Double] = []
        repeat {
            calls += 1
            let actions = machine.due(now)
            #expect(actions.count <= ScheduleState.stepsMax)
            for action in actions {
                switch action {
                case .fire(let tick, let isCatchUp):
                    let seconds = tick.at.timeIntervalSince(ScheduleMachine.start)
                    #expect(seconds == expected)
                    if isCatchUp { late.append(seconds) } else { onTime.append(seconds) }
                    expected += 1
                case .skip(let span, let reason):
                    #expect(span.first == ScheduleMachine.at(expected) && reason == .missed)
                    expected += Double(span.count)
                    #expect(span.last == ScheduleMachine.at(expected - 1))
                case .buffer: Issue.record("nothing waits")
                }
            }
            if machine.state.isPartial { #expect(machine.dueSeconds == now) }
        } while machine.state.isPartial && calls < 1000
        #expect(expected == now + 1 && calls >= 26 && calls < 60)
        #expect(onTime == (0...60).map { now - 60 + Double($0) })
        switch policy {
        case .none, .latest: #expect(late.isEmpty)
        case .all: #expect(late == (0..<5).map { now - 65 + Double($0) })
        }
        #expect(machine.nextSeconds == now + 1 && machine.dueSeconds == now + 1)
    }

    @Test func `when the last step ends in an outage, the latest tick of all fires alone`() throws {
        // A blackout keeps the seconds of the last two hours from firing.
        let blackout = try Blackout(.once(from: ScheduleMachine.at(80_000), to: ScheduleMachine.at(90_000)))
        let machine = try ScheduleMachine(.interval(ScheduleSpec.Interval(seconds: 1))) {
            $0.overlap = .allowAll
            $0.blackouts = [blackout]
        }
        var fired: [String] = []
        repeat {
            fired += ScheduleMachine.text(machine.due(86_000)).filter { !$0.hasPrefix("skip") }
        } while machine.state.isPartial
        #expect(fired == ["late 79999"])
    }
}
