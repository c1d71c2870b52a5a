/** The arguments of `kubectl` as far as docs/runbook.md uses them. All other arguments are refused, as kubectl refuses a misspelt flag. */

type Flags = Record<string, 'value' | 'switch'>

/** The flags of each verb; those of a verb of two words are listed under the first. */
const VERBS: Record<string, Flags> = {
  get: { selector: 'value', output: 'value', 'sort-by': 'value' },
  describe: { selector: 'value' },
  logs: {
    selector: 'value',
    container: 'value',
    previous: 'switch',
    tail: 'value',
    since: 'value',
    'all-containers': 'switch',
    prefix: 'switch',
  },
  exec: { container: 'value' },
  rollout: { timeout: 'value', 'to-revision': 'value' },
  scale: { replicas: 'value' },
  delete: { 'ignore-not-found': 'switch' },
  apply: { filename: 'value', kustomize: 'value' },
  create: {
    from: 'value',
    'from-literal': 'value',
    'from-file': 'value',
    cert: 'value',
    key: 'value',
    'dry-run': 'value',
    output: 'value',
  },
  patch: { type: 'value', patch: 'value' },
  top: { selector: 'value', containers: 'switch', 'sort-by': 'value' },
  wait: { for: 'value', timeout: 'value' },
}
const SHORT: Record<string, string> = {
  n: 'namespace',
  l: 'selector',
  o: 'output',
  c: 'container',
  p: 'patch',
  f: 'filename',
  k: 'kustomize',
}
/** `logs -p` is not `patch -p`. */
const SHORT_OF_VERB: Record<string, Record<string, string>> = { logs: { p: 'previous' } }

/** How kubectl would end: its message, and its exit code. */
export class KubectlError extends Error {
  readonly code: number
  constructor(message: string, code = 1) {
    super(message)
    this.code = code
  }
}

export interface Call {
  verb: string
  /** The arguments after the verb that are not flags. */
  words: string[]
  flags: Map<string, string[]>
  /** The arguments after `--`. */
  command: string[]
}

export const one = ({ flags }: Call, name: string): string | undefined => flags.get(name)?.at(-1)

/** @throws KubectlError */
export function readCall(args: string[]): Call {
  const end = args.indexOf('--')
  const own = end < 0 ? args : args.slice(0, end)
  const call: Call = { verb: '', words: [], flags: new Map(), command: end < 0 ? [] : args.slice(end + 1) }
  for (let i = 0; i < own.length; i++) {
    const arg = own[i] ?? ''
    if (!arg.startsWith('-') || arg === '-') {
      if (call.verb) call.words.push(arg)
      else call.verb = arg
      continue
    }
    const [, dashes = '', given = '', attached] = /^(--?)([a-z-]+)(?:=(.*))?$/s.exec(arg) ?? []
    const name = dashes === '-' ? (SHORT_OF_VERB[call.verb]?.[given] ?? SHORT[given] ?? '') : given
    const kind = name === 'namespace' ? 'value' : VERBS[call.verb]?.[name]
    if (!kind) throw new KubectlError(`unknown flag of ${call.verb || 'kubectl'}: ${arg}`)
    const value = kind === 'switch' ? (attached ?? 'true') : (attached ?? own[++i])
    if (value === undefined) throw new KubectlError(`flag needs an argument: ${arg}`)
    call.flags.set(name, [...(call.flags.get(name) ?? []), value])
  }
  if (!VERBS[call.verb]) throw new KubectlError(`unknown command "${call.verb}"`)
  return call
}
