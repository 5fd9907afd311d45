extension TestServer {
    /// The engines: KV of both versions, transit, and a database whose users are made up.
    static let vaultEngines = """
        import base64, secrets as random, uuid
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.exceptions import InvalidTag

        begun = time.time()

        # Passes when a test says so, and not with the machine's load.
        def moment():
            try:
                with open(folder + "/ahead") as file:
                    return begun + float(file.read() or 0)
            except FileNotFoundError:
                return begun

        def stamp(at):
            return datetime.datetime.utcfromtimestamp(at).isoformat() + "000Z"

        class Fault(Exception):
            def __init__(self, status, *errors, warnings=None, body=None):
                self.status, self.errors, self.warnings, self.body = status, list(errors), warnings, body

        class Reply:
            def __init__(self, data=None, auth=None, status=200, lease=("", False, 0), warnings=None, mount=""):
                self.data, self.auth, self.status = data, auth, status
                self.lease, self.warnings, self.mount = lease, warnings, mount

        def listed(paths, prefix):
            prefix = prefix.rstrip("/") + "/" if prefix else ""
            found = set()
            for path in paths:
                if path.startswith(prefix):
                    rest = path[len(prefix):]
                    found.add(rest.split("/")[0] + ("/" if "/" in rest else ""))
            if not found:
                raise Fault(404)
            return Reply({"keys": sorted(found)})

        class KV1:
            kind = "kv"

            def __init__(self):
                self.values = {}

            def handle(self, method, path, body, query, token):
                if method == "LIST":
                    return listed(self.values, path)
                if method == "GET":
                    if path not in self.values:
                        raise Fault(404)
                    return Reply(self.values[path], lease=("", False, 2764800))
                if method in ("POST", "PUT"):
                    if not body:
                        raise Fault(400, "missing data fields")
                    self.values[path] = body
                    return Reply(status=204)
                if method == "DELETE":
                    self.values.pop(path, None)
                    return Reply(status=204)
                raise Fault(405, "unsupported operation")

        class KV2:
            kind = "kv"

            def __init__(self):
                self.secrets = {}

            def view(self, number, version):
                return {"created_time": version["created_time"], "custom_metadata": None,
                    "deletion_time": version["deletion_time"], "destroyed": version["destroyed"], "version": number}

            def handle(self, method, path, body, query, token):
                verb, _, path = path.partition("/")
                if verb == "data" and path:
                    return self.data(method, path, body, query)
                if verb in ("delete", "undelete", "destroy") and method in ("POST", "PUT"):
                    return self.change(verb, path, body)
                if verb == "metadata":
                    return self.metadata(method, path)
                raise Fault(404, warnings=["Invalid path for a versioned K/V secrets engine. See the API docs for the "
                    "appropriate API endpoints to use. If using the Vault CLI, use 'vault kv get' for this operation."])

            def data(self, method, path, body, query):
                secret = self.secrets.get(path)
                if method == "GET":
                    if secret is None:
                        raise Fault(404)
                    try:
                        number = int(query.get("version", ["0"])[0]) or secret["current_version"]
                    except ValueError:
                        raise Fault(400, "error converting input for field \\"version\\"")
                    version = secret["versions"].get(number)
                    if version is None:
                        raise Fault(404)
                    gone = version["destroyed"] or version["deletion_time"]
                    data = {"data": None if gone else version["data"], "metadata": self.view(number, version)}
                    return Reply(data, status=404 if gone else 200)
                if method in ("POST", "PUT", "PATCH"):
                    if not isinstance(body.get("data"), dict):
                        raise Fault(400, "no data provided")
                    current = secret["current_version"] if secret else 0
                    expected = body.get("options", {}).get("cas")
                    if expected is not None and expected != current:
                        raise Fault(400, "check-and-set parameter did not match the current version")
                    if secret is None:
                        secret = self.secrets[path] = {"versions": {}, "current_version": 0, "made": stamp(moment())}
                    number = secret["current_version"] = current + 1
                    secret["versions"][number] = {"data": body["data"], "created_time": stamp(moment()),
                        "deletion_time": "", "destroyed": False}
                    for old in sorted(secret["versions"])[:-10]:
                        del secret["versions"][old]
                    return Reply(self.view(number, secret["versions"][number]))
                if method == "DELETE":
                    if secret:
                        secret["versions"][secret["current_version"]]["deletion_time"] = stamp(moment())
                    return Reply(status=204)
                raise Fault(405, "unsupported operation")

            def change(self, verb, path, body):
                numbers = body.get("versions") or []
                if not numbers:
                    raise Fault(400, "No version number provided")
                secret = self.secrets.get(path)
                if secret is None:
                    raise Fault(404)
                for number in numbers:
                    version = secret["versions"].get(int(number))
                    if version is None or version["destroyed"]:
                        continue
                    if verb == "delete":
                        version["deletion_time"] = stamp(moment())
                    elif verb == "undelete":
                        version["deletion_time"] = ""
                    else:
                        version["destroyed"], version["data"] = True, None
                return Reply(status=204)

            def metadata(self, method, path):
                if method == "LIST":
                    return listed(self.secrets, path)
                secret = self.secrets.get(path)
                if method == "GET":
                    if secret is None:
                        raise Fault(404)
                    versions = {str(number): {name: version[name] for name in ("created_time", "deletion_time", "destroyed")}
                        for number, version in secret["versions"].items()}
                    return Reply({"cas_required": False, "created_time": secret["made"], "custom_metadata": None,
                        "current_version": secret["current_version"], "delete_version_after": "0s", "max_versions": 0,
                        "oldest_version": min(versions, key=int, default="0"), "updated_time": secret["made"],
                        "versions": versions})
                if method == "DELETE":
                    self.secrets.pop(path, None)
                    return Reply(status=204)
                raise Fault(405, "unsupported operation")

        class Transit:
            kind = "transit"

            def __init__(self):
                self.keys = {"casare": self.key()}

            def key(self):
                return {"versions": [random.token_bytes(32)], "min": 1}

            def decoded(self, body, name):
                try:
                    return base64.b64decode(body[name], validate=True)
                except Exception:
                    raise Fault(400, "failed to base64-decode " + name)

            def handle(self, method, path, body, query, token):
                verb, _, name = path.partition("/")
                if verb == "keys" and method == "LIST":
                    return Reply({"keys": sorted(self.keys)})
                name, _, action = name.partition("/")
                if verb == "keys" and not action and method in ("POST", "PUT"):
                    self.keys.setdefault(name, self.key())
                    return Reply(status=204)
                key = self.keys.get(name)
                if verb == "keys":
                    if key is None:
                        raise Fault(404 if method == "GET" else 400, *([] if method == "GET" else ["no existing key named " + name + " could be found"]))
                    if action == "rotate":
                        key["versions"].append(random.token_bytes(32))
                    if action == "config" and "min_decryption_version" in body:
                        key["min"] = int(body["min_decryption_version"])
                    return Reply({"name": name, "type": "aes256-gcm96", "latest_version": len(key["versions"]),
                        "min_decryption_version": key["min"], "supports_encryption": True, "supports_decryption": True})
                if verb not in ("encrypt", "decrypt", "rewrap") or method not in ("POST", "PUT"):
                    raise Fault(404, "unsupported path")
                if key is None:
                    raise Fault(400, "encryption key not found")
                extra = self.decoded(body, "associated_data") if body.get("associated_data") else b""
                if verb == "encrypt":
                    if "plaintext" not in body:
                        raise Fault(400, "missing plaintext to encrypt")
                    return Reply(self.sealed(key, self.decoded(body, "plaintext"), extra))
                plain = self.opened(key, body.get("ciphertext") or "", extra if verb == "decrypt" else b"")
                if verb == "rewrap":
                    return Reply(self.sealed(key, plain, b""))
                return Reply({"plaintext": base64.b64encode(plain).decode()})

            def sealed(self, key, plain, extra):
                nonce = random.token_bytes(12)
                number = len(key["versions"])
                data = nonce + AESGCM(key["versions"][-1]).encrypt(nonce, plain, extra)
                return {"ciphertext": "vault:v%d:%s" % (number, base64.b64encode(data).decode()), "key_version": number}

            def opened(self, key, text, extra):
                if not text:
                    raise Fault(400, "missing ciphertext to decrypt")
                if not text.startswith("vault:v"):
                    raise Fault(400, "invalid ciphertext: no prefix")
                parts = text[len("vault:v"):].split(":", 1)
                if len(parts) != 2:
                    raise Fault(400, "invalid ciphertext: wrong number of fields")
                try:
                    number = int(parts[0])
                except ValueError:
                    raise Fault(400, "invalid ciphertext: version number could not be decoded")
                if number > len(key["versions"]):
                    raise Fault(400, "invalid ciphertext: version is too new")
                if number < key["min"]:
                    raise Fault(400, "ciphertext or signature version is disallowed by policy (too old)")
                try:
                    data = base64.b64decode(parts[1], validate=True)
                except Exception:
                    raise Fault(400, "invalid ciphertext: could not decode base64")
                if len(data) < 28:
                    raise Fault(400, "invalid ciphertext length")
                try:
                    return AESGCM(key["versions"][number - 1]).decrypt(data[:12], data[12:], extra)
                except InvalidTag:
                    raise Fault(400, "cipher: message authentication failed")

        class Database:
            kind = "database"

            def __init__(self, space):
                self.space = space
                self.roles = {"readonly": (60, 600), "fixed": (60, 60)}

            def handle(self, method, path, body, query, token):
                verb, _, name = path.partition("/")
                if verb != "creds" or method != "GET":
                    raise Fault(404, "unsupported path")
                if name not in self.roles:
                    raise Fault(400, "unknown role: " + name)
                ttl, longest = self.roles[name]
                lease = "database/creds/%s/%s" % (name, random.token_urlsafe(18))
                user = "v-casare-%s-%s-%d" % (name, random.token_hex(10), int(moment()))
                self.space.leases[lease] = {"issued": moment(), "ends": moment() + ttl, "ttl": ttl,
                    "max": moment() + longest, "token": token, "user": user, "renewed": None, "renewable": name != "fixed"}
                return Reply({"username": user, "password": "A1a-" + random.token_urlsafe(15)},
                    lease=(lease, name != "fixed", ttl))


        """
}
