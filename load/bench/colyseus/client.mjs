/**
 * A player on Colyseus, built with its SDK, with the interface of `wire-client.ts`: joins a room for each match, and leaves it at the end.
 */
import { ColyseusSDK } from '@colyseus/sdk'

/** A view of the match from the current schema state. */
function viewOf(state) {
  return {
    id: state.id,
    version: state.version,
    status: state.status,
    round: state.round,
    lastRound: state.lastRound
      ? { round: state.lastRound, moves: [state.move0, state.move1], winner: state.winner < 0 ? null : state.winner, reason: 'moves' }
      : null,
  }
}

/** @param options those of `connectWire`; `url` is the server's */
export async function connectColyseus({ url, onMatch, onGone }) {
  const sdk = new ColyseusSDK(url.replace(/^ws/, 'http'))
  const acks = new Map()
  let n = 0
  let room = null
  let closed = false

  async function find({ bestOf }) {
    const joined = await sdk.joinOrCreate('rps')
    room = joined
    const see = (view) => {
      onMatch(view)
      if (view.status === 'finished' && room === joined) {
        room = null
        void joined.leave()
      }
    }
    joined.onMessage('match', see)
    joined.onMessage('ack', (reply) => {
      acks.get(reply.n)?.(JSON.stringify(reply))
      acks.delete(reply.n)
    })
    joined.onStateChange((state) => {
      if (state.id) see(viewOf(state))
    })
    joined.onLeave((code) => {
      if (!closed && room === joined) onGone(`closed with ${code}`)
    })
    joined.send('ready', { bestOf })
  }

  return {
    emit(event, payload, onAck) {
      if (event === 'match:find') {
        find(payload).then(
          () => onAck?.('"ok":true'),
          (fault) => onAck?.(JSON.stringify({ ok: false, code: `join ${fault?.code ?? fault}` })),
        )
        return
      }
      n += 1
      // Patches of a schema are not acknowledged; pending moves are dropped with the match.
      if (onAck) acks.set(n, onAck)
      if (acks.size > 100) acks.clear()
      room?.send('move', { n, round: payload.round, move: payload.move })
    },
    close() {
      closed = true
      void room?.leave()
    },
  }
}
