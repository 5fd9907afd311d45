import CasareDomain
import FoundationEssentials
import Testing

struct ScheduleJitterTests {
    @Test func `the delay of a tick is the same whoever computes it`() {
        #expect(ScheduleMachine.id.jitter(ofTickAt: ScheduleMachine.at(0), within: 300) == Self.golden)
    }

    /// Computed by hand of FNV-1a and SplitMix64: a process of another version must not come to another one.
    private static let golden = 217.774

    @Test(arguments: [0.0, -1]) func `without a span there is no delay`(seconds: Double) {
        #expect(ScheduleMachine.id.jitter(ofTickAt: ScheduleMachine.at(0), within: seconds) == 0)
    }

    @Test func `delays spread evenly over their span, and never reach its end`() {
        var buckets = [Int](repeating: 0, count: 10)
        for tick in 0..<10_000 {
            let delay = ScheduleMachine.id.jitter(ofTickAt: ScheduleMachine.at(Double(tick) * 60), within: 60)
            #expect(delay >= 0 && delay < 60)
            buckets[Int(delay / 6)] += 1
        }
        // 1,000 are expected in each; the deviation is 30.
        #expect(buckets.allSatisfy { (850...1150).contains($0) }, "\(buckets)")
    }

    @Test func `schedules of one time spread as well`() {
        var generator = SystemRandomNumberGenerator()
        let delays = (0..<1000).map { _ in
            Schedule.ID.new(at: ScheduleMachine.start, using: &generator)
                .jitter(ofTickAt: ScheduleMachine.at(0), within: 60)
        }
        #expect(delays.count { $0 < 30 } > 400 && delays.count { $0 < 30 } < 600)
    }

    @Test func `a tick fires when its delay is over, and not before`() throws {
        let machine = try ScheduleMachine { $0.jitterSeconds = 30 }
        let delay = ScheduleMachine.id.jitter(ofTickAt: ScheduleMachine.at(60), within: 30)
        let due = try #require(machine.dueSeconds)
        #expect(machine.nextSeconds == 60 && abs(due - 60 - delay) < 0.000_01)
        #expect(machine.due(due - 0.001) == [] && machine.nextSeconds == 60)
        #expect(ScheduleMachine.text(machine.due(due)) == ["fire 60"])
        #expect(machine.nextSeconds == 120)
    }

    @Test func `a tick is never due after the one that follows it`() throws {
        let machine = try ScheduleMachine { $0.jitterSeconds = 3600 }
        for tick in 1...100 {
            let due = try #require(machine.dueSeconds)
            #expect(due >= Double(tick) * 60 && due < Double(tick + 1) * 60)
            #expect(ScheduleMachine.text(machine.due(due)) == ["fire \(tick * 60)"])
        }
    }
}
