/**
 * How the types of a server's events are given: `{ 'order:pay': { request: Order; reply: Receipt } }` for commands, or in Socket.IO's form,
 * `{ 'order:pay': (order: Order, ack: (reply: …) => void) => void }`; events as functions.
 */
export type AnyCommands = Record<string, { request: unknown; reply: unknown }>
export type AnyEvents = Record<string, (...args: never[]) => void>

type DataOf<R> = R extends { ok: true; data: infer D } ? D : never

/** The payload of a command. */
export type RequestOf<C> = C extends { request: infer R }
  ? R
  : C extends (ack: (reply: never) => void) => void
    ? undefined
    : C extends (request: infer R, ...rest: never[]) => void
      ? R
      : unknown
type LastOf<A> = A extends [...unknown[], infer L] ? L : never
type AckReplyOf<L> = L extends (reply: infer R) => void ? DataOf<R> : unknown

/** The data of its acknowledgement. */
export type ReplyOf<C> = C extends { reply: infer R } ? R : C extends (...args: infer A) => void ? AckReplyOf<LastOf<A>> : unknown

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- what a payload without required fields is made of
type Empty = Record<never, never>

/** What follows the name of a command: its payload, which may be left out if it may be empty, and options. */
export type RequestArgs<C, O> =
  undefined extends RequestOf<C>
    ? [payload?: RequestOf<C>, options?: O]
    : Empty extends RequestOf<C>
      ? [payload?: RequestOf<C>, options?: O]
      : [payload: RequestOf<C>, options?: O]

/** The arguments of an event. */
export type EventArgs<E> = E extends (...args: infer A) => void ? A : unknown[]
