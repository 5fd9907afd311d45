package import CasareDomain
package import CasareEngine
import FoundationEssentials

/// Watches folders by looking at all that is in them now and then.
///
/// The kernel's own notices (inotify) come by no network mount, get lost when there are many, and say nothing of what
/// happened while nobody watched. A look finds all of it.
package struct FileWatcher: Watcher {
    package init() {}

    package func watch(_ watch: Watch, in environment: WatchEnvironment) async throws {
        guard case .file(let source) = watch.source else {
            throw NodeFailure.value("The watch of \(watch.name) is not of files")
        }
        try await Polling.run(
            FolderLooking(
                source: source, environment: environment, state: FolderState(source, stored: watch.state)),
            every: .seconds(source.pollSeconds), in: environment)
    }
}

private struct FolderLooking: Looking {
    let source: FileSource
    let environment: WatchEnvironment
    var state: FolderState

    mutating func look() async throws -> Look {
        let (source, policy) = (self.source, PathPolicy(self.environment.forNodes))
        let (folder, files) = try await BlockingWork.run { cancellation in
            let scan = try FolderScan(source, policy)
            return (scan.folder, try scan.files(cancellation))
        }
        let changes = try self.state.looked(at: files, self.environment.instant())
        let now = WatchText.time(self.environment.now())
        return Look(
            findings: changes.events.map { Self.finding($0, in: folder, at: now) },
            state: changes.hasNews ? self.state.value : .none, isPartial: changes.isPartial)
    }

    private static func finding(_ change: FolderState.Change, in folder: String, at now: String) -> WatchFinding {
        let path = PathText.path(of: change.path, in: folder)
        let modified = Date(timeIntervalSince1970: Double(change.file.modified) / 1e9)
        return WatchFinding(
            key: change.key,
            payload: [
                "file_path": .string(path), "file_name": .string(PathText.name(of: path)),
                "file_dir": .string(PathText.parent(of: path)), "event_type": .string(change.event.rawValue),
                "timestamp": .string(now), "size": .int(change.file.size),
                "modified_at": .string(WatchText.time(modified)),
            ])
    }
}

extension WatchEnvironment {
    /// What the rules of nodes go by.
    var forNodes: NodeEnvironment {
        NodeEnvironment(
            workingDirectory: self.workingDirectory, policy: self.policy, idempotencyKey: "watch", nodeID: "watch",
            now: self.now)
    }
}
