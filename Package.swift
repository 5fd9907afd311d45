// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTPCompression = Target.Dependency.product(name: "NIOHTTPCompression", package: "swift-nio-extras")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// Targets stand in the order in which they may import each other: only upwards in this list.
let package = Package(
    name: "casare",
    platforms: [.macOS(.v15)],
    dependencies: [
        // At most one trait per package: SwiftPM 6.3 passes several as flags in an order that differs from run to run,
        // and then recompiles the package and everything above it.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: ["FullFoundation"]),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "CasareDomain", swiftSettings: settings),
        // No pkgConfig: the library is loaded when it is first needed, never linked.
        .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
        .target(name: "CasareArchive", dependencies: ["CArchive"], swiftSettings: settings),
        .target(name: "CasareEngine", dependencies: ["CasareDomain"], swiftSettings: settings),
        // libcurl's headers; the library itself is loaded when it is first used, so nothing links it.
        .target(name: "CCurl"),
        .systemLibrary(
            name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(name: "CasarePostgres", dependencies: ["CLibpq"], swiftSettings: settings),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
        .target(name: "CasareSQLite", dependencies: ["CSQLite"], swiftSettings: settings),
        .target(
            name: "CasareNodes",
            dependencies: [
                "CCurl", "CasareArchive", "CasareDomain", "CasareEngine", "CasarePostgres", "CasareSQLite",
                asyncHTTPClient, crypto, nioCore, nioHTTP1, nioHTTPCompression, nioPosix, nioSSL, subprocess,
                systemPackage,
            ],
            swiftSettings: settings),
        .target(
            name: "CasareStore", dependencies: ["CasareDomain", "CasarePostgres", crypto], swiftSettings: settings),
        // It imports nothing of ours, so that all of them may count.
        .target(name: "CasareTelemetry", dependencies: [logging], swiftSettings: settings),
        .target(
            name: "CasareSettings", dependencies: ["CasareDomain", configuration, logging], swiftSettings: settings),
        .target(name: "CasareWire", dependencies: ["CasareDomain"], swiftSettings: settings),
        .target(
            name: "CasareClient",
            dependencies: [
                "CasareDomain", "CasareWire", asyncHTTPClient, nioCore, nioHTTP1, nioPosix, nioSSL, nioWebSocket,
            ],
            swiftSettings: settings),
        .target(
            name: "CasareOrchestrator",
            dependencies: [
                "CasareDomain", "CasareEngine", "CasarePostgres", "CasareSettings", "CasareStore", "CasareTelemetry",
                "CasareWire", configuration, crypto, httpTypes, hummingbird, hummingbirdCore, logging, nioCore,
                nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, nioWebSocket, serviceLifecycle, unixSignals,
            ],
            swiftSettings: settings),
        .target(
            name: "CasareRobot",
            dependencies: [
                "CasareDomain", "CasareEngine", "CasarePostgres", "CasareSettings", "CasareStore", "CasareWire",
                "CasareClient", configuration, logging, serviceLifecycle,
            ],
            swiftSettings: settings),
        .target(
            name: "CasareCLI",
            dependencies: [
                "CasareArchive", "CasareDomain", "CasareEngine", "CasareNodes", "CasarePostgres", "CasareSettings",
                "CasareStore", "CasareWire", "CasareClient", "CasareOrchestrator", "CasareRobot", argumentParser,
                logging, serviceLifecycle, unixSignals, yams,
            ],
            swiftSettings: settings),
        .executableTarget(name: "casarectl", dependencies: ["CasareCLI"], swiftSettings: settings),
        .executableTarget(
            name: "casare-orchestrator",
            dependencies: [
                "CasareNodes", "CasareOrchestrator", "CasareSettings", "CasareWire", argumentParser, configuration,
                logging,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "casare-robot",
            dependencies: [
                "CasareNodes", "CasareRobot", "CasareSettings", "CasareWire", argumentParser, configuration, logging,
                serviceLifecycle, unixSignals,
            ],
            swiftSettings: settings),
        // Here and not in a package of its own: it measures what `package` access keeps from others.
        .executableTarget(
            name: "casare-queue-bench",
            dependencies: [
                "CasareClient", "CasareDomain", "CasareEngine", "CasareNodes", "CasarePostgres", "CasareRobot",
                "CasareStore", "CasareWire", logging,
            ],
            path: "bench/queue/casare-queue-bench", swiftSettings: settings),
        .executableTarget(
            name: "casare-durability-bench",
            dependencies: [
                "CasareDomain", "CasareEngine", "CasarePostgres", "CasareRobot", "CasareStore", logging,
            ],
            path: "bench/durability/casare-durability-bench", swiftSettings: settings),
        .target(
            name: "CasareTestSupport",
            dependencies: ["CasareDomain", "CasarePostgres", "CasareStore", subprocess, systemPackage],
            swiftSettings: settings),
        .testTarget(name: "CasareDomainTests", dependencies: ["CasareDomain"], swiftSettings: settings),
        .testTarget(name: "CasareArchiveTests", dependencies: ["CasareArchive"], swiftSettings: settings),
        .testTarget(
            name: "CasareSQLiteTests", dependencies: ["CasareSQLite", "CasareTestSupport"], swiftSettings: settings),
        .testTarget(
            name: "CasareEngineTests", dependencies: ["CasareDomain", "CasareEngine"], swiftSettings: settings),
        .testTarget(
            name: "CasareNodesTests",
            dependencies: [
                "CasareArchive", "CasareDomain", "CasareEngine", "CasareNodes", "CasarePostgres", "CasareTestSupport",
                crypto, nioCore, nioHTTP1, nioPosix, nioSSL,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasarePostgresTests", dependencies: ["CasarePostgres", "CasareTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "CasareStoreTests",
            dependencies: ["CasareDomain", "CasareEngine", "CasarePostgres", "CasareStore", "CasareTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "CasareRobotTests",
            dependencies: [
                "CasareClient", "CasareDomain", "CasareEngine", "CasareNodes", "CasareOrchestrator", "CasarePostgres",
                "CasareRobot", "CasareSettings", "CasareStore", "CasareTestSupport", "CasareWire", configuration,
                logging, serviceLifecycle,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasareSettingsTests",
            dependencies: [
                "CasareDomain", "CasareOrchestrator", "CasareRobot", "CasareSettings",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasareCLITests",
            dependencies: [
                "CasareDomain", "CasareEngine", "CasareWire", "CasareClient", "CasareStore", "CasarePostgres",
                "CasareOrchestrator", "CasareCLI", "CasareTestSupport", argumentParser, logging, serviceLifecycle,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasareSystemTests",
            dependencies: [
                "CasareDomain", "CasareWire", "CasareClient", "CasarePostgres", "CasareTestSupport", "casarectl",
                "casare-orchestrator", "casare-robot",
            ],
            swiftSettings: settings),
        .testTarget(name: "CasareTelemetryTests", dependencies: ["CasareTelemetry", logging], swiftSettings: settings),
        .testTarget(name: "CasareWireTests", dependencies: ["CasareDomain", "CasareWire"], swiftSettings: settings),
        .testTarget(
            name: "CasareClientTests",
            dependencies: [
                "CasareClient", "CasareDomain", "CasareWire", nioCore, nioHTTP1, nioPosix, nioWebSocket,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasareOrchestratorTests",
            dependencies: [
                "CasareClient", "CasareDomain", "CasareEngine", "CasareOrchestrator", "CasarePostgres", "CasareStore",
                "CasareSettings", "CasareTelemetry", "CasareTestSupport", "CasareWire", asyncHTTPClient, configuration,
                httpTypes, logging, nioCore, nioEmbedded, nioHTTP1, nioPosix, nioWebSocket, serviceLifecycle,
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
