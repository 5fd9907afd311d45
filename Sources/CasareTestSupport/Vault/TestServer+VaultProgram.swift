extension TestServer {
    /// Tokens, leases, namespaces, sealing, and the HTTP around them.
    static let vaultProgram = """
        import http.server, urllib.parse

        class Space:
            def __init__(self):
                self.leases = {}
                self.mounts = {"secret": KV2(), "kv": KV1(), "transit": Transit(), "database": Database(self)}
                self.tokens = {}
                self.add("root", ["root"], ttl=0)
                self.add("reader", ["secret", "kv"], ttl=0)
                self.add("short", ["root"], ttl=60, longest=300)

            def add(self, text, rights, ttl, longest=0, role=None):
                self.tokens[text] = {"accessor": str(uuid.uuid4()), "rights": rights, "ttl": ttl, "role": role,
                    "ends": moment() + ttl if ttl else None, "max": moment() + longest if longest else None}
                return text

            def end(self, lease):
                held = self.leases.pop(lease, None)
                if held:
                    note("ended", held["user"])

            def sweep(self):
                now = moment()
                for text, token in list(self.tokens.items()):
                    if token["ends"] is not None and token["ends"] <= now:
                        del self.tokens[text]
                for lease, held in list(self.leases.items()):
                    # A lease ends with the token that it was made with.
                    if held["ends"] <= now or held["token"] not in self.tokens:
                        self.end(lease)

            def renewed(self, token, body):
                if token["ends"] is None:
                    raise Fault(400, "lease is not renewable")
                wanted = seconds(body.get("increment")) or token["ttl"]
                ends, warnings = moment() + (token["ttl"] if token["role"] and not token["max"] else wanted), None
                if token["max"] is not None and ends > token["max"]:
                    ends = token["max"]
                    warnings = ["TTL of \\"%ds\\" exceeded the effective max_ttl of \\"%ds\\"; TTL value is capped accordingly"
                        % (wanted, max(0, ends - moment()))]
                token["ends"] = ends
                return int(round(ends - moment())), warnings

        def seconds(value):
            if value is None or value == "":
                return 0
            text = str(value)
            return int(text[:-1]) if text.endswith("s") else int(text)

        spaces = {"": Space(), "team-a": Space()}
        lock = threading.Lock()

        def is_sealed():
            try:
                with open(folder + "/sealed") as file:
                    return file.read() == "yes"
            except FileNotFoundError:
                return False

        def authentication(text, token, ttl, renewable=True):
            return {"client_token": text, "accessor": token["accessor"], "policies": ["default"] + token["rights"],
                "token_policies": ["default"] + token["rights"], "metadata": {"role_name": token["role"]},
                "lease_duration": ttl, "renewable": renewable, "entity_id": "", "token_type": "service", "orphan": True,
                "mfa_requirement": None, "num_uses": 0}

        def changed():
            try:
                with open(folder + "/change") as file:
                    change = json.load(file)
                os.remove(folder + "/change")
            except FileNotFoundError:
                return
            engine = spaces[change["namespace"]].mounts[change["mount"]]
            if change["verb"] != "put":
                engine.change(change["verb"], change["path"], change)
            elif isinstance(engine, KV2):
                engine.handle("POST", "data/" + change["path"], {"data": change["fields"]}, {}, "")
            else:
                engine.handle("POST", change["path"], change["fields"], {}, "")

        def health(query):
            sealed = is_sealed()
            status = 503 if sealed else 200
            if sealed and "sealedcode" in query:
                status = int(query["sealedcode"][0])
            return status, {"initialized": True, "sealed": sealed, "standby": False, "performance_standby": False,
                "replication_performance_mode": "disabled", "replication_dr_mode": "disabled",
                "server_time_utc": int(moment()), "version": "1.18.3", "cluster_name": "vault-cluster-test",
                "cluster_id": "c9abceea-4f46-4dab-a688-5ce55f89e228"}

        def approle(space, body):
            if not body.get("role_id"):
                raise Fault(400, "missing role_id")
            if body.get("role_id") != "role-id" or body.get("secret_id") != "secret-id":
                raise Fault(400, "invalid role or secret ID")
            text = space.add("hvs." + random.token_urlsafe(18), ["all"], options["token_ttl"], options["token_max_ttl"], "casare")
            return Reply(auth=authentication(text, space.tokens[text], options["token_ttl"]))

        def of_tokens(space, path, text, token, body):
            if path == "auth/token/lookup-self":
                ttl = int(round(token["ends"] - moment())) if token["ends"] else 0
                return Reply({"accessor": token["accessor"], "creation_ttl": token["ttl"], "display_name": "token", "id": text,
                    "expire_time": stamp(token["ends"]) if token["ends"] else None, "num_uses": 0, "orphan": True,
                    "path": "auth/token/create", "policies": token["rights"], "renewable": token["ends"] is not None,
                    "ttl": ttl, "type": "service"})
            if path == "auth/token/renew-self":
                ttl, warnings = space.renewed(token, body)
                return Reply(auth=authentication(text, token, ttl), warnings=warnings)
            if path == "auth/token/revoke-self":
                del space.tokens[text]
                space.sweep()
                return Reply(status=204)
            if path == "auth/token/renew-accessor":
                for other, found in space.tokens.items():
                    if found["accessor"] == body.get("accessor"):
                        ttl, warnings = space.renewed(found, body)
                        return Reply(auth=authentication("", found, ttl), warnings=warnings)
                raise Fault(403, "invalid accessor")
            raise Fault(404, "unsupported path")

        def of_leases(space, path, body):
            lease = body.get("lease_id")
            if not lease:
                raise Fault(400, "lease_id must be specified")
            held = space.leases.get(lease)
            if path == "sys/leases/revoke":
                space.end(lease)
                return Reply(status=204)
            if held is None:
                raise Fault(400, "invalid lease" if path == "sys/leases/lookup" else "lease not found")
            if path == "sys/leases/lookup":
                return Reply({"id": lease, "issue_time": stamp(held["issued"]), "expire_time": stamp(held["ends"]),
                    "last_renewal": stamp(held["renewed"]) if held["renewed"] else None, "renewable": held["renewable"],
                    "ttl": int(round(held["ends"] - moment()))})
            if path == "sys/leases/renew":
                if not held["renewable"]:
                    raise Fault(400, "lease is not renewable")
                wanted, warnings = seconds(body.get("increment")) or held["ttl"], None
                ends = moment() + wanted
                if ends > held["max"]:
                    ends = held["max"]
                    warnings = ["TTL of \\"%ds\\" exceeded the effective max_ttl of \\"%ds\\"; TTL value is capped accordingly"
                        % (wanted, max(0, ends - moment()))]
                held["ends"], held["renewed"] = ends, moment()
                return Reply(lease=(lease, True, int(round(ends - moment()))), warnings=warnings)
            raise Fault(404, "unsupported path")

        def answer(space_name, method, path, query, text, body):
            if path == "sys/health":
                return health(query)
            if is_sealed():
                raise Fault(503, "Vault is sealed")
            space = spaces.get(space_name)
            if space is None:
                raise Fault(404, 'no handler for route "%s". route entry not found.' % path)
            space.sweep()
            if path == "auth/approle/login" and method in ("POST", "PUT"):
                return approle(space, body)
            if not text:
                raise Fault(403, "permission denied")
            token = space.tokens.get(text)
            if token is None:
                raise Fault(403, "2 errors occurred:\\n\\t* permission denied\\n\\t* invalid token\\n\\n")
            if path.startswith("auth/token/"):
                if path == "auth/token/renew-accessor" and token["rights"] not in (["root"], ["all"]):
                    raise Fault(403, "1 error occurred:\\n\\t* permission denied\\n\\n")
                return of_tokens(space, path, text, token, body)
            mount, _, rest = path.partition("/")
            if token["rights"] not in (["root"], ["all"]) and (mount not in token["rights"] or method not in ("GET", "LIST")):
                raise Fault(403, "1 error occurred:\\n\\t* permission denied\\n\\n")
            if path.startswith("sys/leases/") and method in ("POST", "PUT"):
                return of_leases(space, path, body)
            engine = space.mounts.get(mount)
            if engine is None:
                raise Fault(404, 'no handler for route "%s". route entry not found.' % path)
            reply = engine.handle(method, rest, body, query, text)
            reply.mount = engine.kind
            return reply

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def send(self, status, body):
                content = b"" if status == 204 else json.dumps(body).encode() + b"\\n"
                self.send_response(status)
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Type", "application/json")
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length) if length else b""
                parts = urllib.parse.urlsplit(self.path)
                query = urllib.parse.parse_qs(parts.query)
                path = urllib.parse.unquote(parts.path)
                namespace = (self.headers.get("X-Vault-Namespace") or "").strip("/")
                text = self.headers.get("X-Vault-Token") or ""
                if not text and (self.headers.get("Authorization") or "").startswith("Bearer "):
                    text = self.headers["Authorization"][len("Bearer "):]
                method = "LIST" if self.command == "GET" and query.get("list") == ["true"] else self.command
                if not path.startswith("/v1/"):
                    return self.send(404, {"errors": []})
                path = path[len("/v1/"):].rstrip("/")
                with lock:
                    changed()
                    note("requests", " ".join([method, path, namespace]).rstrip())
                    try:
                        try:
                            body = json.loads(raw) if raw else {}
                            if not isinstance(body, dict):
                                raise ValueError
                        except ValueError:
                            raise Fault(400, "failed to parse JSON input: invalid character")
                        reply = answer(namespace, method, path, query, text, body)
                    except Fault as fault:
                        shape = {"errors": fault.errors}
                        if fault.warnings:
                            shape["warnings"] = fault.warnings
                        return self.send(fault.status, shape)
                if isinstance(reply, tuple):
                    return self.send(*reply)
                self.send(reply.status, {"request_id": str(uuid.uuid4()), "lease_id": reply.lease[0],
                    "renewable": reply.lease[1], "lease_duration": reply.lease[2], "data": reply.data, "wrap_info": None,
                    "warnings": reply.warnings, "auth": reply.auth, "mount_type": reply.mount})

            do_GET = do_POST = do_PUT = do_DELETE = do_LIST = do_PATCH = do_HEAD = serve

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads = True
            if options["tls"]:
                server.socket = tls().wrap_socket(server.socket, server_side=True)
            ready(port=server.server_address[1], tls=options["tls"])
            server.serve_forever()
        """
}
