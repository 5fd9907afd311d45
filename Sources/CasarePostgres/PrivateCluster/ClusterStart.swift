import CLibpq
import Glibc

/// The steps from a folder to a server that takes connections. Blocks; runs on a thread of its own.
struct ClusterStart {
    /// How often the new server is asked whether it takes connections.
    private static let pollInterval: Duration = .milliseconds(10)
    /// Between attempts while processes of a crashed server still hold its shared memory.
    private static let retryInterval: Duration = .milliseconds(100)

    private let options: PrivateCluster.Options
    private let isCancelled: Condition<Bool>
    private let programs: PostgresPrograms
    private let launcher: Launcher
    private let deadline: ContinuousClock.Instant
    let folder: ClusterFolder

    init(_ options: PrivateCluster.Options, isCancelled: Condition<Bool>) throws(PrivateClusterError) {
        guard options.folder.hasPrefix("/") else {
            throw .folderNotUsable(folder: options.folder, reason: "its path must be absolute")
        }
        self.options = options
        self.isCancelled = isCancelled
        self.deadline = ContinuousClock.now + options.startTimeout
        self.folder = ClusterFolder(options.folder, port: options.port)
        if let programs = options.programs {
            self.programs = programs
        } else {
            self.programs = try PostgresPrograms.find()
        }
        self.launcher = try Launcher(user: try ServerUser.whenRoot(dataFolder: self.folder.data))
    }

    func run() throws(PrivateClusterError) -> (folder: ClusterFolder, server: ChildProcess) {
        try self.folder.prepare(for: self.launcher.user)
        if self.folder.isInitialised {
            try self.folder.checkUnused()
        } else {
            try self.initialise()
        }
        return (self.folder, try self.startServer())
    }

    /// Runs initdb, which writes close to a thousand files.
    ///
    /// Its own flush waits for the disk once a file: 0.2 to 0.3 s where that takes 0.2 ms, over 2 s where it takes 2.5.
    /// `syncfs` waits for all of them together (0.04 to 0.1 s here), as newer versions of initdb offer to.
    private func initialise() throws(PrivateClusterError) {
        if self.launcher.user == nil, getpwuid(geteuid()) == nil { throw .userWithoutName(userID: geteuid()) }
        let logStart = self.folder.logBytes
        let arguments = [
            "--pgdata=\(self.folder.unfinishedData)", "--username=\(self.options.superuser)", "--auth=trust",
            "--encoding=UTF8", "--no-locale", "--no-instructions", "--no-sync",
        ]
        try self.removeUnfinished()
        let initdb = try ChildProcess.start(
            self.launcher.command(
                self.programs.initdb, arguments, in: self.folder.path, logFile: self.folder.log))
        let status = try self.waitForExit(of: initdb, logStart)
        guard status == .exited(0) else {
            throw .programFailed(
                program: "initdb", status: status.description, output: self.folder.logTail(since: logStart))
        }
        if self.options.durability == .durable { try self.folder.flush() }
        try self.folder.finishInitialising()
    }

    /// What an interrupted first start left behind is removed; it never held anything.
    private func removeUnfinished() throws(PrivateClusterError) {
        guard access(self.folder.unfinishedData, F_OK) == 0 else { return }
        let removal = try ChildProcess.start(
            ChildProcess.Command(
                program: "/bin/rm", arguments: ["-rf", self.folder.unfinishedData], folder: "/",
                logFile: self.folder.log))
        _ = try self.waitForExit(of: removal, self.folder.logBytes)
    }

    private func waitForExit(of child: ChildProcess, _ logStart: Int) throws(PrivateClusterError) -> ChildProcess.Status
    {
        while true {
            if let status = child.wait(atMost: Self.pollInterval) { return status }
            try self.check(child, logStart)
        }
    }

    private func startServer() throws(PrivateClusterError) -> ChildProcess {
        var arguments = ["-D", self.folder.data, "-k", self.folder.socketFolder]
        var settings = [
            "listen_addresses": "", "port": "\(self.options.port)", "logging_collector": "off",
            "unix_socket_permissions": "0700",
        ]
        if self.options.durability == .disposable {
            settings.merge(["fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"]) { $1 }
        }
        settings.merge(self.options.settings) { _, chosen in chosen }
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            arguments += ["-c", "\(name)=\(value)"]
        }
        let command = self.launcher.command(
            self.programs.postgres, arguments, in: self.folder.path, logFile: self.folder.log)
        while true {
            let logStart = self.folder.logBytes
            // After a crash the old server's processes need a moment to notice; until then they hold its shared memory.
            let mayHaveCrashed = access(self.folder.data + "/postmaster.pid", F_OK) == 0
            let server = try ChildProcess.start(command)
            if try self.waitUntilReady(server, logStart) { return server }
            guard mayHaveCrashed, ContinuousClock.now < self.deadline else {
                let status = server.status.map { "\($0)" } ?? "ended"
                throw .programFailed(
                    program: "postgres", status: status, output: self.folder.logTail(since: logStart))
            }
            try self.folder.checkUnused()
            _ = self.isCancelled.wait(atMost: Self.retryInterval) { $0 ? true : nil }
        }
    }

    /// False when the server ended instead.
    private func waitUntilReady(_ server: ChildProcess, _ logStart: Int) throws(PrivateClusterError) -> Bool {
        let keywords = ["host", "port", "user", "dbname", "connect_timeout"]
        let values = [self.folder.socketFolder, "\(self.options.port)", self.options.superuser, "postgres", "5"]
        while true {
            if server.wait(atMost: Self.pollInterval) != nil { return false }
            try self.check(server, logStart)
            let answer = withCStrings(keywords) { keywords in
                withCStrings(values) { values in PQpingParams(keywords, values, 0) }
            }
            if answer == PQPING_OK { return true }
        }
    }

    /// Stops the child when the start was cancelled or takes too long.
    private func check(_ child: ChildProcess, _ logStart: Int) throws(PrivateClusterError) {
        let isCancelled = self.isCancelled.update { $0 }
        guard isCancelled || ContinuousClock.now >= self.deadline else { return }
        child.send(signal: SIGQUIT)
        if child.wait(atMost: .seconds(5)) == nil {
            child.send(signal: SIGKILL)
            _ = child.wait(atMost: .seconds(5))
        }
        if isCancelled { throw .cancelled }
        throw .startTimedOut(after: self.options.startTimeout, output: self.folder.logTail(since: logStart))
    }
}
