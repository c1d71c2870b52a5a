const require_login = require("./shared-login.js");
const require_connection = require("./shared-connection.js");
const require_transport = require("./shared-transport.js");
const require_with_timeout = require("./shared-with-timeout.js");
const require_web_transport = require("./shared-web-transport.js");
// src/util/equal.ts
/** Whether two values that came from JSON say the same, whatever the order of their keys. */
function equal(a, b) {
	if (a === b) return true;
	if (typeof a !== "object" || typeof b !== "object" || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
	const one = a;
	const two = b;
	const keys = Object.keys(one).filter((key) => one[key] !== void 0);
	return keys.length === Object.keys(two).filter((key) => two[key] !== void 0).length && keys.every((key) => equal(one[key], two[key]));
}
// src/client/bind-page.ts
/** The ends of life that release a page: of pages, and of components. */
const ENDS = ["onUnload", "detached"];
/**
* Calls `page.setData` with what `select` makes of each snapshot, only the keys that changed, until the
* page unloads or the component is detached. Returns the function that ends it earlier.
*/
function bindPage(page, subscribe, select) {
	let shown = {};
	let released = false;
	let unsubscribe = () => void 0;
	const undo = ENDS.map((end) => {
		const own = Object.prototype.hasOwnProperty.call(page, end);
		const before = page[end];
		const ending = function() {
			release();
			return before && before.call(page);
		};
		page[end] = ending;
		return () => {
			if (page[end] !== ending) return;
			if (own) page[end] = before;
			else delete page[end];
		};
	});
	const release = () => {
		if (released) return;
		released = true;
		unsubscribe();
		for (const each of undo) each();
	};
	unsubscribe = subscribe((snapshot) => {
		if (released) return;
		const data = select(snapshot);
		const changed = {};
		for (const key of Object.keys(data)) if (!(key in shown) || !equal(shown[key], data[key])) changed[key] = data[key];
		shown = data;
		if (Object.keys(changed).length) page.setData(changed);
	});
	if (released) unsubscribe();
	return release;
}
/** See `GameClient.countdown`. Ticks fall on whole multiples of `everyMs`, so a shown second changes on time. */
function countdown(subscribe, remainingMs, listener, everyMs) {
	const timer = new require_web_transport.Timer();
	const stepMs = everyMs > 0 && everyMs < 1e400 ? everyMs : 200;
	const tick = () => {
		const left = remainingMs();
		if (left) timer.start(left % stepMs || stepMs, tick);
		else timer.stop();
		listener(left);
	};
	const unsubscribe = subscribe(tick);
	return () => {
		unsubscribe();
		timer.stop();
	};
}
// src/client/view.ts
/** Whether it has what every view of a match has; what else the server sends is not taken over. */
const isView = (value) => require_login.has(value, {
	id: "string",
	version: "number",
	status: "string",
	round: "number",
	serverTime: "number",
	seats: "array"
}) && value.seats.every((seat) => require_login.has(seat, { player: "object" }));
/** The seat of this player, or null for a spectator. */
function seatOf(view, playerId) {
	if (!view || !playerId) return null;
	const seat = view.seats.findIndex(({ player }) => player.id === playerId);
	return seat === 0 || seat === 1 ? seat : null;
}
/**
* Which of two views to keep when one is pushed. Of one match, the higher version, or another state that was read
* later: when a Redis replica took over that lacked the last moment, versions have gone back. Of two, the player's
* own before one that is watched (watching another begins with a command, not with a push), one that
* is played before one that is over, and then the later.
*/
function selectView(current, incoming, playerId) {
	if (!current) return incoming;
	if (current.id === incoming.id) return incoming.version > current.version || incoming.serverTime > current.serverTime && told(incoming) !== told(current) ? incoming : current;
	if (seatOf(incoming, playerId) === null || incoming.status === "finished") return current;
	if (seatOf(current, playerId) === null || current.status === "finished") return incoming;
	return incoming.serverTime >= current.serverTime ? incoming : current;
}
const told = ({ version, seats }) => version + JSON.stringify(seats);
/**
* What `view` says of a move: `missing` from the open round, `counted` in the round just decided, `superseded` by
* another or by nothing, or `unknown`: the view is older, of another match or rounds later, or it shows that
* there is a move, which may be another one, from before the app was restarted.
*/
function fateOf(view, seat, matchId, round, move) {
	if (view.id !== matchId) return "unknown";
	const { lastRound } = view;
	if (lastRound && lastRound.round === round) return equal(lastRound.moves[seat], move) ? "counted" : "superseded";
	if (view.status === "finished") return lastRound && lastRound.round > round ? "unknown" : "superseded";
	if (view.round !== round) return "unknown";
	const mine = view.seats[seat];
	return mine && mine.moved ? "unknown" : "missing";
}
// src/client/moves.ts
/**
* Holds the player's move of the open round and repeats it until the server has acknowledged it or the
* round has passed, and again if a later view shows that the server does not have it (a Redis
* replica that took over may lack the last moment, with a round that was decided in it). The server takes repeats
* for one move.
*/
var Moves = class {
	constructor(options) {
		this.held = null;
		this.made = [];
		this.madeIn = "";
		this.again = new require_web_transport.Timer();
		this.options = options;
	}
	/** The move held for this round, acknowledged or not. */
	moveOf(matchId, round) {
		const { held } = this;
		return held && held.matchId === matchId && held.round === round ? held.move : null;
	}
	/** Resolves once the move is stored. Rejects with `already_moved`, `stale_round` or another answer of the server. */
	hold(matchId, round, move) {
		const before = this.held;
		if (before && before.matchId === matchId && before.round === round) return equal(before.move, move) ? before.promise : Promise.reject(new require_with_timeout.GameError("already_moved"));
		this.forget(new require_with_timeout.GameError("stale_round"));
		let resolve = () => void 0;
		let reject = () => void 0;
		const promise = new Promise((yes, no) => {
			resolve = yes;
			reject = no;
		});
		promise.catch(() => void 0);
		if (this.madeIn !== matchId) this.made = [];
		this.made[round] = move;
		this.madeIn = matchId;
		this.held = {
			matchId,
			round,
			move,
			sending: false,
			acked: null,
			settled: false,
			promise,
			resolve,
			reject
		};
		this.send();
		return promise;
	}
	/** A view has been taken over: it may show what became of the move. @param back it is later, and not by its version */
	onView(view, seat, back = false) {
		if (seat === null) return;
		const mine = view.seats[seat];
		const again = view.id === this.madeIn && view.deadlineAt && mine && !mine.moved ? this.made[view.round] : void 0;
		if (again !== void 0) this.hold(view.id, view.round, again);
		const { held } = this;
		if (!held) return;
		const fate = fateOf(view, seat, held.matchId, held.round, held.move);
		if (fate === "counted") {
			this.done(held);
			this.forget();
		} else if (fate === "superseded") this.forget(new require_with_timeout.GameError("stale_round"));
		else if (fate === "missing") {
			if (held.acked !== null && (back || view.version >= held.acked)) {
				held.acked = null;
				this.send();
			}
		} else if (held.settled && (view.id !== held.matchId || view.round > held.round)) this.forget();
	}
	/** A connection is up: what is not acknowledged goes out again. */
	onUp() {
		this.send();
	}
	close(error) {
		this.forget(error);
	}
	send() {
		const { held } = this;
		this.again.stop();
		if (!held || held.sending || held.acked !== null || !this.options.up()) return;
		held.sending = true;
		this.options.send(held).then(({ version }) => {
			held.sending = false;
			if (held !== this.held) return;
			held.acked = version;
			this.done(held);
			this.options.onVersion(held.matchId, version);
		}, (error) => {
			held.sending = false;
			if (held !== this.held) return;
			if (require_with_timeout.isLost(error)) this.send();
			else if (error.temporary) this.again.start(error.retryAfterMs || 500, () => this.send());
			else {
				if (error.code !== "stale_round") this.madeIn = "";
				this.forget(error);
			}
		});
	}
	done(held) {
		held.settled = true;
		held.resolve();
	}
	forget(error) {
		const { held } = this;
		this.held = null;
		this.again.stop();
		if (held && !held.settled && error) held.reject(error);
	}
};
// src/client/resync.ts
/**
* The local time at which the view should be asked for, or null. Views are whole, so a missing version
* matters only while nothing newer has come: the server is known to have a later one
* (`knownVersion`, since `knownSince`), or the round's deadline has passed in silence.
* @param offset server time − local time
*/
function resyncAt(view, knownVersion, knownSince, offset, options) {
	if (!view || view.status === "finished") return null;
	const gap = knownVersion > view.version ? knownSince + options.gapGraceMs : 1e400;
	const overdue = view.status === "playing" && view.deadlineAt !== null ? view.deadlineAt - offset + options.deadlineGraceMs : 1e400;
	const at = Math.min(gap, overdue);
	return at === 1e400 ? null : at;
}
// src/client/search.ts
/** Between heartbeats at least, whatever was configured or asked for. */
const MIN_BEAT_MS = 50;
/**
* The wish for a match: repeated as a heartbeat while queued, and as soon as a connection is up again,
* so that a phone which was away longer than its ticket lived is queued anew.
*/
var Search = class {
	constructor(options) {
		this.beat = new require_web_transport.Timer();
		this.wish = null;
		this.sending = false;
		this.since = 0;
		this.options = options;
	}
	get request() {
		return this.wish && this.wish.request;
	}
	/** Resolves with the match. A new search takes the place of the one before. */
	start(request) {
		this.stop(new require_with_timeout.GameError("cancelled"));
		return new Promise((found, lost) => {
			this.wish = {
				request,
				found,
				lost
			};
			this.since = Date.now();
			this.options.onChange();
			this.send();
		});
	}
	stop(error) {
		const { wish } = this;
		if (!wish) return;
		this.wish = null;
		this.beat.stop();
		wish.lost(error);
		this.options.onChange();
	}
	/** A match of this player's that is not over has been taken over. */
	onMatch(view) {
		const { wish } = this;
		if (!wish) return;
		this.wish = null;
		this.beat.stop();
		wish.found(view);
		this.options.onChange();
	}
	onUp() {
		this.send();
	}
	send() {
		const { wish } = this;
		this.beat.stop();
		if (!wish || !this.options.up()) return;
		const next = (delayMs) => this.beat.start(Math.max(MIN_BEAT_MS, delayMs), () => this.send());
		if (this.sending) {
			next(this.options.heartbeatMs);
			return;
		}
		this.sending = true;
		this.options.send(wish.request).then(() => {
			this.sending = false;
			if (wish === this.wish) next(this.options.heartbeatMs);
			else this.send();
		}, (error) => {
			this.sending = false;
			if (wish !== this.wish) this.send();
			else if (error.temporary) next(error.retryAfterMs || Math.min(1e3, this.options.heartbeatMs));
			else this.stop(error);
		});
	}
};
// src/client/clock.ts
const NO_CLOCK = {
	atLeast: -1e400,
	atMost: 1e400
};
/**
* Takes one view's `serverTime` into account. All in epoch milliseconds.
* @param receivedAt local time of arrival
* @param askedAt local time of the question, if the view answers one
*/
function observe(clock, serverTime, receivedAt, askedAt) {
	const atLeast = serverTime - receivedAt;
	const atMost = askedAt === void 0 ? 1e400 : serverTime - askedAt;
	const next = {
		atLeast: Math.max(clock.atLeast, atLeast),
		atMost: Math.min(clock.atMost, atMost)
	};
	return next.atLeast > next.atMost ? {
		atLeast,
		atMost
	} : next;
}
/** The best guess of `server time − local time`, in milliseconds; 0 while nothing is known. */
function offsetOf({ atLeast, atMost }) {
	if (atLeast === -1e400) return 0;
	return Math.round(atMost === 1e400 ? atLeast : (atLeast + atMost) / 2);
}
// src/client/store.ts
/** What is known of the game: the player, the one match, and the server's clock. */
var Store = class {
	constructor() {
		this.me = null;
		this.match = null;
		this.knownVersion = 0;
		this.knownSince = 0;
		this.clock = NO_CLOCK;
		this.left = "";
	}
	get seat() {
		return seatOf(this.match, this.me ? this.me.id : void 0);
	}
	/** Server time − local time, in milliseconds. */
	get offset() {
		return offsetOf(this.clock);
	}
	/**
	* Takes a view over if it is newer than what is known; answers 0 when it is not, and 2 when it is by its time only.
	* @param entered the player has just gone into this match: it replaces any other
	* @param askedAt local time of the question that the view answers
	*/
	adopt(view, entered, askedAt) {
		this.clock = observe(this.clock, view.serverTime, Date.now(), askedAt);
		const { match } = this;
		const other = !match || match.id !== view.id;
		if (other && !entered && view.id === this.left) return 0;
		const next = entered && other ? view : selectView(match, view, this.me ? this.me.id : void 0);
		if (next === match) return 0;
		const back = match && next.version <= match.version;
		if (other || back) this.knownVersion = 0;
		this.match = next;
		this.know(next.id, next.version);
		return back ? 2 : 1;
	}
	/** The server is known to have this version. */
	know(matchId, version) {
		if (!this.match || this.match.id !== matchId || version <= this.knownVersion) return;
		this.knownVersion = version;
		this.knownSince = Date.now();
	}
	/** Forgets the match, and what is still told of it. */
	leave() {
		if (this.match) this.left = this.match.id;
		this.match = null;
	}
};
// src/client/game.ts
/** What an acknowledgement must have; anything else is not the game's server. */
const REPLIES = {
	"match:find": (data) => {
		const { state, match } = data;
		return state === "queued" || state === "matched" && isView(match);
	},
	"match:move": (data) => require_login.has(data, { version: "number" }),
	"match:rematch": (data) => data.match === void 0 || withMatch(data),
	"match:sync": (data) => data.match === null || withMatch(data),
	"match:watch": (data) => withMatch(data),
	"room:create": (data) => require_login.has(data, { code: "string" }) && withMatch(data),
	"room:join": (data) => withMatch(data)
};
const withMatch = (data) => isView(data.match);
/** The data of an acknowledgement. Throws `bad_reply` if it is not what this command is answered with. */
function checked(name, data) {
	const accepts = REPLIES[name];
	if (accepts && !(require_login.has(data, {}) && accepts(data))) throw new require_with_timeout.GameError("bad_reply", `${name} was acknowledged with something else than expected`, { temporary: false });
	return data;
}
/** Between two questions that a silent server did not answer, milliseconds. */
const RESYNC_PAUSE_MS = 2e3;
/** Keeps the game's state in step with the server over whatever the connection goes through. */
var Game = class {
	constructor(connection, timing) {
		this.store = new Store();
		this.onChange = new require_connection.Listeners();
		this.resync = new require_web_transport.Timer();
		this.askedAt = 0;
		this.syncing = null;
		this.connection = connection;
		this.timing = timing;
		this.moves = new Moves({
			send: ({ matchId, round, move }) => this.once("match:move", {
				matchId,
				round,
				move
			}),
			up: () => connection.up,
			onVersion: (matchId, version) => {
				this.store.know(matchId, version);
				this.watchSilence();
			}
		});
		this.search = new Search({
			send: async (request) => {
				const askedAt = Date.now();
				const reply = await this.once("match:find", request);
				if (reply.state === "matched") this.adopt(reply.match, true, askedAt);
				return reply;
			},
			up: () => connection.up,
			onChange: () => this.changed(),
			heartbeatMs: timing.heartbeatMs
		});
		connection.onState.add((state) => this.stateChanged(state));
		connection.onUp.add(() => this.wentUp());
		connection.onEvent.add((name, args) => this.received(name, args));
	}
	get snapshot() {
		const { match, me, seat } = this.store;
		const { request, since } = this.search;
		return {
			connection: this.connection.state,
			me,
			match,
			seat,
			search: request && Object.assign({}, request, { since }),
			move: match && this.moves.moveOf(match.id, match.round)
		};
	}
	/** Sends a command of the contract and resolves with its data. The server takes repeats for one, so it is repeated. */
	async command(name, request, options) {
		return checked(name, await this.connection.request(name, request, Object.assign({
			repeat: true,
			hedge: true
		}, options)));
	}
	/** As `command`, sent a single time: who calls has its own reasons to repeat it or not. */
	once(name, request) {
		return this.command(name, request, {
			repeat: false,
			ackTimeoutMs: this.timing.ackTimeoutMs
		});
	}
	/** As `command`, for those that answer with a match: it becomes the current one. */
	async enter(name, request) {
		const askedAt = Date.now();
		const reply = await this.command(name, request);
		if (reply.match) this.adopt(reply.match, true, askedAt);
		return reply;
	}
	/** Takes a view over, as `Store.adopt` does. */
	adopt(view, entered, askedAt) {
		const news = this.store.adopt(view, entered, askedAt);
		const { match, seat } = this.store;
		if (news && match) {
			this.moves.onView(match, seat, news > 1);
			if (seat !== null && match.status !== "finished") this.search.onMatch(match);
			this.changed();
		}
		this.watchSilence();
	}
	/** Asks the server where the player is; one question at a time, however many ask. */
	sync() {
		if (!this.syncing) {
			const done = () => {
				this.syncing = null;
			};
			this.syncing = this.ask(() => this.command("match:sync"));
			this.syncing.then(done, done);
		}
		return this.syncing;
	}
	/** A sign of life from this very link, which is also its news. */
	probe(link) {
		return this.ask(async () => checked("match:sync", await link.request("match:sync", void 0, this.timing.probeTimeoutMs)));
	}
	setPlayer(player) {
		this.store.me = player;
		this.changed();
	}
	/** Forgets the match that was played or watched. */
	forget() {
		this.store.leave();
		this.changed();
	}
	changed() {
		this.onChange.emit(this.snapshot);
	}
	async ask(question) {
		const askedAt = Date.now();
		const before = this.store.match;
		const reply = await question();
		const { match } = reply;
		if (match && (match.status !== "finished" || before && before.id === match.id)) this.adopt(match, match.status !== "finished", askedAt);
		else if (before && before.status !== "finished" && this.store.seat !== null) await this.lookUp(before.id);
		if (reply.queue && !this.search.request) this.once("match:cancel").catch(() => void 0);
		return reply;
	}
	/** The view of a match that is not the player's live one (any more). */
	async lookUp(matchId) {
		const current = () => this.store.match !== null && this.store.match.id === matchId;
		try {
			const { match } = await this.once("match:watch", { matchId });
			if (current()) this.adopt(match);
		} catch (error) {
			const { code } = error;
			if (current() && (code === "match_not_found" || code === "not_found")) this.forget();
		}
	}
	wentUp() {
		const { match, seat } = this.store;
		this.sync().catch(() => void 0);
		if (match && seat === null && match.status !== "finished") this.lookUp(match.id);
		this.moves.onUp();
		this.search.onUp();
	}
	received(name, [first]) {
		if (name === "match" && isView(first)) this.adopt(first);
		else if (name === "player" && require_login.isPlayer(first)) this.setPlayer(first);
		else if (name === "server:draining" && require_login.has(first, { reconnectWithinMs: "number" })) this.connection.moveWithin(first.reconnectWithinMs);
		else if (name === "session:replaced") this.connection.takenOver();
	}
	stateChanged(state) {
		if (state.status === "closed") {
			const error = state.error || new require_with_timeout.GameError("closed");
			this.resync.stop();
			this.search.stop(error);
			this.moves.close(error);
		}
		this.changed();
	}
	watchSilence() {
		const { match, knownVersion, knownSince, offset } = this.store;
		const at = resyncAt(match, knownVersion, knownSince, offset, this.timing);
		if (at === null) {
			this.resync.stop();
			return;
		}
		const now = Date.now();
		this.resync.start(Math.max(at, this.askedAt + RESYNC_PAUSE_MS, now) - now, () => {
			this.askedAt = Date.now();
			if (this.connection.up) this.sync().catch(() => void 0);
			this.watchSilence();
		});
	}
};
// src/client/options.ts
const GAME_TIMING = Object.assign({
	deadlineGraceMs: 1200,
	gapGraceMs: 1e3,
	heartbeatMs: 5e3
}, require_connection.TIMING);
// src/client/client.ts
const isBoard = (body) => require_login.has(body, { entries: "array" });
const isCount = (body) => require_login.has(body, {
	players: "number",
	matches: "number"
});
const isHistory = (body) => require_login.has(body, { matches: "array" });
/**
* The game client: login, connection, commands, and the state of the game. Made by {@link createGameClient}.
*
* Every promise rejects with {@link GameError}: a code of the server's catalogue, or one of the client's own.
* Commands wait for a connection and are repeated over a lost one until `commandTimeoutMs` has passed;
* the server takes repeats for one.
*/
var GameClient = class {
	/** Use {@link createGameClient}. */
	constructor(options, host) {
		this.bound = /* @__PURE__ */ new WeakMap();
		const timing = require_with_timeout.withDefaults(GAME_TIMING, options.timing);
		const { hedge, io, path, profile, storageKey, url } = options;
		this.host = host;
		this.login = new require_login.Login({
			host,
			login: options.login,
			baseUrl: require_with_timeout.parseAddress(url).origin,
			storageKey: storageKey || "caiquan.session",
			shareKey: !storageKey,
			profile,
			timeoutMs: timing.requestTimeoutMs,
			paths: {
				login: "/api/login",
				session: "/api/session"
			},
			accepts: require_login.isMe,
			onReply: (reply) => this.game.setPlayer(reply.player)
		});
		this.connection = require_connection.openConnection({
			url,
			path,
			io,
			host,
			timing,
			hedge: hedge !== false,
			auth: () => this.login.session().then((sessionId) => ({ sessionId })),
			authTimeoutMs: timing.requestTimeoutMs * 5,
			refused: (auth) => this.login.invalidate(auth.sessionId),
			probe: (link) => this.game.probe(link)
		});
		this.game = new Game(this.connection, timing);
	}
	/** The connection's state; `subscribe` tells of its changes. */
	get state() {
		return this.connection.state;
	}
	/** The player's own record; null until the first login. */
	get me() {
		return this.game.store.me;
	}
	/** The match that is played or watched; the last one until another begins. */
	get match() {
		return this.game.store.match;
	}
	/** The player's seat in `match`; null for a spectator. */
	get seat() {
		return this.game.store.seat;
	}
	/** All of it at once. */
	get snapshot() {
		return this.game.snapshot;
	}
	/**
	* Logs in and connects. Called again, it tries at once if the client waits to try again, and asks the server for a
	* sign of life if it is online.
	* Resolves when online. Rejects with the first failure, but the client goes on trying until `close()`,
	* unless WeChat has `blocked` the account. After `session:replaced` or `close()` it starts again.
	*/
	connect() {
		return this.connection.connect();
	}
	/** Ends the connection, its timers and its listeners. Subscribers are told, and stay for the next `connect()`. */
	close() {
		this.connection.close();
	}
	/** What `createConnection` beside this client uses. */
	get sharedConnection() {
		return this.connection;
	}
	/**
	* Calls the listener now and after every change, with the snapshots in order. Returns the function that ends it, which the
	* listener gets as its second argument, too. A listener that throws at its first call is not added, and its error is thrown on.
	*/
	subscribe(listener) {
		let stopped = false;
		const unsubscribe = this.game.onChange.add((snapshot) => listener(snapshot, stop));
		const stop = () => {
			stopped = true;
			unsubscribe();
		};
		try {
			listener(this.snapshot, stop);
		} catch (error) {
			if (!stopped) stop();
			throw error;
		}
		return stop;
	}
	/** Listens to one event of the server: `emote`, for example, or one of the team's own. Returns the function that ends it. */
	on(event, listener) {
		return this.connection.on(event, listener);
	}
	/**
	* Sends a command, of the contract or of the team's own, and resolves with the data of its acknowledgement. It waits for a connection;
	* it is not repeated unless `repeat` is set. Rejects with `GameError`: the server's codes pass as they are.
	*/
	request(event, ...args) {
		return this.connection.request(event, args[0], args[1]);
	}
	/** Sends an event without waiting for an answer; dropped while there is no connection. */
	emit(event, ...args) {
		this.connection.emit(event, ...args);
	}
	/**
	* Keeps the data of a page or a component in step with the game until it unloads or is detached: `select` makes page data of a
	* snapshot, and only keys that changed reach `setData`. A page that is bound again (in `onShow`, for example) is bound once, by
	* the latest `select`. Returns the function that ends it earlier.
	*/
	bindPage(page, select = (game) => ({ game })) {
		const before = this.bound.get(page);
		if (before) before();
		const release = bindPage(page, (listener) => this.subscribe(listener), select);
		this.bound.set(page, release);
		return release;
	}
	/** The server's time now, epoch ms, by the best estimate of its clock. */
	serverNow() {
		return Date.now() + this.game.store.offset;
	}
	/** Milliseconds until the open round closes, never below 0; null while none is open. */
	remainingMs() {
		const { match } = this;
		if (!match || match.status !== "playing" || match.deadlineAt === null) return null;
		return Math.max(0, match.deadlineAt - this.serverNow());
	}
	/**
	* Calls the listener with `remainingMs()` now, at every change, and every `everyMs` (default 200) while a
	* round is open. Returns the function that ends it.
	*/
	countdown(listener, everyMs = 200) {
		return countdown((changed) => this.subscribe(changed), () => this.remainingMs(), listener, everyMs);
	}
	/**
	* Looks for an opponent, or for a bot with `practice`. Resolves with the match once there is one. Rejects with
	* `cancelled` after `cancel()` or a newer `find()`. The search survives lost connections.
	*/
	async find(request) {
		const { status, error } = this.state;
		if (status === "closed") throw error;
		if (status === "idle") this.connect();
		return this.game.search.start(request);
	}
	/** Ends the search. A match that was made at the same moment stands: it arrives as `match`. */
	async cancel() {
		this.game.search.stop(new require_with_timeout.GameError("cancelled"));
		await this.game.command("match:cancel");
	}
	/** Opens a room for a friend. `code` is what the friend joins with. */
	createRoom(bestOf) {
		return this.game.enter("room:create", bestOf ? { bestOf } : {});
	}
	/** Takes the second seat of a room. Rejects with `room_not_found`, `room_full`, `room_closed`. */
	async joinRoom(code) {
		return (await this.game.enter("room:join", { code })).match;
	}
	/** Watches a match of others, by its id or its room's code. */
	async watch(request) {
		return (await this.game.enter("match:watch", request)).match;
	}
	/**
	* Makes a move in the open round. Resolves once the server has stored it. It is held and repeated until
	* then, over lost connections too; rejects with `already_moved`, or with `stale_round` if the round was decided
	* without it. With no match under way: `no_match`.
	*/
	move(move) {
		const { match, seat, state } = this;
		if (state.status === "closed") return Promise.reject(state.error);
		if (!match || seat === null || match.status !== "playing") return Promise.reject(new require_with_timeout.GameError("no_match"));
		const stored = this.game.moves.hold(match.id, match.round, move);
		this.game.changed();
		return stored;
	}
	/** Leaves a waiting room, forfeits a running match, forgets one that is over or watched. */
	async leave() {
		const { match, seat } = this;
		if (!match) return;
		if (match.status === "finished" || seat === null) {
			this.game.forget();
			return;
		}
		try {
			await this.game.command("match:leave", { matchId: match.id });
		} catch (error) {
			const { code } = error;
			if (code !== "match_finished" && code !== "match_not_found" && code !== "room_closed") throw error;
		}
		await this.game.sync();
	}
	/** Asks for another match with the same opponent; null until both have asked, then it arrives as `match`. */
	async rematch() {
		const { match } = this;
		if (!match) throw new require_with_timeout.GameError("no_match");
		return (await this.game.enter("match:rematch", { matchId: match.id })).match || null;
	}
	/** Sends an emote to the match. Not repeated if the connection is lost meanwhile. */
	async emote(emote) {
		const { match } = this;
		if (!match) throw new require_with_timeout.GameError("no_match");
		await this.game.once("match:emote", {
			matchId: match.id,
			emote
		});
	}
	/** Asks the server for the current state; the client does so by itself whenever there is reason to. */
	sync() {
		return this.game.sync();
	}
	/**
	* Changes nickname or avatar. `open-type="chooseAvatar"` gives a file that only this phone can open: read it with
	* `wx.getFileSystemManager().readFile({ filePath, encoding: 'base64' })` and pass what it holds as `avatar`.
	*/
	async updateProfile(profile) {
		const method = this.host.canPatch ? "PATCH" : "PUT";
		const { player } = await this.login.api(method, "/api/me", require_login.isMe, profile);
		this.game.setPlayer(player);
		return player;
	}
	/** The best players, and the caller's own rank. */
	leaderboard(options = {}) {
		return this.login.api("GET", `/api/leaderboard${require_with_timeout.queryOf(options)}`, isBoard);
	}
	/** How many play at the moment, in the whole cluster. */
	online() {
		return this.login.api("GET", "/api/online", isCount);
	}
	/** The player's recorded matches, newest first; pass `next` as `before` to read on. */
	history(options = {}) {
		return this.login.api("GET", `/api/matches${require_with_timeout.queryOf(options)}`, isHistory);
	}
	/** One recorded match with its rounds. */
	record(matchId) {
		const isRecord = (body) => require_login.has(body, {
			match: "object",
			rounds: "array"
		});
		return this.login.api("GET", `/api/matches/${encodeURIComponent(matchId)}`, isRecord);
	}
	/** Ends the session here and at the server, and closes. The next `connect()` logs in again. */
	async logout() {
		this.close();
		await this.login.logout();
		this.game.store.me = null;
		this.game.forget();
	}
};
// src/client/create.ts
/**
* Makes the game client. In a mini program there is one per server: a second call for the same server, however its `url` is
* written and whichever copy of this package is called, returns the first client, whatever its other options, so that no page can
* open a second socket. In a browser and in Node every call makes a new one.
*/
function createGameClient(options) {
	const make = () => new GameClient(options, require_with_timeout.hostOf(options));
	const wx = require_with_timeout.wxOf(options);
	if (!wx) return make();
	const known = require_connection.registryOf(wx);
	const key = require_connection.serverKey(options.url, options.path);
	const entry = known[key];
	if (entry) return entry.client;
	const client = make();
	known[key] = {
		client,
		connection: client.sharedConnection
	};
	return client;
}
exports.BEST_OF = require_login.BEST_OF;
exports.EMOTES = require_login.EMOTES;
exports.ERRORS = require_with_timeout.ERRORS;
exports.FIND_MODES = require_login.FIND_MODES;
exports.GameError = require_with_timeout.GameError;
exports.MOVES = require_login.MOVES;
exports.QUEUE_MODES = require_login.QUEUE_MODES;
exports.ROOM_CODE_ALPHABET = require_login.ROOM_CODE_ALPHABET;
exports.ROOM_CODE_LENGTH = require_login.ROOM_CODE_LENGTH;
exports.SESSION_HEADER = require_login.SESSION_HEADER;
exports.WebSocketTransport = require_web_transport.WebSocketTransport;
exports.WxTransport = require_web_transport.WxTransport;
exports.createConnection = require_connection.createConnection;
exports.createGameClient = createGameClient;
exports.createLogin = require_login.createLogin;
exports.io = require_transport.io;

//# sourceMappingURL=index.js.map