import FoundationEssentials
import Testing

@testable import CasarePostgres

@Suite struct ConfigurationTests {
    @Test func `both forms of a connection string are understood`() throws {
        for text in [
            "postgres://ann:s3cret@db.example:6000/jobs?sslmode=verify-full&sslrootcert=/ca.pem",
            "host=db.example port=6000 user=ann password=s3cret dbname=jobs sslmode=verify-full sslrootcert=/ca.pem",
        ] {
            let configuration = try PostgresConfiguration(url: text)
            #expect(configuration.host == "db.example")
            #expect(configuration.user == "ann")
            #expect(configuration.database == "jobs")
            #expect(configuration.description == "host=db.example port=6000 dbname=jobs user=ann")
        }
    }

    @Test func `a configuration never prints its password`() throws {
        let configuration = try PostgresConfiguration(url: "postgres://ann:s3cret@db.example/jobs")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("s3cret"), "\(text)")
        }
    }

    @Test(arguments: [
        "postgres://ann:s3cret%zz@db/jobs", "postgres://ann:s3cret@[::1/jobs", "host=db password='s3cret",
        "password=a s3cret", "postgres://ann:pass?s3cret", "mysql://ann:s3cret@db",
    ])
    func `an invalid connection string is refused without showing it`(text: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: text) }
        #expect(error?.description.contains("s3cret") == false)
    }

    @Test func `a failed connection does not show the password`() async throws {
        // Nothing listens on port 1.
        let configuration = try PostgresConfiguration(url: "postgres://ann:s3cret@127.0.0.1:1/jobs")
        let error = await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(configuration) }
        #expect(error?.isRetryable == true)
        #expect(error?.description.contains("127.0.0.1") == true)
        #expect(error?.description.contains("s3cret") == false)
    }

    @Test(arguments: ["plain", "it's", "back\\slash", "two words", ""])
    func `a connection string holds values whatever is in them`(value: String) throws {
        let configuration = PostgresConfiguration(keywords: ["user": "ann", "password": value])
        let parsed = try PostgresConfiguration(url: configuration.connectionString)
        #expect(parsed.keywords["password"] == value)
        #expect(parsed.keywords["user"] == "ann")
    }

    @Test func `a connection for somebody else uses nothing secret of this process`() throws {
        var configuration = PostgresConfiguration(keywords: ["user": "ann", "sslcert": "/given.pem"])
        #expect(configuration.connectionParameters["password"] == nil)
        configuration.usesProcessCredentials = false
        // Given as empty it is not taken from PGPASSWORD, as libpq does with what is not given.
        #expect(configuration.connectionString.contains("password=''"))
        #expect(configuration.connectionParameters["passfile"] == "/nonexistent")
        #expect(configuration.connectionParameters["sslkey"] == "/nonexistent")
        #expect(configuration.connectionParameters["sslcert"] == "/given.pem")
    }
}
