import type { BestOf, MatchMode, ResultReason, SeatIndex } from '../../../client-sdk/src/protocol.ts'
import type { MatchEvent, Round } from '../match/match.ts'

/** An event of the outbox, with the Redis time (ms) of the commit that appended it. */
export type RecordedEvent = MatchEvent & { at: number }
export type StartEvent = Extract<RecordedEvent, { type: 'start' }>
export type RoundEvent = Extract<RecordedEvent, { type: 'round' }>
export type EndEvent = Extract<RecordedEvent, { type: 'end' }>

export const isStart = (event: RecordedEvent): event is StartEvent => event.type === 'start'
export const isRound = (event: RecordedEvent): event is RoundEvent => event.type === 'round'
export const isEnd = (event: RecordedEvent): event is EndEvent => event.type === 'end'

/** An entry of an outbox stream. */
export type StreamEntry = [id: string, fields: string[]]

const TYPES: readonly string[] = ['start', 'round', 'end'] satisfies MatchEvent['type'][]

/** Parses an entry of the outbox. @throws Error on an entry that no release of ours writes */
export function eventOf([id, flat]: StreamEntry): RecordedEvent {
  const fields = new Map<string, string>()
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(flat[i] ?? '', flat[i + 1] ?? '')
  const text = fields.get('event')
  if (text === undefined) return entryOf01(id, fields)
  const event = JSON.parse(text) as MatchEvent
  if (!TYPES.includes(event.type)) throw new Error(`outbox entry ${id} has the unknown type "${event.type}"`)
  return { ...event, at: Number(fields.get('at')) }
}

const winnerOf = (text: string | undefined): SeatIndex | null => (text === '0' ? 0 : text === '1' ? 1 : null)

/** What release 0.1 appended: a field for each value. Rounds that it decided are recorded after the deploy too. */
function entryOf01(id: string, fields: Map<string, string>): RecordedEvent {
  const text = (name: string): string => fields.get(name) ?? ''
  const match = text('match')
  const at = Number(text('at'))
  const players: [string, string] = [text('player0'), text('player1')]
  const mode = text('mode') as MatchMode
  switch (text('type')) {
    case 'start':
      return { type: 'start', match, mode, bestOf: Number(text('bestOf')) as BestOf, players, at }
    case 'round': {
      const moves: Round['moves'] = [fields.get('move0') || null, fields.get('move1') || null]
      return {
        type: 'round',
        match,
        round: { round: Number(text('round')), moves, winner: winnerOf(fields.get('winner')), reason: text('reason') as Round['reason'] },
        at,
      }
    }
    case 'end': {
      const result = { winner: winnerOf(fields.get('winner')), reason: text('reason') as ResultReason }
      return { type: 'end', match, mode, players, scores: [Number(text('score0')), Number(text('score1'))], result, at }
    }
    default:
      throw new Error(`outbox entry ${id} has the unknown type "${text('type')}"`)
  }
}
