import CasarePostgres
import CasareStore
import Testing

@testable import CasareRobot

struct ResumingTimeTests {
    private let lostAt = ContinuousClock.now

    /// Milliseconds after the loss at which it ends, after attempts that began 10 ms before their answers.
    private func end(after answers: [(PostgresError.ServerState, at: Int)]) -> Int {
        var time = ResumingTime(lostAt: self.lostAt)
        for (server, at) in answers {
            let now = self.lostAt + .milliseconds(at)
            time.attemptFailed(server, begunAt: now - .milliseconds(10), at: now)
        }
        return Int((time.giveUpAt - self.lostAt) / .milliseconds(1))
    }

    @Test func `a server that says nothing leaves no more time than the loss`() {
        #expect(self.end(after: []) == 300)
        #expect(self.end(after: [(.unknown, at: 50), (.unknown, at: 200)]) == 300)
    }

    @Test(arguments: [PostgresError.ServerState.stopping, .starting, .recovering])
    func `while a server says that it serves nobody the time does not run`(server: PostgresError.ServerState) {
        #expect(self.end(after: [(server, at: 100), (server, at: 25_000)]) == 25_300)
    }

    @Test func `nothing listens for ten seconds and no longer`() {
        #expect(self.end(after: [(.absent, at: 200), (.absent, at: 5000)]) == 5300)
        #expect(self.end(after: [(.absent, at: 200), (.absent, at: 9900)]) == 10_000)
        #expect(self.end(after: [(.absent, at: 200), (.starting, at: 9000), (.absent, at: 18_900)]) == 19_000)
    }

    @Test(arguments: [PostgresError.ServerState.stopping, .absent])
    func `a server that was gone and starts leaves seconds to come back in`(gone: PostgresError.ServerState) {
        #expect(self.end(after: [(gone, at: 210), (.starting, at: 900)]) == 8200)
        #expect(self.end(after: [(gone, at: 210), (.starting, at: 900), (.unknown, at: 4000)]) == 8200)
        // It starts for longer than that.
        #expect(self.end(after: [(gone, at: 210), (.starting, at: 9000)]) == 9300)
    }

    @Test func `a server that may have started long ago leaves no more time than usual`() {
        // Another one has taken over the address, or one of the server's processes has crashed.
        #expect(self.end(after: [(.absent, at: 210), (.unknown, at: 400)]) == 510)
        #expect(self.end(after: [(.starting, at: 210), (.unknown, at: 400)]) == 510)
        #expect(self.end(after: [(.recovering, at: 210), (.unknown, at: 400)]) == 510)
    }

    /// A child process has 900 ms between SIGTERM and SIGKILL.
    @Test func `what remains of the sweep's patience is enough for the jobs to stop`() {
        let stopping = Duration.milliseconds(900)
        #expect(ResumingTime.usualMax + stopping < LeaseStore.lostSessionGrace)
        #expect(ResumingTime.restartMax + stopping < LeaseStore.serverStartGrace)
    }
}
