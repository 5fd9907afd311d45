import CasareClient
import Testing

struct DevicePollingTests {
    private let start = ContinuousClock.now

    private func polling(interval: Duration? = .seconds(5)) -> DevicePolling {
        DevicePolling(interval: interval, expiresIn: .seconds(600), startedAt: self.start)
    }

    @Test func `it waits before it asks, for as long as the provider or the standard says`() {
        #expect(self.polling(interval: .seconds(2)).began() == .ask(after: .seconds(2)))
        #expect(self.polling(interval: nil).began() == .ask(after: .seconds(5)))
        #expect(self.polling(interval: .seconds(9999)).began() == .ask(after: .seconds(60)))
    }

    @Test func `each wish to slow down adds five seconds for good`() {
        var polling = self.polling()
        #expect(polling.answered(.pending, at: self.start) == .ask(after: .seconds(5)))
        #expect(polling.answered(.slowDown, at: self.start) == .ask(after: .seconds(10)))
        #expect(polling.answered(.pending, at: self.start) == .ask(after: .seconds(10)))
        #expect(polling.answered(.slowDown, at: self.start) == .ask(after: .seconds(15)))
    }

    @Test func `a provider that does not answer is asked more and more rarely`() {
        var polling = self.polling()
        let pauses = (0..<5).map { _ in polling.answered(.unreachable, at: self.start) }
        #expect(pauses == [10, 20, 40, 60, 60].map { .ask(after: .seconds($0)) })
    }

    @Test(arguments: [(594, DevicePolling.Action.ask(after: .seconds(5))), (595, .giveUp(.expired))])
    func `it gives up when the code would have expired`(second: Int, expected: DevicePolling.Action) {
        var polling = self.polling()
        #expect(polling.answered(.pending, at: self.start + .seconds(second)) == expected)
    }

    @Test func `it ends with the tokens, or with what the person said`() {
        var polling = self.polling()
        #expect(polling.answered(.tokens, at: self.start) == .finish)
        #expect(polling.answered(.refused(.denied), at: self.start) == .giveUp(.denied))
    }
}
