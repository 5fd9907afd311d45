import CasareDomain
import Testing

struct RoleTests {
    @Test(arguments: [
        (Role.viewer, [Permission.read]),
        (.operator, [.read, .operate, .define]),
        (.admin, [.read, .operate, .define, .administer, .execute]),
        (.robot, [.execute]),
    ])
    func `a role may do what it is for and nothing else`(role: Role, permissions: [Permission]) {
        #expect(Permission.allCases.filter(role.allows) == permissions)
    }
}
