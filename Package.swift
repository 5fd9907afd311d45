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
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let grpcCore = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let grpcTransport = Target.Dependency.product(
    name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTPCompression = Target.Dependency.product(name: "NIOHTTPCompression", package: "swift-nio-extras")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let inMemoryTracing = Target.Dependency.product(name: "InMemoryTracing", package: "swift-distributed-tracing")
let instrumentation = Target.Dependency.product(name: "Instrumentation", package: "swift-distributed-tracing")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
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
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .target(name: "CasareDomain", swiftSettings: settings),
        // The one place where certificates are made and read, for the orchestrator, robots and casarectl.
        .target(
            name: "CasareCertificates", dependencies: ["CasareDomain", crypto, cryptoExtras, swiftASN1, x509],
            swiftSettings: settings),
        // No pkgConfig: the library is loaded when it is first needed, never linked.
        .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
        .target(name: "CasareArchive", dependencies: ["CArchive"], swiftSettings: settings),
        .target(
            name: "CasareEngine", dependencies: ["CasareDomain", tracing], swiftSettings: settings),
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
                asyncHTTPClient, crypto, instrumentation, nioCore, nioHTTP1, nioHTTPCompression, nioPosix, nioSSL,
                subprocess, systemPackage, tracing,
            ],
            swiftSettings: settings),
        .target(
            name: "CasareStore", dependencies: ["CasareDomain", "CasarePostgres", crypto, instrumentation],
            swiftSettings: settings),
        // Beside the settings, for what every service does: its `free` and `realloc` stand before the C library's.
        .target(name: "CWipe"),
        .target(
            name: "CasareSettings", dependencies: ["CWipe", "CasareDomain", configuration, logging],
            swiftSettings: settings),
        // Traces, metrics and log records, without what sends them.
        .target(
            name: "CasareTelemetry",
            dependencies: [
                "CasareDomain", "CasarePostgres", "CasareSettings", configuration, coreMetrics, crypto, instrumentation,
                logging, serviceLifecycle, tracing,
            ],
            swiftSettings: settings),
        .target(name: "CasareWire", dependencies: ["CasareDomain"], swiftSettings: settings),
        // Generated, and committed: the plugin would take longer than all the rest of the build.
        .target(
            name: "OTLPProtos", dependencies: [grpcCore, grpcProtobuf, swiftProtobuf], exclude: ["README.md"]),
        // The one place that knows gRPC.
        .target(
            name: "CasareOTLP",
            dependencies: [
                "CasareDomain", "CasareSettings", "CasareTelemetry", "CasareWire", "OTLPProtos", configuration,
                grpcCore,
                grpcProtobuf,
                grpcTransport, instrumentation, logging, serviceLifecycle, swiftProtobuf, tracing,
            ],
            swiftSettings: settings),
        // What keeps secrets elsewhere, for the orchestrator and for robots on SQL; the HTTP client stays in it.
        .target(
            name: "CasareProviders",
            dependencies: [
                "CasareDomain", "CasarePostgres", "CasareStore", "CasareSettings", asyncHTTPClient, configuration,
                nioCore, nioHTTP1, nioPosix, nioSSL, yams,
            ],
            swiftSettings: settings),
        .target(
            name: "CasareClient",
            dependencies: [
                "CasareDomain", "CasareWire", asyncHTTPClient, instrumentation, nioCore, nioHTTP1, nioPosix, nioSSL,
                nioTLS, nioWebSocket, tracing,
            ],
            swiftSettings: settings),
        .target(
            name: "CasareOrchestrator",
            dependencies: [
                "CasareCertificates", "CasareDomain", "CasareEngine", "CasarePostgres", "CasareProviders",
                "CasareSettings", "CasareStore",
                "CasareTelemetry", "CasareWire", asyncHTTPClient, configuration, crypto, httpTypes, hummingbird,
                instrumentation,
                hummingbirdCore, jwtKit, logging, nioCore, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, nioSSL,
                nioTLS, nioWebSocket, serviceLifecycle, swiftASN1, tracing, unixSignals, x509,
            ],
            swiftSettings: settings),
        .target(
            name: "CasareRobot",
            dependencies: [
                "CasareCertificates", "CasareDomain", "CasareEngine", "CasarePostgres", "CasareProviders",
                "CasareSettings", "CasareStore", "CasareTelemetry", "CasareWire", "CasareClient", configuration,
                httpTypes, hummingbird, hummingbirdCore, instrumentation, logging, nioCore, serviceLifecycle, tracing,
            ],
            swiftSettings: settings),
        .target(
            name: "CasareCLI",
            dependencies: [
                "CasareArchive", "CasareCertificates", "CasareDomain", "CasareEngine", "CasareNodes", "CasarePostgres",
                "CasareOTLP", "CasareProviders", "CasareSettings", "CasareStore", "CasareTelemetry", "CasareWire",
                "CasareClient", "CasareOrchestrator", "CasareRobot", argumentParser, configuration,
                crypto, instrumentation, logging, serviceLifecycle, subprocess, swiftASN1, systemPackage, tracing,
                unixSignals, x509, yams,
            ],
            swiftSettings: settings),
        .executableTarget(name: "casarectl", dependencies: ["CasareCLI"], swiftSettings: settings),
        .executableTarget(
            name: "casare-orchestrator",
            dependencies: [
                "CasareDomain", "CasareNodes", "CasareOTLP", "CasareOrchestrator", "CasareSettings", "CasareTelemetry",
                "CasareWire", argumentParser, configuration, logging,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "casare-robot",
            dependencies: [
                "CasareDomain", "CasareNodes", "CasareOTLP", "CasareRobot", "CasareSettings", "CasareTelemetry",
                "CasareWire", argumentParser, configuration, logging, serviceLifecycle, unixSignals,
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
        .executableTarget(
            name: "casare-vault-bench", dependencies: ["CasareDomain", "CasarePostgres", "CasareStore"],
            path: "bench/vault/casare-vault-bench", swiftSettings: settings),
        .target(
            name: "CasareTestSupport",
            dependencies: [
                "CasareDomain", "CasarePostgres", "CasareStore", "CasareTelemetry", "OTLPProtos", crypto, grpcCore,
                grpcProtobuf, grpcTransport, nioCore, nioPosix, subprocess, swiftASN1, swiftProtobuf, systemPackage,
                x509,
            ],
            swiftSettings: settings),
        // Below the tests' support: of that it is in part, as a collector that fails.
        .executableTarget(
            name: "casare-telemetry-bench",
            dependencies: ["CasareTestSupport", "OTLPProtos", grpcCore, grpcProtobuf, grpcTransport],
            path: "bench/telemetry/casare-telemetry-bench", swiftSettings: settings),
        .testTarget(name: "CasareDomainTests", dependencies: ["CasareDomain"], swiftSettings: settings),
        .testTarget(
            name: "CasareCertificatesTests", dependencies: ["CasareCertificates", "CasareDomain"],
            swiftSettings: settings),
        .testTarget(name: "CasareArchiveTests", dependencies: ["CasareArchive"], swiftSettings: settings),
        .testTarget(
            name: "CasareSQLiteTests", dependencies: ["CasareSQLite", "CasareTestSupport"], swiftSettings: settings),
        .testTarget(
            name: "CasareEngineTests",
            dependencies: ["CasareDomain", "CasareEngine", inMemoryTracing, tracing], swiftSettings: settings),
        .testTarget(
            name: "CasareNodesTests",
            dependencies: [
                "CasareArchive", "CasareDomain", "CasareEngine", "CasareNodes", "CasarePostgres", "CasareTestSupport",
                crypto, inMemoryTracing, nioCore, nioHTTP1, nioPosix, nioSSL, tracing,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasarePostgresTests", dependencies: ["CasarePostgres", "CasareTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "CasareStoreTests",
            dependencies: [
                "CasareDomain", "CasareEngine", "CasarePostgres", "CasareStore", "CasareTestSupport", instrumentation,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasareProvidersTests",
            dependencies: [
                "CasareDomain", "CasarePostgres", "CasareProviders", "CasareSettings", "CasareStore",
                "CasareTestSupport", configuration,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasareRobotTests",
            dependencies: [
                "CasareCertificates", "CasareClient", "CasareDomain", "CasareEngine", "CasareNodes",
                "CasareOrchestrator", "CasarePostgres", "CasareProviders",
                "CasareRobot", "CasareSettings", "CasareStore", "CasareTelemetry", "CasareTestSupport", "CasareWire",
                configuration, instrumentation, logging, serviceLifecycle, tracing,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasareSettingsTests",
            dependencies: [
                "CasareDomain", "CasareOrchestrator", "CasareRobot", "CasareSettings", "CasareTelemetry",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasareCLITests",
            dependencies: [
                "CasareCertificates", "CasareDomain", "CasareEngine", "CasareWire", "CasareClient", "CasareStore",
                "CasarePostgres",
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
        .testTarget(
            name: "CasareTelemetryTests",
            dependencies: [
                "CasareDomain", "CasarePostgres", "CasareSettings", "CasareTelemetry", "CasareTestSupport",
                configuration, coreMetrics, inMemoryTracing, instrumentation, logging, serviceLifecycle, tracing,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasareOTLPTests",
            dependencies: [
                "CasareDomain", "CasareOTLP", "CasareTelemetry", "CasareTestSupport", "OTLPProtos", configuration,
                grpcCore, instrumentation, logging, serviceLifecycle, swiftProtobuf, tracing,
            ],
            swiftSettings: settings),
        .testTarget(name: "CasareWireTests", dependencies: ["CasareDomain", "CasareWire"], swiftSettings: settings),
        .testTarget(
            name: "CasareClientTests",
            dependencies: [
                "CasareClient", "CasareDomain", "CasareTestSupport", "CasareWire", inMemoryTracing, nioCore, nioHTTP1,
                nioPosix, nioSSL, nioWebSocket, tracing,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CasareOrchestratorTests",
            dependencies: [
                "CasareCertificates", "CasareClient", "CasareDomain", "CasareEngine", "CasareOrchestrator",
                "CasarePostgres", "CasareProviders", "CasareStore", "CasareSettings", "CasareTelemetry",
                "CasareTestSupport",
                "CasareWire", asyncHTTPClient, configuration, httpTypes, instrumentation,
                logging, nioCore, nioEmbedded, nioHTTP1, nioPosix, nioSSL, nioTLS, nioWebSocket, serviceLifecycle,
                tracing,
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
