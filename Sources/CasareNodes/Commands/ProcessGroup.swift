import Glibc

/// The processes that descend from a program and have not left its group. The leader is a child of ours and not reaped
/// while this is used.
struct ProcessGroup: Sendable {
    /// SIGKILL works at once but for a process within a system call that cannot be interrupted.
    private static let killWait = Duration.seconds(5)

    let leader: pid_t

    /// Returns when the leader has ended, or the task is cancelled. Usually that has already happened: a program's end
    /// is what ends its outputs.
    func waitForLeader() async {
        var pause = Duration.milliseconds(2)
        while !self.leaderHasExited, !Task.isCancelled {
            try? await Task.sleep(for: pause)  // Cancelled: the loop ends.
            pause = min(pause * 2, .milliseconds(200))
        }
    }

    /// Asks all members to end, and kills those that have not when the time is over. Returns when none is left.
    func end(within grace: Duration) async {
        // A task of its own, because the current one is cancelled and could not wait. It is awaited at once.
        await Task {
            kill(-self.leader, SIGTERM)
            await self.waitForAll(atMost: grace)
            kill(-self.leader, SIGKILL)
            await self.waitForAll(atMost: Self.killWait)
        }.value
    }

    private func waitForAll(atMost limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while self.hasLivingMember, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))  // Nobody cancels the task that this runs in.
        }
    }

    private var leaderHasExited: Bool {
        var information = siginfo_t()
        let result = waitid(P_PID, id_t(self.leader), &information, WEXITED | WNOHANG | WNOWAIT)
        return result != 0 || information.si_signo == SIGCHLD
    }

    /// Looks through /proc: a signal 0 to the group would also reach the dead that nobody has waited for.
    private var hasLivingMember: Bool {
        guard var entries = DirectoryEntries("/proc") else { return false }
        while let name = entries.next() {
            if Int(name) != nil, self.isLivingMember(name) { return true }
        }
        return false
    }

    private func isLivingMember(_ process: String) -> Bool {
        guard let content = try? FileAccess.read("/proc/\(process)/stat") else { return false }
        // pid (name) state parent group …, where the name may hold anything (proc(5)).
        let fields = String(decoding: content, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 2, fields[2] == "\(self.leader)" else { return false }
        return fields[0] != "Z" && fields[0] != "X"
    }
}
