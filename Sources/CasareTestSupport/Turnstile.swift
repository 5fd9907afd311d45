/// Lets a few tests at a time through to something that all of them share, in the order in which they came.
///
/// The test runner starts every test at once; a server has only so many connections, and a machine only so many cores.
package actor Turnstile {
    /// For databases of the test cluster.
    package static let databases = Turnstile(passes: 12)
    /// For whole systems of processes.
    package static let systems = Turnstile(passes: 3)
    /// For servers that nodes talk to.
    package static let servers = Turnstile(passes: 6)

    private var passes: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    private init(passes: Int) { self.passes = passes }

    /// Runs `body` when it is its turn. Not to be nested: whoever is through must not wait for another pass.
    package nonisolated func pass<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        await self.enter()
        do {
            let result = try await body()
            await self.leave()
            return result
        } catch {
            await self.leave()
            throw error
        }
    }

    private func enter() async {
        if self.passes > 0 {
            self.passes -= 1
            return
        }
        await withCheckedContinuation { self.waiting.append($0) }
    }

    private func leave() {
        if self.waiting.isEmpty {
            self.passes += 1
        } else {
            // The pass goes from hand to hand.
            self.waiting.removeFirst().resume()
        }
    }
}
