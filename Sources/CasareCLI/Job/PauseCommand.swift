import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension JobCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Keep jobs from going on until they are resumed.",
            discussion: """
                A job that waits is paused at once. One that runs finishes the step that it is in, unless it only waits \
                there; what it has recorded stays, and no attempt is used up. A robot older than this command runs the \
                attempt to its end. More than one job is asked about first.

                With a filter the server does it, to the jobs that wait or run. casarectl op undo lets those go on that \
                were paused, within the time of --undo-within.
                """)
        @OptionGroup var options: JobChangeOptions
        @OptionGroup(title: "Operation") var undo: UndoOption

        /// What was done: a job that runs goes on until its robot hands it back.
        static func past(_ job: JobInfo) -> String { job.status == .paused ? "paused" : "asked to pause" }

        func run() async throws {
            try await self.options.run(.pause, of: [.pending, .running], undo: self.undo, past: Self.past) {
                client, job in
                try await client.pauseJob(job, reason: self.options.reason)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Let paused jobs go on.",
            discussion: """
                Each gets a place behind the jobs that wait already, or waits for its time. Any robot goes on after the \
                last step that was recorded. More than one job is asked about first. With a filter the server does it, to \
                the jobs that are paused.
                """)
        @OptionGroup var options: JobChangeOptions

        func run() async throws {
            try await self.options.run(.resume, of: [.paused], past: { _ in "resumed" }) { client, job in
                try await client.resumeJob(job, reason: self.options.reason)
            }
        }
    }
}
