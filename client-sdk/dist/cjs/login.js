const require_login = require("./shared-login.js");
const require_with_timeout = require("./shared-with-timeout.js");
exports.GameError = require_with_timeout.GameError;
exports.createLogin = require_login.createLogin;
