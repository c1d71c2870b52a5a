const require_with_timeout = require("./shared-with-timeout.js");
// src/protocol.ts
/** The moves of rock–paper–scissors, the game that a cluster plays unless it is told otherwise (`GAME`). */
const MOVES = [
	"rock",
	"paper",
	"scissors"
];
const BEST_OF = [
	1,
	3,
	5
];
const QUEUE_MODES = ["ranked", "casual"];
const FIND_MODES = [...QUEUE_MODES, "practice"];
/** The fixed set of emotes: free text would need content review. */
const EMOTES = [
	"hello",
	"good_luck",
	"well_played",
	"thinking",
	"wow",
	"oops",
	"thanks",
	"again"
];
/** Characters of a room code: no 0/O, 1/I/L, 2/Z, 5/S, 8/B or U/V to confuse. */
const ROOM_CODE_ALPHABET = "34679ACDEFGHJKMNPQRTWXY";
const ROOM_CODE_LENGTH = 6;
/** The request header that carries the session id. */
const SESSION_HEADER = "sessionid";
// src/login/http.ts
/** What a status means when its body is not ours, but that of a proxy on the way. */
function codeOf$1(status) {
	if (status === 401) return "session_expired";
	if (status === 404) return "not_found";
	if (status === 429) return "rate_limited";
	return status >= 500 ? "unavailable" : "bad_request";
}
function toError({ status, headers, body }) {
	const sent = body && typeof body === "object" ? body.error : void 0;
	const error = sent && typeof sent === "object" ? sent : { message: `HTTP ${status}` };
	const after = Number(headers["retry-after"]) * 1e3;
	return require_with_timeout.fromWire(after > 0 ? Object.assign({ retryAfterMs: after }, error) : error, codeOf$1(status));
}
/** Makes the call. Rejects with the server's error, `network`, `timeout`, or `bad_reply` for what is not an answer of this server. */
async function call(host, baseUrl, { method, path, body, sessionId, timeoutMs, accepts }) {
	const headers = {};
	if (body !== void 0) headers["content-type"] = "application/json";
	if (sessionId) headers[SESSION_HEADER] = sessionId;
	const response = await host.request({
		method,
		url: baseUrl + path,
		headers,
		body,
		timeoutMs
	});
	if (!(response.status >= 200 && response.status < 300)) throw toError(response);
	if (!accepts(response.body)) throw new require_with_timeout.GameError("bad_reply", `${path} was answered with status ${response.status} and something else than expected`);
	return response.body;
}
// src/login/shapes.ts
/** Whether it is an object with these fields, each of this type (`array` for arrays). */
function has(value, fields) {
	if (typeof value !== "object" || value === null) return false;
	const record = value;
	return Object.keys(fields).every((name) => {
		const field = record[name];
		return fields[name] === "array" ? Array.isArray(field) : field !== null && typeof field === fields[name];
	});
}
const isPlayer = (value) => has(value, {
	id: "string",
	nickname: "string"
});
const isMe = (value) => has(value, { player: "object" }) && isPlayer(value.player);
// src/login/login.ts
/** What becomes of a logout is no news. */
const isAnything = (body) => body !== isAnything;
const codeOf = (error) => error instanceof require_with_timeout.GameError ? error.code : "";
const hasEnded = (error) => codeOf(error) === "session_expired" || codeOf(error) === "unauthorized";
const ownCode = async (login) => {
	try {
		return await login();
	} catch (error) {
		throw new require_with_timeout.GameError("login_failed", error instanceof Error ? error.message : void 0);
	}
};
/** Runs it again at once, a single time, if it fails with one of these codes. */
const twice = (run, codes) => run().catch((error) => {
	if (codes.indexOf(codeOf(error)) !== -1) return run();
	throw error;
});
/**
* The login state: one session id, in memory and in the host's storage, and however many callers
* ask for it at once, one `wx.login`.
*/
var Login = class {
	constructor(options) {
		this.current = null;
		this.underway = null;
		this.epoch = 0;
		this.isReply = (body) => {
			const { accepts } = this.options;
			return has(body, {}) && !Array.isArray(body) && (!accepts || accepts(body));
		};
		this.isLogin = (body) => this.isReply(body) && has(body, { sessionId: "string" }) && body.sessionId !== "";
		this.options = options;
	}
	/**
	* The session id: the one in use, the stored one if WeChat and the server still honour it, or a new one.
	* Rejects with `GameError`: `invalid_code` after a second code was refused as well, `login_failed`, `bad_reply`,
	* `blocked`, `rate_limited`, `wechat_unavailable`, `network`, `timeout`.
	*/
	session() {
		if (this.current) return Promise.resolve(this.current);
		if (!this.underway) {
			const { epoch } = this;
			const done = () => {
				if (epoch === this.epoch) this.underway = null;
			};
			this.underway = this.establish(epoch);
			this.underway.then(done, done);
		}
		return this.underway;
	}
	/** The server does not honour this session id: the next caller gets another. */
	invalidate(sessionId) {
		if (this.current === sessionId) this.current = null;
		if (this.load() === sessionId) this.store(null);
	}
	/**
	* An HTTP call as this player. A session that has ended is replaced once, a second refusal is the answer.
	* @param accepts whether a body is what this call answers with; rejects with `bad_reply` otherwise
	*/
	async api(method, path, accepts, body) {
		const sessionId = await this.session();
		try {
			return await this.call({
				method,
				path,
				accepts,
				body,
				sessionId
			});
		} catch (error) {
			if (!hasEnded(error)) throw error;
			this.invalidate(sessionId);
			return this.call({
				method,
				path,
				accepts,
				body,
				sessionId: await this.session()
			});
		}
	}
	/** Ends the session here, and at the server if it can be reached. */
	async logout() {
		const sessionId = this.current || this.load();
		this.epoch++;
		this.underway = null;
		this.current = null;
		this.store(null);
		if (!sessionId) return;
		try {
			await this.call({
				method: "DELETE",
				path: this.options.paths.session,
				accepts: isAnything,
				sessionId
			});
		} catch (error) {
			if (!hasEnded(error) && !(error instanceof require_with_timeout.GameError && error.temporary)) throw error;
		}
	}
	async establish(epoch) {
		const { host, login, paths, timeoutMs } = this.options;
		const stored = this.load();
		if (stored) {
			const [holds, reply] = await Promise.all([login ? true : require_with_timeout.withTimeout(host.loginHolds(), timeoutMs, "checkSession").catch(() => true), twice(() => this.call({
				method: "GET",
				path: paths.session,
				accepts: this.isReply,
				sessionId: stored
			}), ["bad_reply"]).catch((error) => {
				if (hasEnded(error)) return null;
				throw error;
			})]);
			if (holds && reply) return this.keep(epoch, stored, reply);
		}
		const reply = await twice(() => this.logIn(), ["invalid_code", "bad_reply"]);
		if (epoch === this.epoch) this.store(reply.sessionId);
		return this.keep(epoch, reply.sessionId, reply);
	}
	async logIn() {
		const { host, login, paths, profile, timeoutMs } = this.options;
		const code = await require_with_timeout.withTimeout(login ? ownCode(login) : host.login(), timeoutMs, "login");
		return this.call({
			method: "POST",
			path: paths.login,
			accepts: this.isLogin,
			body: {
				code,
				profile
			}
		});
	}
	keep(epoch, sessionId, reply) {
		if (epoch !== this.epoch) throw new require_with_timeout.GameError("cancelled", "logged out meanwhile");
		this.current = sessionId;
		const { onReply } = this.options;
		if (onReply) onReply(reply);
		return sessionId;
	}
	call(request) {
		const { host, baseUrl, timeoutMs } = this.options;
		return require_with_timeout.withTimeout(call(host, baseUrl, Object.assign({ timeoutMs }, request)), timeoutMs + 1e3, request.path);
	}
	/** Where the session is stored. Two servers of one app do not take each other's place: the key is the first one's. */
	key() {
		const { baseUrl, host, shareKey, storageKey } = this.options;
		if (!shareKey) return storageKey;
		const owner = host.load(`${storageKey}.server`);
		return !owner || owner === baseUrl ? storageKey : `${storageKey}@${baseUrl}`;
	}
	load() {
		try {
			const stored = this.options.host.load(this.key());
			return typeof stored === "string" && stored ? stored : null;
		} catch (_unused) {
			return null;
		}
	}
	/** A full or broken storage costs a login at the next start, nothing else. */
	store(sessionId) {
		const { baseUrl, host, shareKey, storageKey } = this.options;
		try {
			const key = this.key();
			if (sessionId) {
				host.save(key, sessionId);
				if (shareKey && key === storageKey) host.save(`${storageKey}.server`, baseUrl);
			} else host.remove(key);
		} catch (_unused2) {}
	}
};
// src/login/create.ts
/**
* The login by itself, for any server with such an API: one `wx.login` however many callers ask, the session kept in the host's
* storage and replaced when it has ended. `session()` gives the id for `auth`, `invalidate(id)` belongs into `refused`.
*/
function createLogin(options) {
	const { accepts, loginPath, onReply, profile, requestTimeoutMs, sessionPath, storageKey, url } = options;
	return new Login({
		host: require_with_timeout.hostOf(options),
		login: options.login,
		baseUrl: require_with_timeout.parseAddress(url).origin,
		storageKey: storageKey || "caiquan.session",
		shareKey: !storageKey,
		profile,
		timeoutMs: require_with_timeout.isDuration(requestTimeoutMs) ? requestTimeoutMs : 8e3,
		paths: {
			login: loginPath || "/api/login",
			session: sessionPath || "/api/session"
		},
		accepts,
		onReply
	});
}
Object.defineProperty(exports, "BEST_OF", {
	enumerable: true,
	get: function() {
		return BEST_OF;
	}
});
Object.defineProperty(exports, "EMOTES", {
	enumerable: true,
	get: function() {
		return EMOTES;
	}
});
Object.defineProperty(exports, "FIND_MODES", {
	enumerable: true,
	get: function() {
		return FIND_MODES;
	}
});
Object.defineProperty(exports, "Login", {
	enumerable: true,
	get: function() {
		return Login;
	}
});
Object.defineProperty(exports, "MOVES", {
	enumerable: true,
	get: function() {
		return MOVES;
	}
});
Object.defineProperty(exports, "QUEUE_MODES", {
	enumerable: true,
	get: function() {
		return QUEUE_MODES;
	}
});
Object.defineProperty(exports, "ROOM_CODE_ALPHABET", {
	enumerable: true,
	get: function() {
		return ROOM_CODE_ALPHABET;
	}
});
Object.defineProperty(exports, "ROOM_CODE_LENGTH", {
	enumerable: true,
	get: function() {
		return ROOM_CODE_LENGTH;
	}
});
Object.defineProperty(exports, "SESSION_HEADER", {
	enumerable: true,
	get: function() {
		return SESSION_HEADER;
	}
});
Object.defineProperty(exports, "createLogin", {
	enumerable: true,
	get: function() {
		return createLogin;
	}
});
Object.defineProperty(exports, "has", {
	enumerable: true,
	get: function() {
		return has;
	}
});
Object.defineProperty(exports, "isMe", {
	enumerable: true,
	get: function() {
		return isMe;
	}
});
Object.defineProperty(exports, "isPlayer", {
	enumerable: true,
	get: function() {
		return isPlayer;
	}
});

//# sourceMappingURL=shared-login.js.map