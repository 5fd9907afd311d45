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
        let memory = DevMessages.ready(settings, url: url, isCurrentContext: true, keepsAll: false)
        #expect(memory.contains("data     in memory: every workflow and job is lost when this ends\n"))
        #expect(!memory.contains("the data stays"))
        let other = DevMessages.ready(settings, url: url, isCurrentContext: false)
        #expect(other.contains("casarectl submit workflow.json --wait --context dev\n"))
    }

    @Test func `settings of the service that are not read are named, and none otherwise`() {
        #expect(DevMessages.unread([], isInMemory: true) == nil)
        #expect(
            DevMessages.unread(["CASARE_HOST", "CASARE_TLS_KEY"], isInMemory: false)
                == "casarectl: not read by casarectl dev, which has its own: CASARE_HOST, CASARE_TLS_KEY; casarectl dev "
                + "--help says which are")
        #expect(DevMessages.unread(["CASARE_RATE_LIMIT"], isInMemory: true)?.contains("without a database") == true)
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

struct RestartBudgetTests {
    @Test func `a server that keeps ending is started a few times, with longer and longer pauses`() {
        var budget = RestartBudget()
        let actions = (0..<4).map { _ in budget.serverEnded(afterRunning: .seconds(599)) }
        #expect(
            actions == [
                .restart(number: 1, after: .zero), .restart(number: 2, after: .seconds(1)),
                .restart(number: 3, after: .seconds(4)), .giveUp,
            ])
    }

    @Test func `a server that ran long is started like the first time`() {
        var budget = RestartBudget()
        for _ in 0..<3 { _ = budget.serverEnded(afterRunning: .zero) }
        #expect(budget.serverEnded(afterRunning: .seconds(600)) == .restart(number: 1, after: .zero))
        #expect(budget.serverEnded(afterRunning: .zero) == .restart(number: 2, after: .seconds(1)))
    }
}
