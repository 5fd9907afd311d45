import CasareDomain
import CasareEngine
import Testing

@testable import CasareNodes

/// What a look at a folder means, by a clock that tests state.
struct FolderStateTests {
    private static let start = ContinuousClock.now

    private var state: FolderState

    init() {
        self.state = FolderState(FileSource(path: "/in", events: FileSource.Event.allCases), stored: nil)
    }

    private static func file(_ size: Int = 1, modified: Int = 1) -> FolderScan.File {
        FolderScan.File(size: size, modified: modified)
    }

    /// - Parameter seconds: after the start.
    private static func look(
        _ state: inout FolderState, _ files: [String: FolderScan.File], at seconds: Double
    ) throws -> FolderState.Changes {
        var exact: FolderState.Files = [:]
        for (path, file) in files { exact[ExactText(path)] = file }
        return try state.looked(at: exact, Self.start + .seconds(seconds))
    }

    private static func events(_ changes: FolderState.Changes) -> [String] {
        changes.events.map { "\($0.event.rawValue) \($0.path)" }
    }

    @Test mutating func `what is there at the beginning does not count`() throws {
        let first = try Self.look(&self.state, ["a": Self.file()], at: 0)
        #expect(first.events.isEmpty && first.hasNews)
        let second = try Self.look(&self.state, ["a": Self.file()], at: 100)
        #expect(second.events.isEmpty && !second.hasNews)
    }

    @Test func `what is there at the beginning counts where it is wanted, once it has settled`() throws {
        var state = FolderState(FileSource(path: "/in", takesExisting: true), stored: nil)
        let first = try Self.look(&state, ["a": Self.file()], at: 0)
        #expect(first.events.isEmpty && first.hasNews)
        let events1 = try Self.events(Self.look(&state, ["a": Self.file()], at: 2))
        #expect(events1 == ["created a"])
    }

    @Test(arguments: [(1.9, false), (2.0, true), (2.1, true)])
    func `a file counts when it was the same for so long`(seconds: Double, counts: Bool) throws {
        var state = FolderState(FileSource(path: "/in"), stored: nil)
        _ = try Self.look(&state, [:], at: 0)
        _ = try Self.look(&state, ["a": Self.file()], at: 10)
        let changes = try Self.look(&state, ["a": Self.file()], at: 10 + seconds)
        #expect(Self.events(changes) == (counts ? ["created a"] : []))
        #expect(changes.hasNews == counts)
    }

    @Test(arguments: [(4.9, false), (5.0, true)])
    func `a debounce that is longer than the settling is waited for`(seconds: Double, counts: Bool) throws {
        var state = FolderState(FileSource(path: "/in", debounceSeconds: 5, settledSeconds: 2), stored: nil)
        _ = try Self.look(&state, [:], at: 0)
        _ = try Self.look(&state, ["a": Self.file()], at: 10)
        let changes = try Self.look(&state, ["a": Self.file()], at: 10 + seconds)
        #expect(Self.events(changes) == (counts ? ["created a"] : []))
    }

    @Test mutating func `a file that is written slowly makes one event`() throws {
        _ = try Self.look(&self.state, [:], at: 0)
        for second in 1...20 {
            let changes = try Self.look(&self.state, ["a": Self.file(second, modified: second)], at: Double(second))
            #expect(changes.events.isEmpty)
        }
        let settled = try Self.look(&self.state, ["a": Self.file(20, modified: 20)], at: 22)
        #expect(Self.events(settled) == ["created a"] && settled.events[0].file.size == 20)
        let after = try Self.look(&self.state, ["a": Self.file(20, modified: 20)], at: 60)
        #expect(after.events.isEmpty)
    }

    @Test(arguments: [FolderScan.File(size: 2, modified: 1), FolderScan.File(size: 1, modified: 2)])
    func `another size or time is a change`(file: FolderScan.File) throws {
        var state = FolderState(FileSource(path: "/in"), stored: nil)
        _ = try Self.look(&state, ["a": Self.file()], at: 0)
        _ = try Self.look(&state, ["a": file], at: 1)
        let events2 = try Self.events(Self.look(&state, ["a": file], at: 3))
        #expect(events2 == ["modified a"])
    }

    @Test mutating func `a file that goes and comes back was modified, and one that stays away is deleted`() throws {
        _ = try Self.look(&self.state, ["a": Self.file(), "b": Self.file()], at: 0)
        _ = try Self.look(&self.state, [:], at: 1)
        _ = try Self.look(&self.state, ["a": Self.file(5, modified: 5)], at: 1.5)
        let gone = try Self.look(&self.state, ["a": Self.file(5, modified: 5)], at: 2)
        #expect(Self.events(gone) == ["deleted b"] && gone.events[0].file.size == 1)
        let events3 = try Self.events(Self.look(&self.state, ["a": Self.file(5, modified: 5)], at: 4))
        #expect(events3 == ["modified a"])
    }

    @Test mutating func `a file that comes and goes before it settles is nothing`() throws {
        _ = try Self.look(&self.state, [:], at: 0)
        _ = try Self.look(&self.state, ["a": Self.file()], at: 1)
        _ = try Self.look(&self.state, [:], at: 2)
        let again = try Self.look(&self.state, ["a": Self.file()], at: 3)
        #expect(again.events.isEmpty)
        let later = try Self.look(&self.state, [:], at: 60)
        #expect(later.events.isEmpty)
    }

    @Test func `events that are not wanted are known all the same`() throws {
        var state = FolderState(FileSource(path: "/in", events: [.deleted]), stored: nil)
        _ = try Self.look(&state, [:], at: 0)
        _ = try Self.look(&state, ["a": Self.file()], at: 1)
        let settled = try Self.look(&state, ["a": Self.file()], at: 3)
        #expect(settled.events.isEmpty && settled.hasNews)
        _ = try Self.look(&state, [:], at: 4)
        let events4 = try Self.events(Self.look(&state, [:], at: 5))
        #expect(events4 == ["deleted a"])
    }

    @Test func `who takes over neither repeats nor loses`() throws {
        let source = FileSource(path: "/in", events: FileSource.Event.allCases)
        var first = FolderState(source, stored: nil)
        _ = try Self.look(&first, ["old": Self.file(), "gone": Self.file()], at: 0)
        _ = try Self.look(&first, ["old": Self.file(), "gone": Self.file(), "a": Self.file()], at: 1)
        let changes = try Self.look(&first, ["old": Self.file(), "gone": Self.file(), "a": Self.file()], at: 3)
        #expect(Self.events(changes) == ["created a"])
        // While nobody watches, one file comes and one goes.
        var second = FolderState(source, stored: first.value)
        let files = ["old": Self.file(), "a": Self.file(), "b": Self.file()]
        _ = try Self.look(&second, files, at: 100)
        let found = try Self.look(&second, files, at: 103)
        #expect(Self.events(found) == ["deleted gone", "created b"])
        // What the first one found and did not report has the keys that it would have had.
        #expect(Set(found.events.map(\.key)).isDisjoint(with: changes.events.map(\.key)))
        var third = FolderState(source, stored: first.value)
        _ = try Self.look(&third, files, at: 100)
        let repeated = try Self.look(&third, files, at: 103)
        #expect(repeated.events == found.events)
    }

    @Test func `a name that differs in its bytes only is another file`() throws {
        var state = FolderState(FileSource(path: "/in"), stored: nil)
        _ = try Self.look(&state, [:], at: 0)
        var files: FolderState.Files = [:]
        files[ExactText("\u{E9}")] = Self.file()
        files[ExactText("e\u{301}")] = Self.file()
        _ = try state.looked(at: files, Self.start + .seconds(1))
        let changes = try state.looked(at: files, Self.start + .seconds(3))
        #expect(changes.events.count == 2)
        var next = FolderState(FileSource(path: "/in"), stored: state.value)
        let again = try next.looked(at: files, Self.start + .seconds(9))
        #expect(!again.hasNews)
    }

    @Test func `many changes come one report after the other`() throws {
        var state = FolderState(FileSource(path: "/in"), stored: nil)
        _ = try Self.look(&state, [:], at: 0)
        var files: [String: FolderScan.File] = [:]
        for number in 0..<250 { files["f\(number)"] = Self.file(1, modified: number) }
        _ = try Self.look(&state, files, at: 1)
        var found: [String] = []
        var isPartial = true
        while isPartial {
            let changes = try Self.look(&state, files, at: 3)
            #expect(changes.events.count <= FolderState.changesMax)
            found += changes.events.map(\.path)
            isPartial = changes.isPartial
        }
        #expect(found == (0..<250).map { "f\($0)" })
    }

    @Test(arguments: [(FolderState.filesMax, true), (FolderState.filesMax + 1, false)])
    func `more files than can be remembered are an error, and nothing is deleted`(count: Int, fits: Bool) throws {
        var state = FolderState(FileSource(path: "/in", events: [.deleted]), stored: nil)
        _ = try Self.look(&state, ["keep": Self.file()], at: 0)
        var files: FolderState.Files = [ExactText("keep"): Self.file()]
        for number in 1..<count { files[ExactText("f\(number)")] = Self.file() }
        #expect(files.count == count)
        if fits {
            _ = try state.looked(at: files, Self.start)
        } else {
            #expect(throws: NodeFailure.self) { _ = try state.looked(at: files, Self.start) }
        }
        let after = try Self.look(&state, ["keep": Self.file()], at: 100)
        #expect(after.events.isEmpty)
    }
}
