package import CasareEngine

/// Who watches what triggers wait for.
package enum StandardWatchers {
    package static let all = Watchers(file: FileWatcher(), feed: FeedWatcher(WebClient()))
}
