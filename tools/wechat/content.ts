import { failure } from './codes.ts'

/** The stand-in's opinion of a text or a picture; `timeout` never gets a reply. */
export type Opinion = 'pass' | 'review' | 'risky' | 'busy' | 'quota' | 'unseen' | 'token' | 'timeout'

const OPINIONS: readonly Opinion[] = ['review', 'risky', 'busy', 'quota', 'unseen', 'token', 'timeout']
/** Opinions without a reply, or with an error, which can be limited to a number of calls. */
const ERRCODES: Partial<Record<Opinion, number>> = { busy: -1, quota: 45009, unseen: 61010, token: 40001 }

const LABELS = { pass: 100, review: 21000, risky: 20006 }

export interface Content {
  /**
   * By a word in the text: `risky`, `review`, `busy` (-1), `quota` (45009), `unseen` (61010), `token` (40001), `timeout`. A number after
   * one of the last five says for how many calls it lasts: `quota2` passes at the third.
   */
  opinionOf(text: string): Opinion
}

export function createContent(): Content {
  const calls = new Map<string, number>()
  return {
    opinionOf(text) {
      const [word, opinion, count] = new RegExp(`(${OPINIONS.join('|')})(\\d*)`).exec(text) ?? []
      if (word === undefined) return 'pass'
      if (!count) return opinion as Opinion
      const call = (calls.get(text) ?? 0) + 1
      calls.set(text, call)
      return call > Number(count) ? 'pass' : (opinion as Opinion)
    },
  }
}

/** The opinion of a picture by its colour: red is risky, yellow is to be reviewed, blue cannot be loaded, black gets no reply. */
export function opinionOfColour([red, green, blue]: [number, number, number]): Opinion {
  const [bright, dark] = [(value: number) => value > 160, (value: number) => value < 96]
  if (bright(red) && dark(green) && dark(blue)) return 'risky'
  if (bright(red) && bright(green) && dark(blue)) return 'review'
  if (dark(red) && dark(green) && bright(blue)) return 'busy'
  if (dark(red) && dark(green) && dark(blue)) return 'timeout'
  return 'pass'
}

type Verdict = 'pass' | 'review' | 'risky'
export const isVerdict = (opinion: Opinion): opinion is Verdict => opinion === 'pass' || opinion === 'review' || opinion === 'risky'

const resultOf = (suggest: Verdict) => ({
  result: { suggest, label: LABELS[suggest] },
  detail: [{ strategy: 'content_model', errcode: 0, suggest, label: LABELS[suggest], prob: 90 }],
})

/** The reply of `msg_sec_check` to a text. */
export const textAnswer = (opinion: Exclude<Opinion, 'timeout'>): object =>
  isVerdict(opinion) ? { errcode: 0, errmsg: 'ok', ...resultOf(opinion), trace_id: crypto.randomUUID() } : failure(ERRCODES[opinion] ?? -1)

/** What the message push reports about a picture. */
export const mediaEvent = (appid: string, trace: string, opinion: Opinion): object => ({
  ToUserName: 'gh_standin',
  FromUserName: 'o-stand-in',
  CreateTime: Math.floor(Date.now() / 1000),
  MsgType: 'event',
  Event: 'wxa_media_check',
  appid,
  trace_id: trace,
  version: 2,
  ...(isVerdict(opinion) ? { errcode: 0, errmsg: 'ok', ...resultOf(opinion) } : { errcode: -1008, errmsg: 'download fail', detail: [] }),
})
