/** The server that this mini game plays on. It must be a request and a socket domain of the mini game. */
export const SERVER_URL = 'https://127.0.0.1:8443'
