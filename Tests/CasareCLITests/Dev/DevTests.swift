import ArgumentParser
import FoundationEssentials
import Glibc
import Testing

@testable import CasareCLI

struct DevTests {
    @Test func `the data folder follows the user, and for root lies where Postgres can enter`() throws {
        let command = try DevCommand.parse(["--port", "9000", "--slots", "2", "--no-robot"])
        let settings = try command.settings(Environment(["HOME": "/home/u"]), isRoot: false)
        #expect(
            settings
                == DevSettings(
                    dataFolder: "/home/u/.local/share/casare/dev", port: 9000, slots: 2, runsRobot: false))
        #expect(try command.settings(Environment(["HOME": "/root"]), isRoot: true).dataFolder == "/var/lib/casare/dev")
        #expect(try command.settings(Environment(["XDG_DATA_HOME": "/d"]), isRoot: true).dataFolder == "/d/casare/dev")
        let named = try DevCommand.parse(["--data-dir", "here"]).settings(Environment([:]), isRoot: false)
        #expect(named.dataFolder == FileManager.default.currentDirectoryPath + "/here")
    }

    @Test func `readiness tells the URL, the context and what to do next`() throws {
        let settings = DevSettings(dataFolder: "/d", port: 0, slots: 1, runsRobot: true)
        let url = try #require(ServerURL("http://127.0.0.1:8000"))
        let inUse = DevMessages.ready(settings, url: url, isCurrentContext: true)
        #expect(inUse.contains("URL      http://127.0.0.1:8000\n"))
        #expect(inUse.contains("context  dev, in use\n"))
        #expect(inUse.contains("robot    one, with 1 slot\n"))
        #expect(inUse.contains("casarectl submit workflow.json --wait\n"))
        let other = DevMessages.ready(settings, url: url, isCurrentContext: false)
        #expect(other.contains("casarectl submit workflow.json --wait --context dev\n"))
    }

    @Test func `a data folder belongs to one process`() throws {
        try withFolder { folder in
            let path = folder + "/dev"
            do {
                let lock = try FolderLock(path)
                let failure = #expect(throws: CommandFailure.self) { _ = try FolderLock(path) }
                #expect(failure?.status == .conflict)
                _ = consume lock
            }
            _ = try FolderLock(path)
        }
    }
}
