import ArgumentParser
import CasareCertificates
@testable import CasareCLI
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

/// What enrolling writes, and by what it knows the server.
struct RobotEnvironmentTests {
    private static let url = ServerURL("https://casare.example")!  // The literal is a URL.
    private static let robot = Robot.ID(rawValue: "mill-1")!  // The literal is a robot's ID.

    @Test func `what is written is read again, whatever is in it`() {
        let written = RobotEnvironment(
            url: Self.url, robot: Self.robot, folder: EnrolledFolder("/etc/casare robot"), hasAuthority: true,
            serverName: nil, environment: "the \"plant\" $HOME", tags: ["fast", "big one"], capabilities: [])
        let text = written.text
        let read = RobotEnvironment(reading: text)
        #expect(read["CASARE_URL"] == "https://casare.example" && read["CASARE_ROBOT_ID"] == "mill-1")
        #expect(read["CASARE_CLIENT_KEY"] == "/etc/casare robot/key.pem")
        #expect(read["CASARE_CA_FILE"] == "/etc/casare robot/ca.pem")
        #expect(read["CASARE_ENVIRONMENT"] == "the \"plant\" $HOME")
        #expect(read["CASARE_ROBOT_TAGS"] == "fast,big one" && read["CASARE_ROBOT_CAPABILITIES"] == nil)
        #expect(text.contains(#"CASARE_ENVIRONMENT="the \"plant\" \$HOME""#))
        #expect(text.contains("CASARE_URL=https://casare.example\n") && !text.contains("TOKEN"))
    }

    @Test func `what the fingerprint says is found, and nothing else`() throws {
        let all = try (0..<3).map { _ in try SigningAuthority(from: Date(timeIntervalSince1970: 1_767_268_800)).facts }
        // Whoever answers may say anything of the fingerprint.
        let told = AuthoritiesResponse(
            authorities: [
                AuthorityInfo(
                    id: "a", certificate: all[0].pem, fingerprint: all[2].fingerprint, subject: "s",
                    notBefore: all[0].notBefore, notAfter: all[0].notAfter, state: .active)
            ],
            served: [
                ServedCertificate(
                    certificate: all[1].pem, fingerprint: all[2].fingerprint, subject: "s", notAfter: all[1].notAfter)
            ])
        #expect(try ServerPin.find(all[0].fingerprint, in: told, of: Self.url) == all[0].pem)
        #expect(try ServerPin.find(all[1].fingerprint, in: told, of: Self.url) == all[1].pem)
        #expect(throws: CommandFailure.self) { try ServerPin.find(all[2].fingerprint, in: told, of: Self.url) }
    }

    @Test(arguments: [
        ["--renew", "--force"], ["--renew", "--token-file", "t"], ["--ca-fingerprint", "ab"],
        ["--ca-file", "a", "--ca-fingerprint", String(repeating: "a", count: 64)], ["--token", "cren_x"],
        ["cren_x"],
    ])
    func `what contradicts itself, and a token as an argument, is refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try RobotCommand.Enroll.parse(arguments) }
    }
}
