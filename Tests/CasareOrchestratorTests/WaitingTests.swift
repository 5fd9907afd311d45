import CasareDomain
@testable import CasareOrchestrator
import Testing

struct WaitingTests {
    private static let topic = WaitingRoom.Topic.ready(.default)

    @Test func `a wake-up that came first is not missed`() async {
        let room = WaitingRoom()
        await room.withSeat(Self.topic) { seat in
            room.wake(Self.topic)
            await seat?.wait(atMost: .seconds(3600))
        }
    }

    @Test func `one wake-up ends the waiting of all on the topic`() async {
        let room = WaitingRoom()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await room.withSeat(Self.topic) { seat in
                        room.wake(Self.topic)
                        await seat?.wait(atMost: .seconds(3600))
                    }
                }
            }
        }
    }

    @Test func `closing ends waiting and lets nobody in`() async {
        let room = WaitingRoom()
        await room.withSeat(Self.topic) { seat in
            room.close()
            await seat?.wait(atMost: .seconds(3600))
        }
        await room.withSeat(Self.topic) { seat in #expect(seat == nil) }
    }

    @Test func `cancelling ends waiting`() async {
        let room = WaitingRoom()
        let task = Task { await room.withSeat(Self.topic) { seat in await seat?.wait(atMost: .seconds(3600)) } }
        task.cancel()
        await task.value
    }

    @Test func `an alarm shortens a pause and never lengthens it`() async {
        let alarm = Alarm()
        alarm.ring(in: .zero)
        await alarm.pause(atMost: .seconds(3600))
        alarm.ring(in: .seconds(3600))
        alarm.ring(in: .milliseconds(1))
        await alarm.pause(atMost: .seconds(3600))
        alarm.ring(in: .seconds(3600))
        await alarm.pause(atMost: .milliseconds(1))
    }
}
