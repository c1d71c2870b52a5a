import { t as createLogin } from "./shared-login.js";
import { o as GameError } from "./shared-with-timeout.js";
export { GameError, createLogin };
