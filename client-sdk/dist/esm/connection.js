import { n as WxTransport, t as WebSocketTransport } from "./shared-web-transport.js";
import { t as io } from "./shared-transport.js";
import { o as GameError, p as ERRORS } from "./shared-with-timeout.js";
import { t as createConnection } from "./shared-connection.js";
export { ERRORS, GameError, WebSocketTransport, WxTransport, createConnection, io };
