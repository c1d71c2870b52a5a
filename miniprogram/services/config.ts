/** The server that this mini program plays on. It must be a request and a socket domain of the mini program. */
export const SERVER_URL = 'https://127.0.0.1:8443'

/** The one-time subscription template of `WECHAT_WAITING_TEMPLATE` at the server; without it hosts are not asked for a message. */
export const WAITING_TEMPLATE: string = ''
