package import CasareDomain
import FoundationEssentials

/// A provider of identities: OpenID Connect Discovery 1.0, a set of keys (RFC 7517) that changes, tokens of all
/// algorithms, the device flow (RFC 8628) and refresh tokens that work once (RFC 6749 §6).
extension TestServer {
    /// Runs a provider on `port`. Its client is `casarectl`, its audience `casare`.
    package static func withOpenIDProvider<Result: Sendable>(
        _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await Self.with(program: Self.openIDKeysProgram + Self.openIDProgram, options: [:], body)
    }

    /// Its name, as it stands in its tokens.
    package var issuer: String { "http://127.0.0.1:\(self.port().int ?? 0)" }

    /// Changes how it behaves from the next request on; what is left out is as it is at the start.
    ///
    /// `keys`: the IDs of the keys that it publishes, of `rsa1`, `rsa2`, `es256`, `es384`, `es512` and `ed1`, in the
    /// beginning all but `rsa2`. `signing`: the ID of the key that its own tokens are signed with. `issuer`: what its
    /// description says. `status`: of the answers to who asks for its description and keys. `pending`, `slow_down`: so
    /// many polls are answered so. `refusal`: an error that polls are answered with. `lifetime`: of tokens, in seconds.
    /// `claims`: more of them, for its own tokens. `interval`: between polls, in seconds. `opaque`: its access tokens
    /// say nothing.
    package func behave(_ state: Object) throws {
        // In one step: the server may be reading.
        try Data(Value.object(state).jsonText(.compact).utf8).write(
            to: URL(filePath: "\(self.folder)/state.json"), options: .atomic)
    }

    /// The requests that came, such as `GET /jwks`.
    package var requests: [String] { self.text("requests").split(separator: "\n").map(String.init) }

    private static let openIDProgram = """
        import http.server, secrets, urllib.parse

        lock = threading.Lock()
        devices, refreshing, polls = {}, {}, {}

        def state():
            try:
                with open(folder + "/state.json") as file:
                    return json.load(file)
            except FileNotFoundError:
                return {}

        def issuer():
            return f"http://127.0.0.1:{server.server_address[1]}"

        def claims(given):
            now = int(time.time())
            known = state()
            all = {"iss": issuer(), "aud": "casare", "sub": "ann", "iat": now, "exp": now + known.get("lifetime", 300),
                "roles": ["staff"]}
            all.update(known.get("claims", {}))
            all.update(given)
            return {name: value for name, value in all.items() if value is not None}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body, kind="application/json"):
                data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                note("requests", "GET " + self.path)
                known = state()
                if "status" in known:
                    self.answer(known["status"], {"error": "unwell"})
                elif self.path == "/.well-known/openid-configuration":
                    self.answer(200, {"issuer": known.get("issuer", issuer()), "jwks_uri": issuer() + "/jwks",
                        "token_endpoint": issuer() + "/token",
                        "device_authorization_endpoint": issuer() + "/device",
                        "response_types_supported": ["code"], "subject_types_supported": ["public"]})
                elif self.path == "/jwks":
                    names = known.get("keys", ["rsa1", "es256", "es384", "es512", "ed1"])
                    self.answer(200, {"keys": strangers() + [public(name) for name in names]})
                else:
                    self.answer(404, "nothing here", "text/plain")

            def do_POST(self):
                note("requests", "POST " + self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
                if self.path == "/mint":
                    self.answer(200, {"token": mint(json.loads(body))})
                    return
                form = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
                with lock:
                    if form.get("client_id") != "casarectl":
                        self.answer(401, {"error": "invalid_client"})
                    elif self.path == "/device":
                        self.device(form)
                    elif self.path == "/token":
                        self.token(form)
                    else:
                        self.answer(404, "nothing here", "text/plain")

            def device(self, form):
                code = secrets.token_urlsafe(16)
                devices[code] = form.get("scope", "")
                polls[code] = 0
                self.answer(200, {"device_code": code, "user_code": "WDJB-MJHT",
                    "verification_uri": issuer() + "/activate",
                    "verification_uri_complete": issuer() + "/activate?user_code=WDJB-MJHT",
                    "expires_in": 600, "interval": state().get("interval", 1)})

            def token(self, form):
                known = state()
                if form.get("grant_type") == "refresh_token":
                    scope = refreshing.pop(form.get("refresh_token"), None)
                    if scope is None:
                        self.answer(400, {"error": "invalid_grant", "error_description": "used or unknown"})
                    else:
                        self.issue(scope, known)
                    return
                if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code":
                    self.answer(400, {"error": "unsupported_grant_type"})
                    return
                code = form.get("device_code")
                if code not in devices:
                    self.answer(400, {"error": "invalid_grant"})
                    return
                polls[code] += 1
                if polls[code] <= known.get("pending", 0):
                    self.answer(400, {"error": "authorization_pending"})
                elif polls[code] <= known.get("pending", 0) + known.get("slow_down", 0):
                    self.answer(400, {"error": "slow_down"})
                elif "refusal" in known:
                    self.answer(400, {"error": known["refusal"]})
                else:
                    self.issue(devices.pop(code), known)

            def issue(self, scope, known):
                token = mint({})
                answer = {"access_token": "opaque" if known.get("opaque") else token, "token_type": "Bearer",
                    "expires_in": known.get("lifetime", 300), "scope": scope}
                if "openid" in scope.split():
                    answer["id_token"] = mint({"claims": {"aud": "casarectl"}})
                if "offline_access" in scope.split():
                    answer["refresh_token"] = secrets.token_urlsafe(24)
                    refreshing[answer["refresh_token"]] = scope
                self.answer(200, answer)

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            ready(port=server.server_address[1])
            server.serve_forever()
        """
}
