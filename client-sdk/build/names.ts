/**
 * Property names that the mini-program file may shorten: those that start with `_`, and those below, which are
 * internal to the official client or to ours. None is on the wire, in `wx`, in what a transport shows to the
 * official Socket.IO, or in what `index.ts` exports; a test holds them against the published types.
 */
const OURS = `
  acked ask askNetwork askedAt attempt baseUrl beat changed clock delay drop enter epoch establish facts
  forget hasty held hiddenAt hold invalidate keep know knownSince knownVersion logIn lookUp moveOf networkChanged
  onChange onMatch onVersion onView phase publish received refusals renew resync retry schedule searching setPlayer
  settle started stateChanged syncing tell underway unwatch upSince waiters wake watchSilence wentDown wentUp whenUp
  wish adopt`
const OFFICIAL = `
  acks attachments attempts backoff buffers cleanup clearTimeoutFn createSocket createTransport createUri decodeString
  decoder destroy dial doClose doOpen doWrite duration emitBuffered emitEvent emitReserved encodeAsBinary encodeAsString
  encoder finishedReconstruction flags fromQueue ids isPayloadValid jitter maybeReconnectOnOpen nsps onHandshake onPacket
  onack onconnect ondata ondecoded ondisconnect onevent onpacket onping onreconnect receiveBuffer reconPack reconstructor
  replacer reviver sendBuffer setJitter setMax setMin setTimeoutFn setTransport skipReconnect subEvents subs
  supportsBinary takeBinaryData tryParse withError writeBuffer`

export const INTERNAL_LIST = `${OURS} ${OFFICIAL}`.trim().split(/\s+/)
export const INTERNAL_NAMES = new RegExp(`^(?:_.+|${INTERNAL_LIST.join('|')})$`)
