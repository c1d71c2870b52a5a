const require_web_transport = require("./shared-web-transport.js");
const require_transport = require("./shared-transport.js");
exports.WebSocketTransport = require_web_transport.WebSocketTransport;
exports.WxTransport = require_web_transport.WxTransport;
exports.io = require_transport.io;
