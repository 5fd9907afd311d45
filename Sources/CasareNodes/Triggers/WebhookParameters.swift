import CasareDomain
import CasareEngine

/// How a webhook answers, and whom.
enum WebhookParameters {
    static let all: [NodeType.Parameter] = Self.address + Self.access + Self.response

    private static let address: [NodeType.Parameter] = [
        .init("endpoint", .string, default: "", "The end of its address; empty: the trigger's own."),
        .init("methods", .string, default: "POST", "Accepted methods, comma-separated."),
        .init("cors_enabled", .boolean, default: false, "Answer requests of other sites."),
        .init("cors_origins", .string, default: "*", "These sites, comma-separated."),
        .init("binary_data_enabled", .boolean, default: false, "Accept bodies that are not text."),
        .init(
            "max_payload_size", .integer, default: 16_777_216, range: 1 ... .infinity, "Bytes of the largest body."),
    ]

    private static let access: [NodeType.Parameter] = [
        .init(
            "auth_type", .string, default: "none",
            choices: [
                "none", "basic", "header", "jwt", "api_key", "bearer", "hmac_sha1", "hmac_sha256", "hmac_sha384",
                "hmac_sha512",
            ], "How a caller proves who it is."),
        .init("auth_header_name", .string, default: "X-API-Key", "The header that holds the key."),
        .init("auth_header_value", .string, default: "", "The key."),
        .init("basic_username", .string, default: "", "The user name."),
        .init("basic_password", .string, default: "", "The password."),
        .init("jwt_secret", .string, default: "", "The secret that tokens are signed with."),
        .init("secret", .string, default: "", "The secret that bodies are signed with."),
        .init("validate_signature", .boolean, default: false, "Refuse bodies without a valid signature."),
        .init("ip_whitelist", .string, default: "", "Addresses that may call, comma-separated; empty: all."),
        .init("ip_blacklist", .string, default: "", "Addresses that may not call, comma-separated."),
    ]

    private static let response: [NodeType.Parameter] = [
        .init(
            "response_mode", .string, default: "immediate", choices: ["immediate", "wait_for_workflow", "custom"],
            "When and with what to answer."),
        .init("response_code", .integer, default: 200, range: 100...599, "The answer's status."),
        .init("response_body", .string, default: #"{"status": "received"}"#, "The answer's body."),
    ]
}
