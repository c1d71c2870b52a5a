import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'
import { KubectlError } from './kubectl-arguments.ts'
import type { KubernetesObject } from './kustomize.ts'
import { envOf, type Container } from './manifests.ts'

/** The data that the stand-in for kubectl needs besides the manifests: a file that the environment variable CAIQUAN_PODS names. */
export interface Pods {
  /** Secret → key → value. */
  secrets: Record<string, Record<string, string>>
  /** Environment of containers that overrides the manifests: for example, the tests have one Redis. */
  env: Record<string, string>
  /** The folder that stands for every volume that pods may write to, including /tmp. */
  tmp: string
  /** The process that is process 1 in pods of servers. */
  mainPid: number
}

/** Programs of the image. The image has no npm, and programs that are installed here do not count. */
const PROGRAMS = new Set(['node', 'cat', 'ls', 'rm', 'df'])

/** The files and folders of the image below /app. */
function imageFiles(): string[] {
  const runtime =
    readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
      .split(/^FROM /m)
      .find((stage) => / AS runtime\n/.test(stage)) ?? ''
  return [...runtime.matchAll(/^COPY (?:--from=\S+ )?(.+) \S+$/gm)]
    .flatMap(([, files = '']) => files.split(' '))
    .map((file) => file.replace(/^\/app\//, ''))
}

/**
 * Runs a command as a container would: with its environment, with the programs and files of the image only, on a file system that can be
 * read, and that can be written where a volume is mounted for that. Node's permission model refuses other writes.
 */
export function runInPod(
  command: string[],
  { container, objects, pods, timeoutMs = 120_000 }: { container: Container; objects: KubernetesObject[]; pods: Pods; timeoutMs?: number },
): number {
  const [program = '', ...args] = command
  if (!PROGRAMS.has(program)) throw new KubectlError(`exec: "${program}": executable file not found in $PATH`, 127)
  if (container.securityContext?.['readOnlyRootFilesystem'] !== true)
    throw new KubectlError(`${container.name} has no read-only root, which this stand-in expects`)
  const volumes = (container.volumeMounts ?? []).filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath)
  const paths = new RegExp(`(?<![\\w/])(${[...new Set(['/tmp', ...volumes])].join('|')})\\b`, 'g')
  const local = args.map((arg) => arg.replaceAll(paths, pods.tmp))
  if (program !== 'node') {
    if (program === 'rm' && args.some((arg) => !arg.startsWith('-') && !volumes.some((path) => arg.startsWith(`${path}/`))))
      throw new KubectlError(`${program}: Read-only file system`)
    return run(program, local, {}, timeoutMs)
  }
  const script = args.find((arg) => !arg.startsWith('-'))
  if (
    args[0] === script &&
    script !== undefined &&
    !imageFiles().some((file) => normalize(script) === file || normalize(script).startsWith(`${file}/`))
  )
    throw new KubectlError(`Cannot find module '/app/${script}'`)
  const env = { ...envOf(container, objects, ({ name, key }) => pods.secrets[name]?.[key] ?? missing(name, key)), ...pods.env }
  const first = join(ROOT, 'test/support/kubectl-first.mjs')
  const flags = [
    '--permission',
    '--allow-fs-read=*',
    ...(volumes.length ? [`--allow-fs-write=${pods.tmp}`] : []),
    '--allow-addons',
    '--allow-worker',
    '--disable-warning=SecurityWarning',
    '--import',
    first,
  ]
  return run(nodeBinary(), [...flags, ...local], { ...env, POD_MAIN_PID: String(pods.mainPid) }, timeoutMs)
}

function run(program: string, args: string[], env: Record<string, string>, timeout: number): number {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, env: { PATH: '/usr/bin:/bin', ...env }, stdio: 'inherit', timeout })
  if (error) throw error
  return status ?? 1
}

function missing(name: string, key: string): never {
  throw new KubectlError(`There is no ${key} in the Secret ${name}.`)
}
