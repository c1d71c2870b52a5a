/** Pairs of automatic players: real clients of the SDK, through nginx, which play match after match. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyGame } from '../../games/rules.ts'
import type { GameClient } from '../../client-sdk/src/client/client.ts'
import { createGameClient } from '../../client-sdk/src/client/create.ts'
import { GameError } from '../../client-sdk/src/game-error.ts'
import { nodeHost, trustOf } from '../play/host.ts'
import { chooseMove } from '../play/moves.ts'
import { between } from '../play/random.ts'
import { untilClient } from '../until.ts'
import type { AcknowledgedMove } from './tally.ts'

export interface Bots {
  /** Pairs that play. */
  readonly pairs: number
  start(pairs: number): void
  stop(): void
}

export interface BotsOptions {
  game(): Promise<AnyGame>
  /** The cluster's address and certificate, read when the bots start. */
  address(): { url: string; certificate: string | undefined }
  acknowledged(move: AcknowledgedMove): void
  /** The bots have ended because of an error of their own. */
  failed(error: unknown): void
}

const THINK_MS = [400, 1500] as const
const PAUSE_MS = 1000

/** Every bot gets a name of its own: the stand-in for WeChat accepts any login code. */
let made = 0

export function createBots({ game, address, acknowledged, failed }: BotsOptions): Bots {
  let playing: AbortController | null = null
  let pairs = 0

  function client(name: string, url: string, trust: ReturnType<typeof trustOf> | undefined): GameClient<{ move: unknown }> {
    let codes = 0
    return createGameClient<{ move: unknown }>({
      url,
      host: nodeHost({ login: () => `${name}.${Date.now().toString(36)}${++codes}`, trust }),
    })
  }

  async function play(one: GameClient<{ move: unknown }>, rules: AnyGame, match: string, signal: AbortSignal): Promise<void> {
    for (let round = 1; ; round += 1) {
      if (!(await untilClient(one, () => one.match?.id !== match || one.match.status === 'finished' || one.match.round >= round, signal)))
        return
      const view = one.match
      if (view?.id !== match || view.status === 'finished') return
      round = view.round
      const { seat } = one
      await sleep(Math.max(0, (view.opensAt ?? 0) - one.serverNow()) + between(Math.random, ...THINK_MS))
      const now = one.match
      if (signal.aborted || seat === null || now?.id !== match || now.status !== 'playing') continue
      if (now.round !== round) {
        round = now.round - 1
        continue
      }
      const move = chooseMove(rules, now, seat, Math.random)
      if (move === null) continue
      // Refused, or lost with the round: nothing was promised.
      await one.move(move).then(
        () => acknowledged({ match, round, seat, move }),
        (error: unknown) => {
          if (!(error instanceof GameError)) throw error
        },
      )
    }
  }

  async function pair(url: string, trust: ReturnType<typeof trustOf> | undefined, rules: AnyGame, signal: AbortSignal): Promise<void> {
    made += 1
    const [host, guest] = [client(`bot-${made}-a`, url, trust), client(`bot-${made}-b`, url, trust)] as const
    try {
      while (!signal.aborted) {
        try {
          const { match, code } = await host.createRoom(rules.bestOf[0])
          await guest.joinRoom(code)
          await Promise.all([host, guest].map((one) => play(one, rules, match.id, signal)))
        } catch (error) {
          if (!(error instanceof GameError)) throw error
        }
        await sleep(PAUSE_MS, null, { signal }).catch(() => undefined)
      }
    } finally {
      host.close()
      guest.close()
    }
  }

  return {
    get pairs() {
      return pairs
    },
    start(wanted) {
      if (playing) return
      playing = new AbortController()
      pairs = wanted
      const { signal } = playing
      const { url, certificate } = address()
      const trust = certificate === undefined ? undefined : trustOf(certificate)
      game()
        .then((rules) => Promise.all(Array.from({ length: wanted }, () => pair(url, trust, rules, signal))))
        .catch((error: unknown) => {
          this.stop()
          failed(error)
        })
    },
    stop() {
      playing?.abort()
      playing = null
      pairs = 0
    },
  }
}
