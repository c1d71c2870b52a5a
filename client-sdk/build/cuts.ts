/**
 * What of the official client does not go into the bundles: polling, upgrades, WebTransport, cookies and
 * React Native, which a WebSocket-only client cannot use, and the `retries` option and catch-all listeners
 * for outgoing events, which ours answers otherwise. Every cut must find its place in the source
 * of the installed version, or the build stops: an update cannot silently undo or misplace one.
 */
export interface Cuts {
  /** Methods of a class, removed whole. */
  methods?: string[]
  /** Exact pieces of source and what stands there instead; every occurrence is replaced. */
  pieces?: [from: string, to: string][]
}

const ENGINE = 'engine.io-client/build/esm/'
const CLIENT = 'socket.io-client/build/esm/'

/** The packet types of Socket.IO, by number. */
const PACKET_TYPES = ['CONNECT', 'DISCONNECT', 'EVENT', 'ACK', 'CONNECT_ERROR', 'BINARY_EVENT', 'BINARY_ACK']
const numbered = (names: string[]): [string, string][] =>
  // `CONNECT_ERROR` before `CONNECT`, which it begins with.
  names
    .toSorted((a, b) => b.length - a.length)
    .map((name) => [`PacketType.${name}`, String(PACKET_TYPES.indexOf(name))])

export const CUTS: Record<string, Cuts> = {
  [`${ENGINE}index.js`]: {
    pieces: [
      ['export { transports } from "./transports/index.js";', ''],
      ['export { Fetch } from "./transports/polling-fetch.js";', ''],
      ['export { XHR as NodeXHR } from "./transports/polling-xhr.node.js";', ''],
      ['export { XHR } from "./transports/polling-xhr.js";', ''],
      ['export { WS as NodeWebSocket } from "./transports/websocket.node.js";', ''],
      ['export { WT as WebTransport } from "./transports/webtransport.js";', ''],
    ],
  },
  [`${ENGINE}socket.js`]: {
    methods: ['_probe', '_filterUpgrades', '_getWritablePackets', 'send'],
    pieces: [
      ['import { transports as DEFAULT_TRANSPORTS } from "./transports/index.js";', 'const DEFAULT_TRANSPORTS = {};'],
      ['import { installTimerFunctions, byteLength } from "./util.js";', 'import { installTimerFunctions } from "./util.js";'],
      [
        'import { createCookieJar, defaultBinaryType, nextTick, } from "./globals.node.js";',
        'import { defaultBinaryType, nextTick } from "./globals.node.js"; const createCookieJar = undefined;',
      ],
      ['this._upgrades = this._filterUpgrades(data.upgrades);', ''],
      ['this._getWritablePackets()', 'this.writeBuffer'],
      ['this._probe(this._upgrades[i])', ''],
      ['this.opts.upgrade)', 'false)'],
      ['this.upgrading', 'false'],
      ['this.opts.tryAllTransports', 'false'],
      ['this.opts.rememberUpgrade', 'false'],
      ['this.opts.withCredentials', 'false'],
      ['this.opts.autoUnref', 'false'],
      [
        `            agent: false,
            withCredentials: false,
            upgrade: true,
`,
        '',
      ],
      [`            rememberUpgrade: false,\n`, ''],
      [
        `            rejectUnauthorized: true,
            perMessageDeflate: {
                threshold: 1024,
            },
`,
        '',
      ],
      [`            closeOnBeforeunload: false,\n`, ''],
      // Always the one transport that was given, as a class.
      [
        `if (opts.transportImplementations && opts.transports) {
            throw new Error("specifying both 'transportImplementations' and 'transports' options is not supported");
        }`,
        '',
      ],
      [
        `opts.transportImplementations ||
            (((_a = opts.transports) === null || _a === void 0 ? void 0 : _a.length) && typeof opts.transports[0] === "function")`,
        'true',
      ],
      ['((_b = opts.transportImplementations) !== null && _b !== void 0 ? _b : opts.transports)', 'opts.transports'],
      [
        `        else if (opts.host) {
            opts.hostname = parse(opts.host).host;
        }`,
        '',
      ],
      ['Socket.priorWebsocketSuccess = "websocket" === this.transport.name;', ''],
      ['Socket.priorWebsocketSuccess = false;', ''],
      ['this._upgrades = [];', ''],
      ['this._maxPayload = data.maxPayload;', ''],
      ['this._maxPayload = -1;', ''],
      // It would listen to the browser's `offline` from import on; the host does, for as long as is needed.
      ['typeof addEventListener === "function"', 'false'],
    ],
  },
  [`${ENGINE}transports/websocket.js`]: {
    // `NativeTransport` brings its own socket, and reports its events itself.
    methods: ['addEventListeners'],
    pieces: [
      ['import { pick, randomString } from "../util.js";', 'import { randomString } from "../util.js";'],
      ['this.addEventListeners();', ''],
      ['this.ws.binaryType = this.socket.binaryType;', ''],
      ['this.ws.onerror = () => { };', ''],
      [
        `typeof navigator !== "undefined" &&
    typeof navigator.product === "string" &&
    navigator.product.toLowerCase() === "reactnative"`,
        'true',
      ],
      [
        'pick(this.opts, "agent", "perMessageDeflate", "pfx", "key", "passphrase", "cert", "ca", "ciphers", "rejectUnauthorized", "localAddress", "protocolVersion", "origin", "maxPayload", "family", "checkServerIdentity")',
        '{}',
      ],
      [
        `if (this.opts.extraHeaders) {
            opts.headers = this.opts.extraHeaders;
        }`,
        '',
      ],
      [
        `if (!this.supportsBinary) {
            query.b64 = 1;
        }`,
        '',
      ],
      ['globalThis.WebSocket || globalThis.MozWebSocket', 'undefined'],
      [
        `!isReactNative
            ? protocols
                ? new WebSocketCtor(uri, protocols)
                : new WebSocketCtor(uri)
            : new WebSocketCtor(uri, protocols, opts)`,
        'undefined',
      ],
    ],
  },
  'socket.io-parser/build/esm/is-binary.js': {
    pieces: [
      ['typeof ArrayBuffer === "function"', 'true'],
      ['typeof ArrayBuffer.isView === "function"', 'true'],
      // A buffer of another realm is one as well: some hosts hand those out.
      ['(obj instanceof ArrayBuffer ||', '(toString.call(obj) === "[object ArrayBuffer]" ||'],
    ],
  },
  'socket.io-parser/build/esm/index.js': {
    pieces: [
      [
        `export var PacketType;
(function (PacketType) {
${PACKET_TYPES.map((name, i) => `    PacketType[PacketType["${name}"] = ${i}] = "${name}";\n`).join('')}})(PacketType || (PacketType = {}));`,
        'export const PacketType = undefined',
      ],
      ['PacketType[p.type] === undefined', '!(p.type <= 6)'],
      // All of them end the connection as `parse error`; which it was helps nobody on a phone.
      ...[
        '"got plaintext data when reconstructing a packet"',
        '"got binary data when not reconstructing a packet"',
        '"unknown packet type " + p.type',
        '"Illegal attachments"',
        '"too many attachments"',
        '"invalid payload"',
        '"Unknown type: " + obj',
      ].map((message): [string, string] => [`Error(${message})`, 'Error("bad packet")']),
      ...numbered(PACKET_TYPES),
    ],
  },
  [`${CLIENT}socket.js`]: {
    methods: [
      '_addToQueue',
      '_drainQueue',
      'onAnyOutgoing',
      'prependAnyOutgoing',
      'offAnyOutgoing',
      'listenersAnyOutgoing',
      'notifyOutgoingListeners',
    ],
    pieces: [
      [
        `if (this._opts.retries && !this.flags.fromQueue && !this.flags.volatile) {
            this._addToQueue(args);
            return this;
        }`,
        '',
      ],
      ['this._drainQueue(true);', ''],
      ['this._queue = [];', ''],
      ['this._queueSeq = 0;', ''],
      ['this.notifyOutgoingListeners(packet);', ''],
      [
        'It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client, but they are not compatible (more information here: https://socket.io/docs/v3/migrating-from-2-x-to-3-0/)',
        'The server speaks Socket.IO 2',
      ],
      ...numbered(PACKET_TYPES),
    ],
  },
  'socket.io-parser/build/esm/binary.js': {
    pieces: [['"illegal attachments"', '"bad packet"']],
  },
  [`${CLIENT}manager.js`]: {
    pieces: [
      // As a namespace the parser would keep exports that nothing uses.
      [
        'import * as parser from "socket.io-parser";',
        'import { Encoder, Decoder } from "socket.io-parser";\nconst parser = { Encoder, Decoder };',
      ],
      ['this.opts.autoUnref', 'false'],
      // A parser of one's own, and the one that is built in.
      ['const _parser = opts.parser || parser;', 'const _parser = parser;'],
    ],
  },
  [`${CLIENT}index.js`]: {
    pieces: [['opts["force new connection"] ||', ''], ['export { Fetch, NodeXHR, XHR, NodeWebSocket, WebSocket, WebTransport, } from "engine.io-client";', '']],
  },
}

/** The source of a module without what its cuts name. */
export function trim(file: string, source: string, { methods = [], pieces = [] }: Cuts): string {
  let code = source
  for (const method of methods) {
    const found = new RegExp(`\\n    ${method}\\([^)]*\\) \\{\\n[\\s\\S]*?\\n    \\}\\n`)
    if (!found.test(code)) throw new Error(`${file} has no method ${method} to cut`)
    code = code.replace(found, '\n')
  }
  for (const [from, to] of pieces) {
    if (!code.includes(from)) throw new Error(`${file} does not contain ${from}`)
    code = code.split(from).join(to)
  }
  return code
}
