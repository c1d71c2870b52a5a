import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { ROOT } from '../../tools/services/node.ts'
import { buildContext } from './build-context.ts'
import { linkTree } from './link-tree.ts'

/** A stage of the Dockerfile, laid out in a folder that stands for its root. */
export interface Stage {
  name: string
  root: string
  /** Absolute, inside `root`. */
  workdir: string
  env: Record<string, string>
  user: string
  entrypoint: string[]
  command: string[]
  healthcheck: string[]
  /** Debian packages that it installs. */
  installed: string[]
  /** Build arguments with their defaults. */
  args: Record<string, string>
  labels: Record<string, string>
}

interface Instruction {
  word: string
  rest: string
}

function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile.replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, ' ')
  return lines.split('\n').flatMap((line) => {
    const [, word, rest] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? []
    return word !== undefined && rest !== undefined ? [{ word, rest: rest.trim() }] : []
  })
}

/**
 * Builds every stage of the Dockerfile without an engine: each stage is a folder with the files that COPY gives it, from the files that
 * .dockerignore includes and from earlier stages, and its commands run there. Substituted are: the base image by this machine (its Node is
 * the one that runs this), `npm ci` by test/support/npm-ci.ts, `apt-get` by a note of what it would install, and the user.
 */
export function buildStages(folder: string): Map<string, Stage> {
  const context = join(folder, 'context')
  for (const file of buildContext()) {
    mkdirSync(dirname(join(context, file)), { recursive: true })
    cpSync(join(ROOT, file), join(context, file))
  }
  const tools = writeTools(join(folder, 'bin'))
  const stages = new Map<string, Stage>()
  let stage: Stage | undefined
  for (const { word, rest } of instructionsOf(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))) {
    if (word === 'FROM') {
      const [base = '', , name = ''] = rest.split(/\s+/)
      stage = from(stages.get(base), name, join(folder, 'stages', name))
      stages.set(name, stage)
      continue
    }
    // The base image is this machine here.
    if (!stage && word === 'ARG') continue
    if (!stage) throw new Error(`${word} before FROM`)
    follow(stage, { word, rest }, { context, stages, tools })
  }
  return stages
}

function from(base: Stage | undefined, name: string, root: string): Stage {
  mkdirSync(root, { recursive: true })
  if (!base)
    return {
      name,
      root,
      workdir: root,
      env: {},
      user: '',
      entrypoint: [],
      command: [],
      healthcheck: [],
      installed: [],
      args: {},
      labels: {},
    }
  // Hard links: no command changes a file in place.
  linkTree(base.root, root)
  return {
    ...base,
    name,
    root,
    workdir: base.workdir.replace(base.root, root),
    env: { ...base.env },
    args: { ...base.args },
    labels: { ...base.labels },
    installed: [...base.installed],
  }
}

interface BuildState {
  context: string
  stages: Map<string, Stage>
  /** Folder of `node`, `npm` and `apt-get`. */
  tools: string
}

/** These describe an image and change nothing in it: no command here uses an argument. */
const DESCRIBING = new Set(['EXPOSE', 'ARG', 'LABEL'])

const words = (json: string): string[] => JSON.parse(json) as string[]

function follow(stage: Stage, { word, rest }: Instruction, build: BuildState): void {
  if (word === 'WORKDIR') {
    stage.workdir = join(stage.root, rest)
    mkdirSync(stage.workdir, { recursive: true })
  } else if (word === 'ENV') {
    for (const pair of rest.split(/\s+/)) stage.env[pair.split('=')[0] ?? ''] = pair.split('=')[1] ?? ''
  } else if (word === 'USER') stage.user = rest
  else if (word === 'ARG') stage.args[rest.split('=')[0] ?? ''] = rest.split('=')[1] ?? ''
  else if (word === 'LABEL') {
    for (const [, name = '', quoted, bare = ''] of rest.matchAll(/(\S+?)=(?:"([^"]*)"|(\S+))/g))
      stage.labels[name] = (quoted ?? bare).replace(/^\$(\w+)$/, (_, arg: string) => stage.args[arg] ?? '')
  } else if (word === 'COPY') copy(stage, rest, build)
  else if (word === 'RUN') run(stage, rest, build.tools)
  else if (word === 'ENTRYPOINT') stage.entrypoint = words(rest)
  else if (word === 'CMD') stage.command = words(rest)
  else if (word === 'HEALTHCHECK') stage.healthcheck = words(rest.slice(rest.indexOf('CMD') + 3))
  else if (!DESCRIBING.has(word)) throw new Error(`${word} is not supported here`)
}

function copy(stage: Stage, rest: string, { context, stages }: BuildState): void {
  const parts = rest.split(/\s+/)
  const origin = parts[0]?.startsWith('--from=') ? stages.get(parts.shift()?.slice(7) ?? '')?.root : context
  if (origin === undefined) throw new Error(`COPY ${rest}: no such stage`)
  const target = parts.pop() ?? ''
  const to = resolve(stage.workdir, target)
  for (const part of parts) {
    const source = join(origin, part)
    if (!existsSync(source)) throw new Error(`COPY ${rest} of ${stage.name}: ${part} does not exist`)
    const into = statSync(source).isDirectory() ? to : target.endsWith('/') || parts.length > 1 ? join(to, basename(part)) : to
    mkdirSync(dirname(into), { recursive: true })
    // An existing file may be a hard link to a file of this checkout: it is replaced, not written to.
    const replace = (_: string, target: string): boolean => {
      if (existsSync(target) && !lstatSync(target).isDirectory()) rmSync(target)
      return true
    }
    cpSync(source, into, { recursive: true, verbatimSymlinks: true, filter: replace })
  }
}

function run(stage: Stage, command: string, tools: string): void {
  // Absolute paths are those of the image: no command may reach this machine's.
  const inside = command.replace(/(?<=\s)\/(?=\w)/g, `${stage.root}/`)
  const noted = join(stage.root, '.apt')
  try {
    execFileSync('sh', ['-ec', inside], { cwd: stage.workdir, stdio: 'pipe', env: { ...stageEnv(stage, tools), APT_NOTE: noted } })
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    throw new Error(`RUN ${command}\nin the stage ${stage.name} failed:\n${output}`, { cause: error })
  }
  if (existsSync(noted)) stage.installed = readFileSync(noted, 'utf8').split(/\s+/).filter(Boolean)
}

/** The environment of a command in a stage: only the search path is taken from ours. */
export const stageEnv = (stage: Stage, tools: string): Record<string, string> => ({
  ...stage.env,
  PATH: `${tools}:${process.env['PATH'] ?? ''}`,
  HOME: stage.root,
})

function writeTools(folder: string): string {
  mkdirSync(folder, { recursive: true })
  symlinkSync(process.execPath, join(folder, 'node'))
  const script = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o755 })
  script(
    'npm',
    `#!/usr/bin/env node
const [command, ...flags] = process.argv.slice(2)
if (command !== 'ci') throw new Error('npm ' + command + ' is not supported here')
import(${JSON.stringify(join(import.meta.dirname, 'npm-ci.ts'))}).then(({ npmCi }) => npmCi(process.cwd(), flags))
`,
  )
  script(
    'apt-get',
    `#!/bin/sh\n[ "$1" = update ] && exit 0\nfor word; do case "$word" in install|-*) ;; *) echo "$word" >>"$APT_NOTE" ;; esac; done\n`,
  )
  // The init process of the image; here it only passes the command on.
  script('tini', `#!/bin/sh\n[ "$1" = -- ] && shift\nexec "$@"\n`)
  return folder
}
