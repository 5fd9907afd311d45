import Glibc
import Synchronization
import Testing

@testable import CasareNodes

/// Blocking work and its threads.
@Suite struct OwnThreadTests {
    private static var holdsBrokenPipesBack: Bool {
        var signals = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &signals)
        return sigismember(&signals, SIGPIPE) == 1
    }

    /// Does what the system does to a thread that writes to a connection that is gone: unless held back, it would end
    /// the process.
    private static func breakPipe() { raise(SIGPIPE) }

    @Test func `short work is done also when the system has no more threads, and broken connections harm nobody`()
        async
    {
        let wasHeldBack = Mutex(false)
        await OwnThread.finish {
            wasHeldBack.withLock { $0 = Self.holdsBrokenPipesBack }
            Self.breakPipe()
        } on: { _ in
            EAGAIN
        }
        #expect(wasHeldBack.withLock { $0 })
    }

    @Test func `short work is done on a thread of its own`() async {
        let wasHeldBack = Mutex(false)
        await OwnThread.finish {
            wasHeldBack.withLock { $0 = Self.holdsBrokenPipesBack }
            Self.breakPipe()
        }
        #expect(wasHeldBack.withLock { $0 })
    }
}
