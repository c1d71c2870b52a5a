import { n as WxTransport, t as WebSocketTransport } from "./shared-web-transport.js";
import { t as io } from "./shared-transport.js";
export { WebSocketTransport, WxTransport, io };
