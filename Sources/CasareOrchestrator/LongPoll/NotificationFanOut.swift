import CasareDomain
import CasarePostgres
import CasareStore
import ServiceLifecycle

/// Hears the database's notifications, on one connection for the whole process, and wakes who waits for them.
struct NotificationFanOut: Service {
    let configuration: PostgresConfiguration
    let waitingRoom: WaitingRoom
    let events: EventHub

    func run() async throws {
        let listener = PostgresListener(
            configuration: self.configuration,
            channels: [
                ReadyBell.readyChannel, ReadyBell.jobsChannel, ReadyBell.sessionsChannel, ReadyBell.operationsChannel,
            ])
        await cancelWhenGracefulShutdown {
            for await event in listener.events {
                self.handle(event)
            }
        }
        await listener.stop()
    }

    private func handle(_ event: PostgresListener.Event) {
        switch event {
        case .listening:
            // Also the first time: who waits already came before anybody listened.
            self.waitingRoom.wakeAll()
            self.events.wake()
        case .notification(let channel, let payload):
            if channel == ReadyBell.readyChannel, let tenant = Int32(payload) {
                self.waitingRoom.wake(.ready(Tenant.ID(rawValue: tenant)))
            } else if channel == ReadyBell.jobsChannel, let job = Job.ID(payload) {
                self.waitingRoom.wake(.job(job))
                self.events.wake()
            } else if channel == ReadyBell.sessionsChannel, let session = Int64(payload) {
                self.waitingRoom.wake(.session(Robot.SessionID(rawValue: session)))
            } else if channel == ReadyBell.operationsChannel, let operation = Operation.ID(payload) {
                self.waitingRoom.wake(.operation(operation))
            }
        }
    }
}

/// Ends all waiting as soon as the server is told to stop, so that stopping does not wait for long polls.
struct WaitingRoomCloser: Service {
    let waitingRoom: WaitingRoom

    func run() async throws {
        try? await gracefulShutdown()  // It throws when it is cancelled instead: then too the waiting must end.
        self.waitingRoom.close()
    }
}
