import { a as wxOf, c as fromWire, d as isDuration, f as withDefaults, i as hostOf, l as isLost, n as parseAddress, o as GameError, s as fromRefusal, t as withTimeout, u as toGameError } from "./shared-with-timeout.js";
import { i as raiseLater, r as Timer } from "./shared-web-transport.js";
import { t as io } from "./shared-transport.js";
// src/host/registry.ts
/** The clients of one app by server, kept where every copy of this package finds them: the main package and each subpackage may have one. */
const KEY = Symbol.for("caiquan-client/1");
/** For a `wx` that takes no further property: then each copy of the package has its own. */
const apart = /* @__PURE__ */ new WeakMap();
/** What this app's `wx` is known to have, by key. */
function registryOf(wx) {
	const known = wx[KEY] || apart.get(wx);
	if (known) return known;
	const fresh = {};
	try {
		Object.defineProperty(wx, KEY, {
			value: fresh,
			configurable: true
		});
	} catch (_unused) {
		apart.set(wx, fresh);
	}
	return fresh;
}
// src/util/listeners.ts
/**
* A set of listeners. All of them see everything in the order in which it happened, also if one of them makes the next
* thing happen: that is told when all have heard of the first. A listener that was removed is not called any more, and one
* that throws does not keep the others from hearing.
*/
var Listeners = class {
	constructor() {
		this.list = [];
		this.queue = [];
		this.telling = false;
	}
	/** Adds a listener, for what happens from now on, and returns the function that removes it. */
	add(listener) {
		const entry = {
			listener,
			removed: false
		};
		this.list = this.list.concat(entry);
		return () => {
			entry.removed = true;
			this.list = this.list.filter((other) => other !== entry);
		};
	}
	/** Tells all of them, in the order in which they were added. */
	emit(...args) {
		this.queue.push({
			args,
			list: this.list
		});
		if (this.telling) return;
		this.telling = true;
		for (let next = this.queue.shift(); next; next = this.queue.shift()) for (const entry of next.list) {
			if (entry.removed) continue;
			try {
				entry.listener(...next.args);
			} catch (error) {
				raiseLater(error);
			}
		}
		this.telling = false;
	}
};
// src/connection/link.ts
/** Opens a connection without any reconnection: when it ends it has ended. */
function openLink(options, events) {
	const waiting = /* @__PURE__ */ new Set();
	const patience = new Timer();
	let up = false;
	let over = false;
	/** How many questions were asked, and the number of the latest one that was answered. */
	let asked = 0;
	let answered = 0;
	const socket = (options.io || io)(options.url, Object.assign({}, options.socketOptions, {
		reconnection: false,
		forceNew: true,
		timeout: options.connectTimeoutMs
	}));
	const end = (error, tell) => {
		if (over) return;
		over = true;
		up = false;
		patience.stop();
		waiting.forEach(({ timer, late, reject }) => {
			timer.stop();
			late.stop();
			reject(error);
		});
		waiting.clear();
		try {
			socket.disconnect();
		} catch (error) {
			if (!options.io) raiseLater(error);
		}
		if (tell) tell(error);
	};
	patience.start(options.connectTimeoutMs, () => end(new GameError("timeout", "connect timeout"), events.down));
	socket.on("connect", () => {
		if (over) return;
		up = true;
		patience.stop();
		events.up();
	});
	socket.on("connect_error", (error) => {
		if (socket.active === void 0 ? error.data !== void 0 : !socket.active) end(fromRefusal(error), events.refused);
		else end(new GameError(error.message === "timeout" ? "timeout" : "network", error.message), events.down);
	});
	socket.on("disconnect", (reason) => end(new GameError("disconnected", reason), events.down));
	socket.onAny((event, ...args) => {
		if (over) return;
		events.heard();
		events.event(event, args);
	});
	const manager = socket.io;
	if (manager && typeof manager.on === "function") manager.on("ping", () => {
		if (!over) events.heard();
	});
	return {
		get up() {
			return up;
		},
		get pending() {
			return waiting.size;
		},
		emit(event, ...args) {
			if (up) socket.emit(event, ...args);
		},
		request(event, payload, timeoutMs, lateMs) {
			return new Promise((resolve, reject) => {
				if (!up) return reject(new GameError("disconnected"));
				const askedAt = Date.now();
				const number = ++asked;
				const pending = {
					timer: new Timer(),
					late: new Timer(),
					reject
				};
				const settle = () => {
					pending.timer.stop();
					pending.late.stop();
					waiting.delete(pending);
				};
				waiting.add(pending);
				pending.timer.start(timeoutMs, () => {
					settle();
					reject(new GameError("timeout", `no answer to ${event}`));
					if (timeoutMs >= options.ackTimeoutMs && answered < number) events.silent();
				});
				if (lateMs !== void 0) pending.late.start(lateMs, () => {
					if (answered < number) events.late();
				});
				const ack = (...args) => {
					if (over) return;
					settle();
					answered = Math.max(answered, number);
					events.acknowledged(Date.now() - askedAt);
					const reply = args[0];
					if (reply && reply.ok === true) resolve(reply.data);
					else if (reply && reply.ok === false) reject(fromWire(reply.error));
					else reject(new GameError("bad_reply", `the acknowledgement of ${event} is neither {ok: true, data} nor {ok: false, error}`, { temporary: false }));
				};
				if (payload === void 0) socket.emit(event, ack);
				else socket.emit(event, payload, ack);
			});
		},
		close: () => end(new GameError("disconnected", "closed"))
	};
}
// src/connection/round-trips.ts
/** Nothing was measured yet. */
const UNMEASURED = {
	mean: 0,
	variation: 0
};
/** Takes one more measurement into account. */
function measured({ mean, variation }, ms) {
	if (!mean) return {
		mean: ms,
		variation: ms / 2
	};
	return {
		mean: mean * .875 + ms * .125,
		variation: variation * .75 + Math.abs(mean - ms) * .25
	};
}
/**
* After how many milliseconds the next one is late: beyond what it took so far with its variation, between the two bounds;
* the upper one counts from the mean, since no other server answers before the network does.
*/
function lateAfter({ mean, variation }, minMs, maxMs) {
	return Math.min(Math.max(minMs, mean + 4 * variation), mean + maxMs);
}
// src/connection/state.ts
const INITIAL = {
	started: false,
	reason: null,
	error: null,
	visible: true,
	network: true,
	kind: "",
	main: null,
	rival: null,
	waiting: false,
	probing: 0,
	failures: 0,
	refusals: 0,
	tries: 0,
	overtakes: 0,
	hiddenAt: 0,
	abandonedAt: -1e400,
	lastId: 0
};
/** The one status that a machine's facts amount to. */
function statusOf({ started, reason, visible, network, main }) {
	if (reason) return "closed";
	if (!started) return "idle";
	if (!visible) return "suspended";
	if (!network) return "offline";
	if (!main) return "connecting";
	return main.phase === "up" ? "online" : main.phase === "login" ? "login" : "connecting";
}
// src/connection/backoff.ts
/**
* The wait before the next attempt: doubles with every failure, then stays at the cap, then goes slow.
* Half of it is random, so that clients which lost the same node do not come back as one.
* @param failures failures in a row, from 0
* @param random in [0, 1)
*/
function backoff(failures, random, options) {
	const cap = failures >= options.patience ? options.slowDelayMs : Math.min(options.maxDelayMs, options.minDelayMs * Math.pow(2, Math.min(failures, 16)));
	return Math.round(cap * (.5 + random / 2));
}
/** Between attempts while the host says that the app is hidden, milliseconds: it may have forgotten to say that it is shown. */
const HIDDEN_RETRY_MS = 3e4;
/** How long after an attempt was given up the server may still take it for the newest connection, milliseconds. */
const ECHO_MS = 3e4;
/** Waits that double stop doubling here. */
const DOUBLINGS = 5;
/** What a network is for: another kind of it is another address. Empty for what says nothing. */
const family = (kind) => kind === "unknown" ? "" : /^\dg$/.test(kind) ? "cellular" : kind;
const isUp = (attempt) => attempt !== null && attempt.phase === "up";
/**
* The whole behaviour of a connection, without a clock, chance or I/O: from what it knows and what happens to what it knows
* then and what is to be done. At every moment after the start and before the end there is an attempt, a connection, or a
* timer that leads to one, whatever the host says of visibility and network. Neither the machine nor the event is changed.
*/
function transition(machine, event, world, timing) {
	const { now, random, lateMs, canProbe } = world;
	const next = Object.assign({}, machine);
	const effects = [];
	const act = (effect) => void effects.push(effect);
	const startTimer = (timer, ms) => act({
		do: "timer",
		timer,
		ms
	});
	const stopTimer = (timer) => act({
		do: "stop",
		timer
	});
	const drop = (attempt) => {
		if (!attempt) return;
		if (next.main === attempt) next.main = null;
		if (next.rival === attempt) next.rival = null;
		if (attempt.phase === "handshake") next.abandonedAt = now;
		act({
			do: "drop",
			id: attempt.id
		});
	};
	const dropAll = () => {
		drop(next.main);
		drop(next.rival);
		next.waiting = false;
		stopTimer("retry");
		stopTimer("hedge");
		stopTimer("stable");
	};
	/** Tries again after `ms`; later if the host says that the app is hidden or that there is no network. */
	const schedule = (ms) => {
		next.waiting = true;
		const atLeast = !next.visible ? HIDDEN_RETRY_MS : !next.network ? timing.maxDelayMs : 0;
		startTimer("retry", Math.max(ms, atLeast));
	};
	const begin = () => {
		next.waiting = false;
		next.main = {
			id: ++next.lastId,
			phase: "login",
			upAt: 0
		};
		next.tries++;
		act({
			do: "login",
			id: next.lastId
		});
	};
	const renew = () => {
		dropAll();
		schedule(0);
	};
	const delay = () => backoff(next.failures, random, timing);
	const close = (reason, error) => {
		dropAll();
		next.reason = reason;
		next.error = error;
		act({ do: "unwatch" });
		act({
			do: "reject",
			error,
			all: true
		});
	};
	/** An attempt failed: those in a hurry are told, and there is another one after a while. */
	const fail = (error) => {
		dropAll();
		next.error = error;
		schedule(Math.max(delay(), (error.retryAfterMs || 0) * (1 + random / 2)));
		next.failures++;
		act({ do: "askNetwork" });
		act({
			do: "reject",
			error,
			all: false
		});
	};
	/** The second attempt takes the place of the first. */
	const promote = () => {
		const { main, rival } = next;
		drop(main);
		next.main = rival;
		next.rival = null;
		stopTimer("stable");
	};
	const probe = () => {
		if (!canProbe || !isUp(next.main) || next.probing) return;
		next.probing = next.main.id;
		act({
			do: "probe",
			id: next.main.id
		});
	};
	const hedgeAfter = (factor) => {
		if (lateMs !== null) startTimer("hedge", lateMs * Math.pow(2, Math.min(factor, DOUBLINGS)));
	};
	const hedge = () => {
		const { main } = next;
		if (lateMs === null || !main || main.phase === "login" || !next.visible) return;
		drop(next.rival);
		next.tries = Math.max(2, next.tries + 1);
		next.rival = {
			id: ++next.lastId,
			phase: "handshake",
			upAt: 0
		};
		act({
			do: "open",
			id: next.lastId,
			attempt: next.tries,
			slow: false,
			beside: main.id
		});
		hedgeAfter(next.tries - 2);
	};
	const up = (id) => {
		if (next.rival && next.rival.id === id) {
			if (isUp(next.main)) next.failures++;
			next.overtakes++;
			promote();
		} else drop(next.rival);
		next.main = {
			id,
			phase: "up",
			upAt: now
		};
		Object.assign(next, {
			refusals: 0,
			error: null,
			network: true,
			probing: 0
		});
		stopTimer("hedge");
		startTimer("stable", timing.stableMs);
		act({ do: "up" });
	};
	const down = (attempt, error) => {
		if (attempt === next.rival) {
			drop(attempt);
			hedgeAfter(next.tries);
		} else if (next.rival) {
			promote();
			next.error = error;
			next.failures++;
		} else if (isUp(attempt)) {
			if (now - attempt.upAt >= timing.stableMs && !next.overtakes) next.failures = 0;
			dropAll();
			next.error = error;
			schedule(delay());
			next.failures++;
		} else fail(error);
	};
	/** It gives no answer: another one at once the first time, with growing waits when that is no better. */
	const silent = () => {
		if (next.rival) promote();
		else {
			dropAll();
			schedule(next.failures ? delay() : 0);
			next.tries = Math.max(1, next.tries);
		}
		next.error = new GameError("timeout", "the server acknowledges nothing");
		next.failures++;
		next.overtakes++;
	};
	const refused = (attempt, error, verdict) => {
		if (attempt === next.rival) drop(attempt);
		else if (verdict === "wait") fail(error);
		else if (verdict === "stop" || next.refusals + 1 >= 5) close("refused", error);
		else if (next.refusals++) fail(error);
		else renew();
	};
	const show = () => {
		const { main } = next;
		const away = now - next.hiddenAt;
		const kept = next.visible ? isUp(main) ? canProbe : main !== null : isUp(main) && away >= 0 && away < timing.longAbsenceMs;
		next.visible = true;
		next.failures = 0;
		act({ do: "askNetwork" });
		if (kept) probe();
		else renew();
	};
	const hide = () => {
		next.visible = false;
		next.hiddenAt = now;
		drop(next.rival);
		stopTimer("hedge");
		if (next.waiting) schedule(0);
	};
	const network = (kind, asked) => {
		const had = next.network;
		if (kind === "none") {
			next.network = asked && isUp(next.main) && had;
			if (had && next.waiting) schedule(delay());
			else if (had) probe();
			return;
		}
		next.network = true;
		const changed = family(kind) !== "" && family(next.kind) !== "" && family(kind) !== family(next.kind);
		if (family(kind)) next.kind = kind;
		if (asked && !changed && had) return;
		next.failures = 0;
		if (changed || next.waiting) renew();
		else if (isUp(next.main)) probe();
		else if (!had) renew();
	};
	if (event.type === "start") {
		const { lastId, abandonedAt } = machine;
		Object.assign(next, INITIAL, {
			started: true,
			visible: event.visible,
			hiddenAt: now,
			lastId,
			abandonedAt
		});
		act({ do: "watch" });
		act({ do: "askNetwork" });
		schedule(0);
		return [next, effects];
	}
	if (!machine.started || machine.reason) {
		if (event.type === "visible") Object.assign(next, {
			visible: event.visible,
			hiddenAt: now
		});
		return [next, effects];
	}
	const { main, rival } = machine;
	const attempt = !("id" in event) ? null : main && main.id === event.id ? main : rival && rival.id === event.id ? rival : null;
	if ("id" in event && !attempt) return [machine, effects];
	const isMain = attempt === main;
	switch (event.type) {
		case "connect":
			if (!next.visible && now - next.hiddenAt >= timing.longAbsenceMs) show();
			else {
				if (next.visible && next.waiting) {
					next.failures = 0;
					next.network = true;
					renew();
				} else probe();
				act({ do: "askNetwork" });
			}
			break;
		case "close":
			close(event.reason, event.error);
			break;
		case "visible":
			if (event.visible) show();
			else if (next.visible) hide();
			break;
		case "network":
			network(event.kind, event.asked);
			break;
		case "credentials":
			next.main = {
				id: event.id,
				phase: "handshake",
				upAt: 0
			};
			act({
				do: "open",
				id: event.id,
				attempt: next.tries,
				slow: next.failures > 0,
				beside: 0
			});
			hedgeAfter(0);
			break;
		case "unauthenticated":
			if (event.error.code === "blocked") close("refused", event.error);
			else fail(event.error);
			break;
		case "up":
			up(event.id);
			break;
		case "down":
			down(attempt, event.error);
			break;
		case "refused":
			refused(attempt, event.error, event.verdict);
			break;
		case "heard":
			if (isMain) next.network = true;
			break;
		case "served":
			if (!isMain || !next.tries && !next.overtakes && next.network) return [machine, effects];
			drop(next.rival);
			Object.assign(next, {
				network: true,
				tries: 0,
				overtakes: 0
			});
			stopTimer("hedge");
			break;
		case "late":
			if (isMain && isUp(attempt) && !next.rival) hedge();
			break;
		case "silent":
			if (isMain) silent();
			break;
		case "probed":
			next.probing = 0;
			if (event.alive) next.network = true;
			else silent();
			break;
		case "replaced":
			if (!isMain || next.rival) break;
			if (now - next.abandonedAt < ECHO_MS) renew();
			else close("replaced", new GameError("replaced"));
			break;
		case "move":
			if (isMain) renew();
			break;
		case "retry":
			if (next.waiting) begin();
			break;
		case "hedge":
			hedge();
			break;
		case "stable": if (isUp(next.main) && !next.overtakes) next.failures = 0;
	}
	return [next, effects];
}
// src/connection/waiters.ts
/** Those who wait for a connection. */
var Waiters = class {
	constructor() {
		this.list = [];
	}
	/**
	* Resolves with the connection, rejects with its end.
	* @param hasty rejects with the first failure already, however often it will be tried again
	* @param ms milliseconds to wait at most; 0 for no limit
	* @param overdue what to reject with then
	*/
	wait(hasty, ms, overdue) {
		return new Promise((resolve, reject) => {
			const timer = new Timer();
			const waiter = {
				hasty,
				tell: (error) => {
					timer.stop();
					this.list = this.list.filter((other) => other !== waiter);
					if (error) reject(error);
					else resolve();
				}
			};
			this.list.push(waiter);
			if (ms) timer.start(ms, () => waiter.tell(overdue()));
		});
	}
	/** There is a connection (`error` null), an attempt failed (`onlyHasty`), or it is over. */
	settle(error, onlyHasty = false) {
		for (const waiter of this.list) if (waiter.hasty || !onlyHasty) waiter.tell(error);
	}
};
// src/connection/connection.ts
/**
* Keeps one connection to the server for as long as the app wants one: through background, loss and
* change of network, deploys and dead nodes. What it does is decided in `transition`; this is the part that acts.
*
* The loop is our own because Socket.IO's can neither skip its back-off nor pause.
*/
function openConnection(options) {
	const { auth, authTimeoutMs, hedge, host, io, path, probe, refused, timing } = options;
	const address = parseAddress(options.url);
	const onState = new Listeners();
	const onEvent = new Listeners();
	const onUp = new Listeners();
	let machine = INITIAL;
	let state = {
		status: "idle",
		error: null,
		reason: null,
		failures: 0
	};
	const attempts = /* @__PURE__ */ new Map();
	const timers = {
		retry: new Timer(),
		hedge: new Timer(),
		stable: new Timer()
	};
	const move = new Timer();
	const waiters = new Waiters();
	let acks = UNMEASURED;
	let handshakes = UNMEASURED;
	const events = [];
	const news = [];
	let working = false;
	let telling = false;
	let unwatchLife = null;
	let unwatchNetwork = null;
	/** Takes one event in. What an effect brings about at once comes after it, and the app is told when all is done. */
	const dispatch = (event) => {
		events.push(event);
		if (working) return;
		working = true;
		for (let next = events.shift(); next; next = events.shift()) {
			var _lateMs;
			const world = {
				now: Date.now(),
				random: Math.random(),
				lateMs: (_lateMs = lateMs(handshakes)) !== null && _lateMs !== void 0 ? _lateMs : null,
				canProbe: probe !== void 0
			};
			const [after, effects] = transition(machine, next, world, timing);
			machine = after;
			effects.forEach(perform);
			publish();
		}
		working = false;
		tell();
	};
	const perform = (effect) => {
		switch (effect.do) {
			case "watch":
				watchLife();
				unwatchNetwork = unwatchNetwork || host.onNetwork((kind) => dispatch({
					type: "network",
					kind,
					asked: false
				}));
				return;
			case "unwatch":
				unwatch();
				return;
			case "askNetwork":
				askNetwork();
				return;
			case "login":
				logIn(effect.id);
				return;
			case "open":
				open(effect);
				return;
			case "drop": {
				const attempt = attempts.get(effect.id);
				attempts.delete(effect.id);
				if (attempt && attempt.link) attempt.link.close();
				return;
			}
			case "probe":
				ask(effect.id);
				return;
			case "timer":
				timers[effect.timer].start(effect.ms, () => dispatch({ type: effect.timer }));
				return;
			case "stop":
				timers[effect.timer].stop();
				return;
			case "up":
				news.push(() => onUp.emit(), () => waiters.settle(null));
				return;
			case "reject": {
				const { error, all } = effect;
				news.push(() => waiters.settle(error, !all));
			}
		}
	};
	/** Tells the app, whose listeners may act: what that brings about is told after what came first. */
	const tell = () => {
		if (telling) return;
		telling = true;
		for (let next = news.shift(); next; next = news.shift()) next();
		telling = false;
	};
	const publish = () => {
		const { error, failures, reason } = machine;
		const status = statusOf(machine);
		if (status === state.status && error === state.error && reason === state.reason && failures === state.failures) return;
		const now = {
			status,
			error,
			reason,
			failures
		};
		state = now;
		news.push(() => onState.emit(now));
	};
	const isMain = (id) => machine.main !== null && machine.main.id === id;
	const logIn = async (id) => {
		try {
			const credentials = await withTimeout(Promise.resolve().then(() => auth()), authTimeoutMs, "auth");
			if (!isMain(id)) return;
			attempts.set(id, {
				link: null,
				auth: credentials
			});
			dispatch({
				type: "credentials",
				id
			});
		} catch (error) {
			dispatch({
				type: "unauthenticated",
				id,
				error: toGameError(error)
			});
		}
	};
	const open = ({ id, attempt, slow, beside }) => {
		const from = attempts.get(beside || id);
		const credentials = from ? from.auth : {};
		const query = Object.assign({}, address.query, hedge && attempt > 1 && {
			elsewhere: "1",
			attempt: String(attempt)
		});
		const openedAt = Date.now();
		const one = {
			link: null,
			auth: credentials
		};
		attempts.set(id, one);
		one.link = openLink({
			io,
			url: address.origin + address.path,
			connectTimeoutMs: timing.connectTimeoutMs * (slow ? 2 : 1),
			ackTimeoutMs: timing.ackTimeoutMs,
			socketOptions: Object.assign({
				auth: credentials,
				path,
				transports: [io ? "websocket" : host.transport],
				transportOptions: { websocket: host.transportOptions }
			}, Object.keys(query).length && { query })
		}, {
			up: () => {
				handshakes = measured(handshakes, Date.now() - openedAt);
				dispatch({
					type: "up",
					id
				});
			},
			event: (name, args) => {
				if (isMain(id)) onEvent.emit(name, args);
			},
			heard: () => {
				if (!machine.network) dispatch({
					type: "heard",
					id
				});
			},
			acknowledged: (ms) => {
				acks = measured(acks, ms);
				dispatch({
					type: "served",
					id
				});
			},
			late: () => dispatch({
				type: "late",
				id
			}),
			silent: () => dispatch({
				type: "silent",
				id
			}),
			refused: (error) => void refuse(id, credentials, error),
			down: (error) => dispatch({
				type: "down",
				id,
				error
			})
		});
	};
	const refuse = async (id, credentials, error) => {
		let verdict = error.temporary || error.retryAfterMs !== void 0 ? "wait" : "renew";
		if (verdict === "renew" && isMain(id)) try {
			verdict = await withTimeout(Promise.resolve(refused(credentials, error)), authTimeoutMs, "refused") || verdict;
		} catch (_unused) {}
		dispatch({
			type: "refused",
			id,
			error,
			verdict
		});
	};
	const ask = (id) => {
		const attempt = attempts.get(id);
		if (!probe || !attempt || !attempt.link) return;
		const late = new Timer();
		const ms = lateMs(acks);
		if (ms !== void 0) late.start(ms, () => dispatch({
			type: "late",
			id
		}));
		const done = (alive) => {
			late.stop();
			dispatch({
				type: "probed",
				id,
				alive
			});
		};
		withTimeout(Promise.resolve(attempt.link).then(probe), timing.probeTimeoutMs, "probe").then(() => done(true), (error) => done(error instanceof GameError && (error.fromServer || error.code === "bad_reply")));
	};
	/** After how many milliseconds an answer of this kind is late; undefined if nothing is to be done about it. */
	const lateMs = (trips) => !hedge || host.mayHedge && !host.mayHedge() ? void 0 : lateAfter(trips, timing.lateMinMs, timing.lateMaxMs) * Math.pow(2, Math.min(machine.overtakes, 5));
	const watchLife = () => {
		unwatchLife = unwatchLife || host.onVisibility((visible) => dispatch({
			type: "visible",
			visible
		}));
	};
	const unwatch = () => {
		if (unwatchLife) unwatchLife();
		if (unwatchNetwork) unwatchNetwork();
		unwatchLife = unwatchNetwork = null;
		move.stop();
	};
	const askNetwork = () => {
		const watch = unwatchNetwork;
		const answered = (kind) => {
			if (kind && watch === unwatchNetwork) dispatch({
				type: "network",
				kind,
				asked: true
			});
		};
		host.networkType().then(answered, () => void 0);
	};
	const currentLink = () => {
		const { main } = machine;
		const attempt = main && main.phase === "up" ? attempts.get(main.id) : void 0;
		return attempt && attempt.link && attempt.link.up ? attempt.link : null;
	};
	const start = () => {
		const seen = unwatchLife ? machine.visible : true;
		dispatch({
			type: "start",
			visible: seen && host.visible()
		});
	};
	const ended = () => machine.error || new GameError("closed");
	/** The link once it is up; `hasty` and the end of the wait as in `Waiters.wait`, `until` in local epoch ms. */
	const whenUp = async (hasty, until) => {
		for (;;) {
			if (!machine.started) start();
			const link = currentLink();
			if (link) return link;
			if (machine.reason) throw ended();
			const ms = until ? Math.max(1, until - Date.now()) : 0;
			await waiters.wait(hasty, ms, () => machine.error || new GameError("timeout"));
		}
	};
	watchLife();
	return {
		onState,
		onEvent,
		onUp,
		get state() {
			return state;
		},
		get up() {
			return currentLink() !== null;
		},
		connect() {
			if (!machine.started || machine.reason) start();
			else dispatch({ type: "connect" });
			const outcome = whenUp(true).then(() => void 0);
			outcome.catch(() => void 0);
			return outcome;
		},
		close() {
			dispatch({
				type: "close",
				reason: "closed",
				error: new GameError("closed")
			});
			unwatch();
		},
		takenOver() {
			if (machine.main) dispatch({
				type: "replaced",
				id: machine.main.id
			});
		},
		async request(event, payload, requestOptions = {}) {
			const { ackTimeoutMs, repeat = false, timeoutMs, hedge: mayBeLate = repeat } = requestOptions;
			const onceMs = isDuration(ackTimeoutMs) ? ackTimeoutMs : repeat ? timing.ackTimeoutMs : 1e400;
			const until = Date.now() + (isDuration(timeoutMs) ? timeoutMs : timing.commandTimeoutMs);
			for (;;) {
				const link = await whenUp(false, until);
				if (!link.up) continue;
				const waitMs = Math.min(onceMs, Math.max(1, until - Date.now()));
				try {
					return await link.request(event, payload, waitMs, mayBeLate ? lateMs(acks) : void 0);
				} catch (error) {
					const lost = error instanceof GameError && isLost(error);
					if (lost && machine.reason) throw ended();
					if (!lost || !repeat || Date.now() >= until) throw error;
				}
			}
		},
		emit(event, ...args) {
			const link = currentLink();
			if (link) link.emit(event, ...args);
		},
		on: (event, listener) => onEvent.add((name, args) => {
			if (name === event) listener(...args);
		}),
		moveWithin(withinMs) {
			const { main } = machine;
			if (!main || !isDuration(withinMs)) return;
			const latest = Date.now() + withinMs * .8;
			const go = () => {
				const link = currentLink();
				if (link && link.pending && Date.now() < latest) move.start(50, go);
				else dispatch({
					type: "move",
					id: main.id
				});
			};
			move.start(Math.random() * withinMs * .5, go);
		}
	};
}
// src/connection/shared.ts
/** Under what a server is remembered, however its URL is written. */
function serverKey(url, path) {
	const { origin, path: namespace } = parseAddress(url);
	return `${origin}${namespace} ${(path || "/socket.io").replace(/\/+$/, "")}`;
}
/** A second user of a connection. Its own `close()` ends its listeners and requests, and leaves the connection to the first. */
function share(connection) {
	let closed = null;
	let rejectAll = () => void 0;
	const ended = new Promise((_, reject) => {
		rejectAll = reject;
	});
	ended.catch(() => void 0);
	const onState = new Listeners();
	const onEvent = new Listeners();
	const onUp = new Listeners();
	const stops = [
		connection.onState.add((state) => onState.emit(state)),
		connection.onEvent.add((name, args) => onEvent.emit(name, args)),
		connection.onUp.add(() => onUp.emit())
	];
	const handle = {
		get state() {
			return closed ? {
				status: "closed",
				error: closed,
				reason: "closed",
				failures: 0
			} : connection.state;
		},
		get up() {
			return !closed && connection.up;
		},
		onState,
		onEvent,
		onUp,
		connect: () => closed ? Promise.reject(closed) : connection.connect(),
		close: () => {
			if (closed) return;
			closed = new GameError("closed");
			for (const stop of stops) stop();
			rejectAll(closed);
			onState.emit(handle.state);
		},
		takenOver: () => connection.takenOver(),
		request: (...args) => closed ? Promise.reject(closed) : Promise.race([connection.request(...args), ended]),
		emit: (event, ...args) => {
			if (!closed) connection.emit(event, ...args);
		},
		on: (event, listener) => onEvent.add((name, args) => {
			if (name === event) listener(...args);
		}),
		moveWithin: (ms) => connection.moveWithin(ms)
	};
	return handle;
}
// src/connection/timing.ts
const TIMING = {
	minDelayMs: 250,
	maxDelayMs: 2500,
	slowDelayMs: 1e4,
	patience: 40,
	connectTimeoutMs: 5e3,
	ackTimeoutMs: 4e3,
	commandTimeoutMs: 12e3,
	probeTimeoutMs: 2e3,
	longAbsenceMs: 1e4,
	stableMs: 5e3,
	requestTimeoutMs: 8e3,
	lateMinMs: 800,
	lateMaxMs: 1500
};
// src/connection/create.ts
/**
* The connection without the game, for a server of your own: Socket.IO that survives background, loss and
* change of network, with acknowledgements in the form `{ok, data}` or `{ok, error}`. In a mini program that has a game client for
* the same server, it uses that one's connection: the server allows a player one.
*/
function createConnection(options) {
	const { auth, hedge, io, path, probe, refused, timing, url } = options;
	const wx = wxOf(options);
	const shared = wx ? registryOf(wx)[serverKey(url, path)] : void 0;
	if (shared && shared.connection.state.status !== "closed") return share(shared.connection);
	const settings = withDefaults(TIMING, timing);
	return openConnection({
		url,
		path,
		io,
		probe,
		hedge: hedge === true,
		host: hostOf(options),
		timing: settings,
		auth: auth || (() => ({})),
		authTimeoutMs: settings.requestTimeoutMs,
		refused: refused || (() => void 0)
	});
}
export { Listeners as a, openConnection as i, TIMING as n, registryOf as o, serverKey as r, createConnection as t };

//# sourceMappingURL=shared-connection.js.map