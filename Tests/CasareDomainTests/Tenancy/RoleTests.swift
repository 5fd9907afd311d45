import CasareDomain
import Testing

struct RoleTests {
    private static let other = Tenant.ID(rawValue: 2)

    /// What routes asked for before permissions had nouns, and what they ask for now. Tokens of those days must go on
    /// doing what they did.
    enum Former: CaseIterable {
        case read, operate, define, administer, execute

        var permissions: Set<Permission> {
            switch self {
            case .read:
                [
                    .workflowRead, .executionRead, .queueRead, .robotRead, .scheduleRead, .triggerRead, .itemRead,
                    .operationRead, .tenantRead, .metricsRead,
                ]
            case .operate:
                [
                    .workflowExecute, .workflowUpdate, .executionCancel, .executionRetry, .executionUpdate,
                    .queueUpdate, .robotUpdate, .scheduleUpdate, .triggerUpdate, .itemCreate, .itemUpdate, .itemDelete,
                    .operationCreate, .operationUpdate,
                ]
            case .define:
                [
                    .workflowCreate, .workflowUpdate, .workflowPublish, .scheduleCreate, .scheduleUpdate,
                    .scheduleDelete, .triggerCreate, .triggerUpdate, .triggerDelete, .itemCreate, .itemUpdate,
                    .itemDelete,
                ]
            case .administer: [.robotCreate, .robotDelete, .tokenCreate, .tokenRead, .tokenRevoke, .tenantSettings]
            case .execute: [.robotProtocol]
            }
        }
    }

    @Test(arguments: [
        (Role.viewer, [Former.read]), (.operator, [.read, .operate, .define]), (.admin, Former.allCases),
        (.robot, [.execute]),
    ])
    func `a token that is there already may do what it could`(role: Role, former: [Former]) {
        for tenant in [Tenant.ID.default, Self.other] {
            for permission in former {
                #expect(permission.permissions.subtracting(role.permissions(in: tenant)) == [], "\(role) \(permission)")
            }
        }
    }

    @Test func `a viewer changes nothing`() {
        for permission in Role.viewer.permissions(in: .default) { #expect(permission.verb == "read", "\(permission)") }
    }

    @Test(arguments: [Role.viewer, .operator, .robot])
    func `secrets, tokens and the trail are not for everybody`(role: Role) {
        let kept: Set<Permission> = [
            .credentialRead, .credentialCreate, .credentialReveal, .credentialRotate, .credentialDestroy, .tokenRead,
            .tokenCreate, .tokenRevoke, .roleManage, .auditRead, .auditExport, .tenantSettings, .robotCreate,
        ]
        #expect(role.permissions(in: .default).isDisjoint(with: kept))
    }

    @Test func `a developer knows which secrets and tokens there are, and gets no value and no say about them`() {
        let withheld: Set<Permission> = [
            .credentialCreate, .credentialReveal, .credentialRotate, .credentialDestroy, .tokenCreate, .tokenRevoke,
            .roleManage, .auditRead, .auditExport, .tenantSettings,
        ]
        let developer = Role.developer.permissions(in: .default)
        #expect(developer.isDisjoint(with: withheld))
        #expect(developer.isSuperset(of: [.credentialRead, .tokenRead]))
    }

    @Test func `each of four roles has what the one before has, and more`() {
        let order: [Role] = [.viewer, .operator, .developer, .admin]
        for (less, more) in zip(order, order.dropFirst()) {
            #expect(less.permissions(in: Self.other).isStrictSubset(of: more.permissions(in: Self.other)))
        }
    }

    @Test func `a robot does nothing but its work`() {
        #expect(Role.robot.permissions(in: .default) == [.robotProtocol, .credentialUse])
    }

    @Test func `the installation is ruled from one tenant, by administrators`() {
        let ofInstallation = Permission.allCases.filter(\.isOfInstallation)
        #expect(
            ofInstallation == [
                .tenantCreate, .tenantSuspend, .tenantDelete, .tenantQuota, .vaultRekey, .authorityRotate,
            ])
        for role in Role.allCases {
            let own = role.permissions(in: .default)
            #expect(own.isSuperset(of: ofInstallation) == (role == .admin), "\(role)")
            #expect(role.permissions(in: Self.other).isDisjoint(with: ofInstallation), "\(role)")
        }
        #expect(Role.admin.permissions(in: .default).count == Permission.allCases.count)
    }

    @Test(arguments: [
        ("a", true), ("clerk", true), ("night-shift_2", true), (String(repeating: "a", count: 63), true),
        (String(repeating: "a", count: 64), false), ("", false), ("2nd", false), ("-a", false), ("Clerk", false),
        ("a b", false), ("ä", false), ("a.b", false),
    ])
    func `the names of roles are small letters, digits, hyphens and underscores`(text: String, isName: Bool) {
        #expect((Role.Name(rawValue: text) != nil) == isName)
    }

    @Test func `a role that is always there is known by its name`() throws {
        for role in Role.allCases {
            #expect(Role.Name(rawValue: role.rawValue) == Role.Name(role) && Role.Name(role).builtIn == role)
        }
        #expect(try #require(Role.Name(rawValue: "clerk")).builtIn == nil)
    }
}

struct CustomRoleTests {
    private func fault(
        _ name: String, _ description: String?, _ permissions: Set<Permission>
    ) throws
        -> CustomRole.Fault?
    {
        let name = try #require(Role.Name(rawValue: name))
        do throws(CustomRole.Fault) {
            _ = try CustomRole(name: name, description: description, permissions: permissions)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a role has a name of its own, a permission at least, and none of the installation`() throws {
        let longest = String(repeating: "x", count: CustomRole.descriptionCharactersMax)
        #expect(try self.fault("clerk", longest, [.itemRead]) == nil)
        #expect(try self.fault("clerk", longest + "x", [.itemRead]) == .description)
        #expect(try self.fault("admin", nil, [.itemRead]) == .builtIn(.admin))
        #expect(try self.fault("clerk", nil, []) == .noPermissions)
        for permission in Permission.allCases {
            let expected: CustomRole.Fault? = permission.isOfInstallation ? .ofInstallation(permission) : nil
            #expect(try self.fault("clerk", nil, [.itemRead, permission]) == expected)
        }
    }

    @Test func `a fault says what to do and of which member`() {
        #expect(CustomRole.Fault.builtIn(.admin).member == "name")
        #expect(CustomRole.Fault.builtIn(.admin).description.contains("take another name"))
        #expect(CustomRole.Fault.ofInstallation(.vaultRekey).description.contains("vault.rekey"))
        #expect(CustomRole.Fault.noPermissions.member == "permissions")
    }
}
