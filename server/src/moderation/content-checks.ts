import { randomUUID } from 'node:crypto'
import type { Database, Prisma } from '../database.ts'

export type Kind = 'nickname' | 'avatar'
export type Decision = 'accepted' | 'rejected'

/** A check that a node has leased. */
export interface Check {
  playerId: string
  openid: string
  kind: Kind
  ticket: string
  value: string
  state: 'pending' | Decision
  /** How often it was leased, this time included. */
  attempts: number
}

/** A picture that is kept here until WeChat has decided on it. */
export interface Picture {
  hash: string
  type: string
  image: Uint8Array<ArrayBuffer>
}

export interface ReviewRow {
  kind: Kind
  state: 'pending' | Decision
  value: string
}

/**
 * Values that WeChat has to accept, in MySQL: one row for each player and kind, which is also the queue of checks. A node leases a row by
 * moving `dueAt` on; if it dies, another node leases it after that time. So WeChat is asked at least once, and perhaps more often; a
 * decision counts once, and only for the value that was submitted (`ticket`) while that one is still pending.
 */
export interface ContentChecks {
  /** Rows of a player. */
  of(playerId: string): Promise<ReviewRow[]>
  /** Makes this the pending value, instead of the one before. */
  submit(playerId: string, kind: Kind, value: string, picture?: Picture): Promise<void>
  /** Forgets the pending or rejected value: the player has chosen what everybody sees already. */
  withdraw(playerId: string, kind: Kind): Promise<void>
  /** Leases at most `limit` checks that are due and that no other node has. */
  lease(limit: number, leaseMs: number): Promise<Check[]>
  /**
   * Notes the trace id of WeChat's result, and when to send the picture again if none comes. False if the value is not the pending one any
   * more.
   */
  asked(check: Check, traceId: string, againMs: number): Promise<boolean>
  /** Postpones a check. */
  postpone(check: Pick<Check, 'playerId' | 'kind' | 'ticket'>, ms: number): Promise<void>
  /** The check that awaits this result. */
  byTrace(traceId: string): Promise<Check | null>
  /**
   * Decides on the pending value, and makes it the player's if it is accepted, in one transaction. False if it was decided already, or is
   * not the pending one any more. The row stays leased for `leaseMs`, until what follows from it is done.
   */
  decide(check: Check, decision: Decision, leaseMs: number): Promise<boolean>
  /** What follows from a decision is done. */
  done(check: Check): Promise<void>
}

const ROW = {
  playerId: true,
  kind: true,
  ticket: true,
  value: true,
  state: true,
  attempts: true,
  player: { select: { openid: true } },
} as const
type Row = Prisma.ContentCheckGetPayload<{ select: typeof ROW }>

const checkOf = ({ player, kind, state, ...rest }: Row): Check => ({
  ...rest,
  kind: kind as Kind,
  state: state as Check['state'],
  openid: player.openid,
})
const keyOf = ({ playerId, kind, ticket }: Pick<Check, 'playerId' | 'kind' | 'ticket'>) => ({ playerId, kind, ticket })

export function createContentChecks(database: Database): ContentChecks {
  const table = database.contentCheck
  // By the clock of MySQL, which all nodes share.
  async function now(): Promise<number> {
    const [row] = await database.$queryRaw<{ now: Date }[]>`SELECT UTC_TIMESTAMP(3) AS now`
    return row ? row.now.getTime() : Date.now()
  }
  const later = async (ms: number): Promise<Date> => new Date((await now()) + ms)

  return {
    async of(playerId) {
      const rows = await table.findMany({ where: { playerId }, select: { kind: true, state: true, value: true } })
      return rows as ReviewRow[]
    },
    async submit(playerId, kind, value, picture) {
      const fresh = {
        ticket: randomUUID(),
        value,
        hash: picture?.hash ?? null,
        image: picture?.image ?? null,
        state: 'pending',
        traceId: null,
        attempts: 0,
        dueAt: await later(0),
      }
      // Two requests of a player may come at once: the insert of one is skipped, and the later update counts.
      await table.createMany({ data: [{ playerId, kind, ...fresh }], skipDuplicates: true })
      await table.updateMany({ where: { playerId, kind }, data: fresh })
    },
    async withdraw(playerId, kind) {
      await table.deleteMany({ where: { playerId, kind } })
    },
    async lease(limit, leaseMs) {
      const at = await now()
      const due = await table.findMany({ where: { dueAt: { lte: new Date(at) } }, orderBy: { dueAt: 'asc' }, take: limit, select: ROW })
      const leased: Check[] = []
      for (const row of due) {
        const check = checkOf(row)
        const { attempts } = check
        const { count } = await table.updateMany({
          where: { ...keyOf(check), state: check.state, attempts },
          data: { attempts: attempts + 1, dueAt: new Date(at + leaseMs) },
        })
        if (count === 1) leased.push({ ...check, attempts: attempts + 1 })
      }
      return leased
    },
    async asked(check, traceId, againMs) {
      const { count } = await table.updateMany({
        where: { ...keyOf(check), state: 'pending' },
        data: { traceId, dueAt: await later(againMs) },
      })
      return count === 1
    },
    async postpone(check, ms) {
      await table.updateMany({ where: { ...keyOf(check), state: 'pending' }, data: { dueAt: await later(ms) } })
    },
    async byTrace(traceId) {
      const row = await table.findFirst({ where: { traceId }, select: ROW })
      return row ? checkOf(row) : null
    },
    async decide(check, decision, leaseMs) {
      const { playerId, kind, value } = check
      const dueAt = await later(leaseMs)
      return database.$transaction(async (tx) => {
        // The player first, as everywhere: a deletion of the player waits here.
        const players = await tx.$queryRaw<unknown[]>`SELECT id FROM Player WHERE id = ${playerId} AND deletedAt IS NULL FOR UPDATE`
        if (players.length === 0) return false
        const [row] = await tx.contentCheck.findMany({ where: keyOf(check), select: { hash: true, image: true } })
        const { count } = await tx.contentCheck.updateMany({
          where: { ...keyOf(check), state: 'pending' },
          data: { state: decision, dueAt, image: null, traceId: null },
        })
        if (!row || count === 0) return false
        if (decision === 'rejected') return true
        if (row.hash !== null && row.image !== null) {
          const avatar = { hash: row.hash, type: PICTURE, image: row.image }
          await tx.avatar.upsert({ where: { playerId }, create: { playerId, ...avatar }, update: avatar })
        }
        await tx.player.update({ where: { id: playerId }, data: kind === 'nickname' ? { nickname: value } : { avatarUrl: value } })
        return true
      })
    },
    async done(check) {
      await table.updateMany({ where: { ...keyOf(check), state: check.state }, data: { dueAt: null } })
    },
  }
}

/** All pictures are redrawn as this type; see players/pictures.ts. */
const PICTURE = 'image/jpeg'
