import type { BestOf, MatchMode, Move, ResultReason, RoundView, SeatIndex } from '../../client-sdk/src/protocol.ts'
import type { Fact } from '../game/state.ts'

export type StartFact = Extract<Fact, { type: 'start' }>
export type RoundFact = Extract<Fact, { type: 'round' }>
export type EndFact = Extract<Fact, { type: 'end' }>

export const isStart = (fact: Fact): fact is StartFact => fact.type === 'start'
export const isRound = (fact: Fact): fact is RoundFact => fact.type === 'round'
export const isEnd = (fact: Fact): fact is EndFact => fact.type === 'end'

/** An entry of an outbox stream. */
export type StreamEntry = [id: string, fields: string[]]

const moveOf = (text: string | undefined): Move | null => (text ? (text as Move) : null)
const winnerOf = (text: string | undefined): SeatIndex | null => (text === '0' ? 0 : text === '1' ? 1 : null)

/** Reads what the referee's scripts append. @throws Error on an entry that no script of ours writes */
export function factOf([id, flat]: StreamEntry): Fact {
  const fields = new Map<string, string>()
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(flat[i] ?? '', flat[i + 1] ?? '')
  const text = (name: string): string => fields.get(name) ?? ''
  const match = text('match')
  const at = Number(text('at'))
  const players: [string, string] = [text('player0'), text('player1')]
  const mode = text('mode') as MatchMode
  switch (text('type')) {
    case 'start':
      return { type: 'start', match, mode, bestOf: Number(text('bestOf')) as BestOf, players, at }
    case 'round': {
      const round: RoundView = {
        round: Number(text('round')),
        moves: [moveOf(fields.get('move0')), moveOf(fields.get('move1'))],
        winner: winnerOf(fields.get('winner')),
        reason: text('reason') as RoundView['reason'],
      }
      return { type: 'round', match, round, at }
    }
    case 'end': {
      const result = { winner: winnerOf(fields.get('winner')), reason: text('reason') as ResultReason }
      return { type: 'end', match, mode, players, scores: [Number(text('score0')), Number(text('score1'))], result, at }
    }
    default:
      throw new Error(`outbox entry ${id} has the unknown type "${text('type')}"`)
  }
}
