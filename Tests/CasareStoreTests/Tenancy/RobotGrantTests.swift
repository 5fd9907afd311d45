import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import Testing

/// Which users of the database are robots on SQL, and become it.
struct RobotGrantTests {
    /// Makes a user that there is for this test alone: users belong to all databases of the server.
    private static func withUser<Result: Sendable>(
        _ name: String, _ attributes: String = "LOGIN", of database: Database,
        _ body: (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        let owner = try await PostgresConnection.connect(database.configuration)
        do {
            try await owner.script("CREATE ROLE \(name) \(attributes)")
            let result = try await body(owner)
            try await owner.script("DROP OWNED BY \(name); DROP ROLE \(name)")
            await owner.close()
            return result
        } catch {
            await owner.close()
            throw error
        }
    }

    /// Once nobody is signed in as the user any more but robots: the server may take a moment to end a session.
    private static func grant(_ user: String, on owner: PostgresConnection) async throws -> [String] {
        try await eventually("the sessions of others have ended") {
            let left = try await owner.execute(
                """
                SELECT FROM pg_stat_activity
                WHERE usename = @user::text AND application_name NOT LIKE 'casare-robot %'
                """, ["user": .text(user)])
            return left.isEmpty ? true : nil
        }
        return try await self.grantAtOnce(user, on: owner)
    }

    private static func grantAtOnce(_ user: String, on owner: PostgresConnection) async throws -> [String] {
        try await owner.run { connection in
            try connection.transaction { try ServiceRole.grantRobot(to: user, on: $0) }
        }
    }

    @Test func `a robot takes its role where it may, and goes on as before where its user has those of services`()
        async throws
    {
        func role(_ user: String, in database: Database) async throws -> String {
            try await RobotRoleTests.asRobot(database, user: user) { connection in
                try connection.execute("SELECT current_user::text AS role").only().string("role")
            }
        }
        try await withTestDatabase { database in
            #expect(try await role(TestRobot.user, in: database) == Database.robotRole)
            // Such as the owner, in dev.
            let owner = try #require(database.configuration.user)
            #expect(try await role(owner, in: database) == Database.robotRole)
            try await Self.withUser("robot_of_before", of: database) { owner in
                await #expect(throws: PostgresError.self) { _ = try await role("robot_of_before", in: database) }
                try await owner.run { try ServiceRole.grant(to: "robot_of_before", on: $0) }
                #expect(try await role("robot_of_before", in: database) == Database.appRole)
                let taken = try await Self.grant("robot_of_before", on: owner)
                #expect(taken == ["casare_app", "casare_system", "pg_read_all_stats"])
                #expect(try await role("robot_of_before", in: database) == Database.robotRole)
                #expect(try await Self.grant("robot_of_before", on: owner) == [])
            }
        }
    }

    /// Tells whether it was refused with a word, and left as it was.
    private static func isRefused(_ user: String, _ word: String, on owner: PostgresConnection) async throws -> Bool {
        let error = await #expect(throws: StoreError.self) { _ = try await Self.grantAtOnce(user, on: owner) }
        let isRobot = try await owner.run { connection in
            try connection.execute(
                """
                SELECT EXISTS (
                    SELECT FROM pg_auth_members
                    WHERE member = @user::text::regrole AND roleid = 'casare_robot'::regrole
                ) AS is_robot
                """, ["user": .text(user)]
            ).only().bool("is_robot")
        }
        return error?.description.contains(word) == true && !isRobot
    }

    @Test(arguments: [
        ("robot_superuser", "LOGIN SUPERUSER", "is a superuser"), ("robot_maker", "LOGIN CREATEROLE", "roles"),
        ("robot_bypassing", "LOGIN BYPASSRLS", "row-level security"),
    ])
    func `a user that may do more all the same is refused`(
        name: String, attributes: String, word: String
    ) async throws {
        try await withTestDatabase { database in
            try await Self.withUser(name, attributes, of: database) { owner in
                let isRefused = try await Self.isRefused(name, word, on: owner)
                #expect(isRefused)
            }
        }
    }

    @Test func `the owner of the tables is refused, and who has the roles of services by another one`() async throws {
        try await withTestDatabase { database in
            try await Self.withUser("robot_owner", of: database) { owner in
                try await owner.script("ALTER TABLE tenants OWNER TO robot_owner")
                #expect(try await Self.isRefused("robot_owner", "owns the tables", on: owner))
                try await owner.script("REASSIGN OWNED BY robot_owner TO CURRENT_USER")
            }
            try await Self.withUser("group_of_services", "NOLOGIN IN ROLE casare_app", of: database) { _ in
                try await Self.withUser("robot_in_group", "LOGIN IN ROLE group_of_services", of: database) { owner in
                    let isRefused = try await Self.isRefused("robot_in_group", "group_of_services", on: owner)
                    #expect(isRefused)
                }
            }
        }
    }

    @Test func `a user that services sign in as is no user for robots`() async throws {
        try await withTestDatabase { database in
            try await Self.withUser("shared_sign_in", of: database) { owner in
                try await owner.run { try ServiceRole.grant(to: "shared_sign_in", on: $0) }
                var configuration = database.configuration
                configuration.user = "shared_sign_in"
                let service = try await PostgresConnection.connect(configuration)
                #expect(try await Self.isRefused("shared_sign_in", "others than robots", on: owner))
                await service.close()
                configuration.applicationName = "casare-robot r1"
                let robot = try await PostgresConnection.connect(configuration)
                #expect(try await Self.grant("shared_sign_in", on: owner).count == 3)
                await robot.close()
            }
        }
    }

    @Test func `doctor tells of robots that sign in with more than they need`() async throws {
        func privileges(_ database: Database) async throws -> DoctorFinding {
            try #require(try await Doctor.examine(database.configuration).first { $0.check == .privileges })
        }
        func robot(_ user: String, _ database: Database) async throws -> PostgresConnection {
            var configuration = database.configuration
            configuration.user = user
            configuration.applicationName = "casare-robot r1"
            return try await PostgresConnection.connect(configuration)
        }
        try await withTestDatabase { database in
            let sound = try await robot(TestRobot.user, database)
            #expect(try await privileges(database).level == .ok)
            #expect(try await privileges(database).facts["robots_with_more"] == [])
            try await Self.withUser("robot_with_more", of: database) { owner in
                try await owner.run { try ServiceRole.grant(to: "robot_with_more", on: $0) }
                let strong = try await robot("robot_with_more", database)
                let finding = try await privileges(database)
                #expect(finding.level == .warning && finding.facts["robots_with_more"] == ["robot_with_more"])
                #expect(finding.summary.contains("sign in as robot_with_more"))
                #expect(finding.advice.contains { $0.contains("db grant NAME --robot") })
                await strong.close()
            }
            await sound.close()
        }
    }
}
