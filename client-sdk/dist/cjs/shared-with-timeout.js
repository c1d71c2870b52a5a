const require_web_transport = require("./shared-web-transport.js");
// src/errors.ts
/**
* The one catalogue of errors that server and clients share.
*
* `temporary` says whether the same request may succeed later without a change by the caller;
* `http` is the status where the error answers an HTTP call.
*/
const ERRORS = {
	bad_request: {
		http: 400,
		temporary: false,
		message: "The request is not valid."
	},
	unknown_event: {
		http: 404,
		temporary: false,
		message: "There is no such event."
	},
	invalid_code: {
		http: 401,
		temporary: false,
		message: "WeChat does not accept this login code: call wx.login again."
	},
	unauthorized: {
		http: 401,
		temporary: false,
		message: "Not logged in: send a valid session id."
	},
	session_expired: {
		http: 401,
		temporary: false,
		message: "The session has ended: log in again."
	},
	blocked: {
		http: 403,
		temporary: false,
		message: "WeChat has blocked this account."
	},
	not_found: {
		http: 404,
		temporary: false,
		message: "There is nothing here."
	},
	match_not_found: {
		http: 404,
		temporary: false,
		message: "There is no such match."
	},
	not_your_match: {
		http: 403,
		temporary: false,
		message: "You have no seat in this match."
	},
	match_finished: {
		http: 409,
		temporary: false,
		message: "The match is over."
	},
	match_not_playing: {
		http: 409,
		temporary: false,
		message: "The match has not begun."
	},
	match_running: {
		http: 409,
		temporary: false,
		message: "The match is not over yet."
	},
	stale_round: {
		http: 409,
		temporary: false,
		message: "This round is not open: look at the current view."
	},
	already_moved: {
		http: 409,
		temporary: false,
		message: "You have already moved in this round."
	},
	illegal_move: {
		http: 409,
		temporary: false,
		message: "The rules of the game do not allow this move."
	},
	not_your_turn: {
		http: 409,
		temporary: false,
		message: "This round awaits a move of your opponent."
	},
	room_not_found: {
		http: 404,
		temporary: false,
		message: "There is no room with this code."
	},
	room_full: {
		http: 409,
		temporary: false,
		message: "Both seats of this room are taken."
	},
	room_closed: {
		http: 409,
		temporary: false,
		message: "This room is no longer open."
	},
	in_match: {
		http: 409,
		temporary: false,
		message: "You are in another match: finish or leave it first."
	},
	rate_limited: {
		http: 429,
		temporary: true,
		message: "Too many requests: wait a little."
	},
	overloaded: {
		http: 503,
		temporary: true,
		message: "This server cannot take more at the moment: try again."
	},
	draining: {
		http: 503,
		temporary: true,
		message: "This server is shutting down: connect again."
	},
	wechat_unavailable: {
		http: 503,
		temporary: true,
		message: "WeChat does not answer: try again."
	},
	unavailable: {
		http: 503,
		temporary: true,
		message: "A part of the service is away: try again."
	},
	internal: {
		http: 500,
		temporary: true,
		message: "The server failed on this request."
	}
};
// src/util/settings.ts
/** Whether it is a length of time that a timer can be set to, in milliseconds. */
const isDuration = (value) => typeof value === "number" && value >= 0 && value < 1e400;
/** The defaults with the durations that were given; `undefined`, `NaN`, negative and infinite ones mean the default. */
function withDefaults(defaults, given) {
	const settings = Object.assign({}, defaults);
	for (const key of Object.keys(defaults)) {
		const value = given && given[key];
		if (isDuration(value)) settings[key] = value;
	}
	return settings;
}
// src/game-error.ts
/** Client errors after which the same call may succeed without a change by the caller. */
const TEMPORARY = [
	"network",
	"timeout",
	"disconnected",
	"bad_reply",
	"login_failed"
];
const known = (code) => Object.prototype.hasOwnProperty.call(ERRORS, String(code)) ? ERRORS[code] : void 0;
/** Every rejection of this package. */
var GameError = class extends Error {
	/** @param more how long to wait, in milliseconds, or all else that is known */
	constructor(code, message, more = {}) {
		const facts = typeof more === "number" ? { retryAfterMs: more } : more;
		const entry = known(code);
		super(message || facts.message || (entry ? entry.message : code));
		this.name = "GameError";
		this.code = code;
		this.fromServer = facts.fromServer === true;
		this.temporary = facts.temporary !== void 0 ? facts.temporary : entry ? entry.temporary : !this.fromServer && TEMPORARY.indexOf(code) !== -1;
		this.retryAfterMs = facts.retryAfterMs;
		this.details = facts.details;
	}
};
const isRecord = (value) => typeof value === "object" && value !== null;
/** Turns what a server sent as an error into a `GameError`. `fallback` is the code of what carries none. */
function fromWire(error, fallback = "internal") {
	const { code, message, retryAfterMs, temporary, details } = isRecord(error) ? error : {};
	return new GameError(typeof code === "string" && code ? code : fallback, void 0, {
		message: typeof message === "string" ? message : typeof error === "string" ? error : void 0,
		retryAfterMs: isDuration(retryAfterMs) ? retryAfterMs : void 0,
		temporary: typeof temporary === "boolean" ? temporary : void 0,
		details,
		fromServer: true
	});
}
/**
* A handshake that the server refused, as Socket.IO's `connect_error` tells of it: `new Error('…')` in a middleware has only a
* message, `data` carries what the server put there. Without a code in it: `refused`, and `data` in `details`.
*/
function fromRefusal({ message, data }) {
	const wire = isRecord(data) ? data : {};
	return fromWire(Object.assign({
		message,
		details: data
	}, wire), "refused");
}
/** The connection was lost, or gave no answer in time: nobody knows what became of the request. */
const isLost = ({ code, fromServer }) => !fromServer && (code === "timeout" || code === "disconnected");
/** Anything that was thrown, as a `GameError`. */
function toGameError(error) {
	if (error instanceof GameError) return error;
	return new GameError("internal", error instanceof Error ? error.message : String(error));
}
// src/host/web.ts
function parse(text) {
	try {
		return JSON.parse(text);
	} catch (_unused) {
		return text;
	}
}
function listen(target, types, listener) {
	if (target) for (const type of types) target.addEventListener(type, listener);
	return () => {
		if (target) for (const type of types) target.removeEventListener(type, listener);
	};
}
/**
* Browsers and Node. A tab in the background is not an app in the background of a phone: its code runs on, and its socket lives,
* so that it counts as visible; when it is looked at again, the connection is asked for a sign of life, since the computer
* may have slept. `navigator.onLine` and its events are hints of the same kind: some systems say that there is no network when there
* is. In Node there is nothing of all this, and the session lives in memory.
*/
function webHost(options) {
	const page = typeof document === "object" ? document : void 0;
	const view = typeof window === "object" && page ? window : void 0;
	const store = view && typeof localStorage === "object" ? localStorage : void 0;
	const memory = {};
	const network = () => view && navigator && navigator.onLine === false ? "none" : "unknown";
	return {
		canPatch: true,
		transport: require_web_transport.WebSocketTransport,
		transportOptions: options.WebSocket ? { WebSocket: options.WebSocket } : {},
		request: async ({ method, url, headers, body, timeoutMs }) => {
			const abort = new AbortController();
			let late = false;
			const timer = setTimeout(() => {
				late = true;
				abort.abort();
			}, timeoutMs);
			try {
				const response = await fetch(url, Object.assign({
					method,
					headers,
					signal: abort.signal
				}, body === void 0 ? {} : { body: JSON.stringify(body) }));
				const found = {};
				response.headers.forEach((value, name) => {
					found[name] = value;
				});
				return {
					status: response.status,
					headers: found,
					body: parse(await response.text())
				};
			} catch (error) {
				const { message, cause } = error;
				throw new GameError(late ? "timeout" : "network", cause && cause.message || message);
			} finally {
				clearTimeout(timer);
			}
		},
		login: async () => {
			if (!options.login) throw new GameError("login_failed", "There is no wx.login here: pass `login`.");
			try {
				return await options.login();
			} catch (error) {
				throw new GameError("login_failed", error instanceof Error ? error.message : void 0);
			}
		},
		loginHolds: () => Promise.resolve(true),
		load: (key) => (store ? store.getItem(key) : memory[key]) || null,
		save: (key, value) => {
			if (store) store.setItem(key, value);
			else memory[key] = value;
		},
		remove: (key) => {
			if (store) store.removeItem(key);
			else delete memory[key];
		},
		visible: () => true,
		onVisibility: () => () => void 0,
		networkType: () => Promise.resolve(network()),
		onNetwork: (listener) => {
			const stopNetwork = listen(view, ["online", "offline"], () => listener(network()));
			const stopPage = listen(page, ["visibilitychange"], () => {
				if (page && page.visibilityState !== "hidden") listener(network());
			});
			const stopCache = listen(view, ["pageshow"], () => listener(network()));
			return () => {
				stopNetwork();
				stopPage();
				stopCache();
			};
		}
	};
}
// src/host/wx.ts
/**
* A call of `wx` as a promise; a `fail` rejects with `code` and WeChat's own message. Frameworks return promises of their own
* beside the callbacks, or instead of them: whichever comes first counts. A function that this host does not have fails like one
* that refuses.
*/
function ask(code, name, begin) {
	return new Promise((success, reject) => {
		const fail = (failure) => {
			const { errMsg, message } = failure || {};
			reject(new GameError(/time.?out/i.test(errMsg || "") ? "timeout" : code, errMsg || message));
		};
		try {
			const promise = begin({
				success,
				fail
			});
			if (promise && typeof promise.then === "function") promise.then((result) => result && success(result), fail);
		} catch (error) {
			fail({ errMsg: `${name}: ${error instanceof Error ? error.message : String(error)}` });
		}
	});
}
/** What `fail` or the absence of a function leaves: nothing is known. */
const unknown = () => null;
function lowerCase(headers = {}) {
	const lower = {};
	for (const name of Object.keys(headers)) lower[name.toLowerCase()] = String(headers[name]);
	return lower;
}
/** WeChat mini programs and mini games. `socket` holds options for `wx.connectSocket`. */
function wxHost(wx, socket) {
	/** A framework's `connectSocket` gave a promise: its sockets cannot be told apart from dead ones, so there is one at a time. */
	let promised = false;
	const asPromise = () => {
		promised = true;
	};
	return {
		canPatch: false,
		transport: require_web_transport.WxTransport,
		transportOptions: Object.assign({ tcpNoDelay: true }, socket, {
			wx,
			asPromise
		}),
		mayHedge: () => !promised,
		request: async ({ method, url, headers, body, timeoutMs }) => {
			const { statusCode, data, header } = await ask("network", "request", (callbacks) => wx.request(Object.assign({
				url,
				method,
				header: headers,
				timeout: timeoutMs
			}, body !== void 0 && { data: JSON.stringify(body) }, callbacks)));
			return {
				status: statusCode,
				headers: lowerCase(header),
				body: data
			};
		},
		login: async () => {
			const { code } = await ask("login_failed", "login", (callbacks) => wx.login(callbacks));
			if (!code) throw new GameError("login_failed", "login: no code");
			return code;
		},
		loginHolds: () => typeof wx.checkSession === "function" ? ask("login_failed", "checkSession", ({ success, fail }) => wx.checkSession({
			success: () => success(true),
			fail
		})).then(() => true, () => false) : Promise.resolve(true),
		load: (key) => wx.getStorageSync(key) || null,
		save: (key, value) => wx.setStorageSync(key, value),
		remove: (key) => wx.removeStorageSync(key),
		visible: () => true,
		onVisibility: (listener) => {
			const show = () => listener(true);
			const hide = () => listener(false);
			if (wx.onAppShow && wx.onAppHide) {
				wx.onAppShow(show);
				wx.onAppHide(hide);
			} else if (wx.onShow && wx.onHide) {
				wx.onShow(show);
				wx.onHide(hide);
			}
			return () => {
				const offShow = wx.offAppShow || wx.offShow;
				const offHide = wx.offAppHide || wx.offHide;
				if (offShow) offShow.call(wx, show);
				if (offHide) offHide.call(wx, hide);
			};
		},
		networkType: () => ask("network", "getNetworkType", (callbacks) => wx.getNetworkType(callbacks)).then(({ networkType }) => networkType, unknown),
		onNetwork: (listener) => {
			const change = ({ isConnected, networkType }) => listener(isConnected === false ? "none" : networkType || "unknown");
			if (typeof wx.onNetworkStatusChange === "function") wx.onNetworkStatusChange(change);
			return () => {
				if (wx.offNetworkStatusChange) wx.offNetworkStatusChange(change);
			};
		}
	};
}
// src/host/options.ts
/** The `wx` that these options lead to, if any. */
const wxOf = ({ host, wx }) => host ? void 0 : wx || (require_web_transport.hasGlobalWx() ? require_web_transport.globalWx() : void 0);
/** The host that these options ask for. */
function hostOf(options) {
	const wx = wxOf(options);
	return options.host || (wx ? wxHost(wx, options.socket) : webHost(options));
}
// src/util/url.ts
const DEFAULT_PORT = {
	http: "80",
	https: "443"
};
const decode = (text) => {
	try {
		return decodeURIComponent(text.replace(/\+/g, " "));
	} catch (_unused) {
		return text;
	}
};
/** Takes a URL apart. `ws://` is `http://`, and `wss://` is `https://`. (Mini programs have no `URL`.) */
function parseAddress(url) {
	const parsed = require_web_transport.parse(url.trim().replace(/^\w+:/, (scheme) => scheme.toLowerCase()));
	const { host, ipv6uri, path, port, query } = parsed;
	const scheme = (parsed["protocol"] || "").replace("ws", "http");
	const asked = {};
	for (const pair of (query || "").split("&")) {
		const [name = "", ...rest] = pair.split("=");
		if (name) asked[decode(name)] = decode(rest.join("="));
	}
	if (!scheme || !host) return {
		origin: url.replace(/[?#].*/, "").replace(/\/+$/, ""),
		path: "",
		query: asked
	};
	return {
		origin: `${scheme}://${ipv6uri ? `[${host}]` : host.toLowerCase()}${port && port !== DEFAULT_PORT[scheme] ? `:${port}` : ""}`,
		path: (path || "").replace(/\/+$/, ""),
		query: asked
	};
}
/** `?a=1&b=2` of what is set; empty if nothing is. */
function queryOf(values) {
	const pairs = Object.keys(values).filter((key) => values[key] !== void 0).map((key) => `${key}=${encodeURIComponent(String(values[key]))}`);
	return pairs.length ? `?${pairs.join("&")}` : "";
}
// src/util/with-timeout.ts
/** The promise's outcome, or a rejection with `timeout` after `ms`: a phone may forget a callback. */
function withTimeout(promise, ms, what) {
	return new Promise((resolve, reject) => {
		const timer = new require_web_transport.Timer();
		timer.start(ms, () => reject(new GameError("timeout", `no answer from ${what}`)));
		promise.then((value) => {
			timer.stop();
			resolve(value);
		}, (error) => {
			timer.stop();
			reject(error instanceof Error ? error : new GameError("internal", String(error)));
		});
	});
}
Object.defineProperty(exports, "ERRORS", {
	enumerable: true,
	get: function() {
		return ERRORS;
	}
});
Object.defineProperty(exports, "GameError", {
	enumerable: true,
	get: function() {
		return GameError;
	}
});
Object.defineProperty(exports, "fromRefusal", {
	enumerable: true,
	get: function() {
		return fromRefusal;
	}
});
Object.defineProperty(exports, "fromWire", {
	enumerable: true,
	get: function() {
		return fromWire;
	}
});
Object.defineProperty(exports, "hostOf", {
	enumerable: true,
	get: function() {
		return hostOf;
	}
});
Object.defineProperty(exports, "isDuration", {
	enumerable: true,
	get: function() {
		return isDuration;
	}
});
Object.defineProperty(exports, "isLost", {
	enumerable: true,
	get: function() {
		return isLost;
	}
});
Object.defineProperty(exports, "parseAddress", {
	enumerable: true,
	get: function() {
		return parseAddress;
	}
});
Object.defineProperty(exports, "queryOf", {
	enumerable: true,
	get: function() {
		return queryOf;
	}
});
Object.defineProperty(exports, "toGameError", {
	enumerable: true,
	get: function() {
		return toGameError;
	}
});
Object.defineProperty(exports, "withDefaults", {
	enumerable: true,
	get: function() {
		return withDefaults;
	}
});
Object.defineProperty(exports, "withTimeout", {
	enumerable: true,
	get: function() {
		return withTimeout;
	}
});
Object.defineProperty(exports, "wxOf", {
	enumerable: true,
	get: function() {
		return wxOf;
	}
});

//# sourceMappingURL=shared-with-timeout.js.map