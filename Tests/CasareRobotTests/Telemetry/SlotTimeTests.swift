import CasareTelemetry
import Testing

@testable import CasareRobot

/// How long slots were busy and idle.
struct SlotTimeTests {
    private let start = ContinuousClock.now

    @Test func `seconds of all slots are added up by what they did`() {
        let time = SlotTime(slots: 3, at: self.start)
        time.began(at: self.start + .seconds(10))
        time.began(at: self.start + .seconds(20))
        time.ended(at: self.start + .seconds(30))
        let reading = time.reading(at: self.start + .seconds(40))
        // Nothing, one, two and one for ten seconds each.
        #expect(reading.busySeconds == 40 && reading.idleSeconds == 80)
        #expect(reading.busy == 1 && reading.slots == 3 && reading.utilization == 1.0 / 3)
    }

    @Test func `jobs beyond the slots count as busy, and no slot as less than idle`() {
        let time = SlotTime(slots: 2, at: self.start)
        time.began(at: self.start)
        time.began(at: self.start)
        time.changed(to: 1, at: self.start)
        let reading = time.reading(at: self.start + .seconds(5))
        #expect(reading.busySeconds == 10 && reading.idleSeconds == 0 && reading.utilization == 1)
    }

    @Test func `a robot without slots is not used at all, and time that goes back counts for nothing`() {
        let time = SlotTime(slots: 0, at: self.start)
        let reading = time.reading(at: self.start - .seconds(5))
        #expect(reading.utilization == 0 && reading.busySeconds == 0 && reading.idleSeconds == 0)
    }

    @Test func `whoever collects is told of the robot's slots`() async {
        let collector = RobotCollector()
        let time = SlotTime(slots: 4)
        time.register(in: collector.registry, of: "r1")
        time.began()
        #expect(await collector.numbers("casare.robot.slot.usage") == [[.robot: "r1"]: .int(1)])
        #expect(await collector.numbers("casare.robot.slot.limit") == [[.robot: "r1"]: .int(4)])
        #expect(await collector.numbers("casare.robot.utilization") == [[.robot: "r1"]: .double(0.25)])
        #expect(await collector.numbers("casare.robot.time").count == 2)
    }
}
