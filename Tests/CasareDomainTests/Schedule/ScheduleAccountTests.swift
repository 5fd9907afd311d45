import CasareDomain
import FoundationEssentials
import Testing

/// Whatever happens, every tick of the timetable is accounted for once, and nothing fires that must not.
struct ScheduleAccountTests {
    /// A small generator (SplitMix64), so that a run that fails can be had again.
    private struct Dice {
        private var state: UInt64

        init(seed: Int) { self.state = UInt64(seed) }

        mutating func roll(_ range: ClosedRange<Int>) -> Int {
            self.state &+= 0x9E37_79B9_7F4A_7C15
            var word = (self.state ^ self.state >> 30) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
            return range.lowerBound + Int((word ^ word >> 31) % UInt64(range.count))
        }

        mutating func pick<Element>(_ elements: [Element]) -> Element { elements[self.roll(0...elements.count - 1)] }
    }

    private static func machine(_ dice: inout Dice) throws -> ScheduleMachine {
        let timing: ScheduleSpec.Timing = dice.pick([
            .interval(ScheduleSpec.Interval(seconds: dice.roll(1...900))),
            .cron(ScheduleSpec.Cron("*/7 * * * *")), .cron(ScheduleSpec.Cron("13 */3 * * *", zone: "Europe/Berlin")),
        ])
        let overlap = dice.pick(ScheduleSpec.Overlap.allCases)
        let catchUp = ScheduleSpec.CatchUp(
            policy: dice.pick(ScheduleSpec.CatchUp.Policy.allCases), max: dice.roll(1...20),
            windowSeconds: Double(dice.roll(60...40_000)))
        let jitter = dice.pick([nil, Double(dice.roll(0...3600))])
        let onClosed = dice.pick(ScheduleSpec.OnClosed.allCases)
        let from = dice.roll(0...50_000)
        let blackout = try Blackout(
            .once(from: ScheduleMachine.at(Double(from)), to: ScheduleMachine.at(Double(from + dice.roll(1...20_000)))))
        let hasBlackout = dice.roll(0...1) == 0
        return try ScheduleMachine(timing) {
            $0.overlap = overlap
            $0.catchUp = catchUp
            $0.jitterSeconds = jitter
            $0.onClosed = onClosed
            $0.blackouts = hasBlackout ? [blackout] : []
        }
    }

    /// The ticks that the actions speak of, in their order.
    private static func ticks(_ actions: [TickAction], _ timetable: Timetable) -> [Date] {
        actions.flatMap { action -> [Date] in
            switch action {
            case .fire(let tick, _), .buffer(let tick): return [tick.at]
            case .skip(let span, _):
                var ticks = [span.first]
                while ticks.count < span.count, let next = timetable.next(after: ticks[ticks.count - 1])?.at {
                    ticks.append(next)
                }
                #expect(ticks.last == span.last)
                return ticks
            }
        }
    }

    @Test(arguments: 1...60)
    func `every tick is dealt with once, in order, and none while it is paused`(seed: Int) throws {
        var dice = Dice(seed: seed)
        let machine = try Self.machine(&dice)
        var seen: [Date] = []
        var now = 0.0
        for _ in 0..<40 {
            now += Double(dice.pick([1, 59, 60, 61, 600, 5000, 30_000])) + Double(dice.roll(0...999)) / 1000
            let wasPaused =
                machine.state.pause?.until.map { $0 > ScheduleMachine.at(now) } ?? (machine.state.pause != nil)
            var actions: [TickAction] = []
            repeat {
                actions += machine.due(now, running: dice.roll(0...2), buffered: dice.roll(0...2))
            } while machine.state.isPartial
            for action in actions {
                switch action {
                case .fire(let tick, _), .buffer(let tick):
                    #expect(!wasPaused && tick.at <= ScheduleMachine.at(now))
                case .skip(let span, _): #expect(span.last <= ScheduleMachine.at(now))
                }
            }
            seen += Self.ticks(actions, machine.timetable)
            if let due = machine.dueSeconds { #expect(due > now) }
            switch (dice.roll(0...5), machine.state.pause) {
            case (0, nil):
                let until = dice.pick([nil, ScheduleMachine.at(now + Double(dice.roll(1...9000)))])
                machine.state.pause(Schedule.Pause(at: ScheduleMachine.at(now), by: "anna", until: until))
            case (1, .some):
                repeat {
                    seen += Self.ticks(machine.resume(now), machine.timetable)
                } while machine.state.isPartial
            default: break
            }
        }
        var expected: [Date] = []
        var tick = machine.timetable.next(after: ScheduleMachine.at(0))?.at
        while let at = tick, at != machine.state.nextTick {
            expected.append(at)
            tick = machine.timetable.next(after: at)?.at
        }
        #expect(seen == expected && !expected.isEmpty)
    }
}
