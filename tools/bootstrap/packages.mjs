import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, Failure, lookUp, ROOT, run, print } from './run.mjs'

const modules = join(ROOT, 'node_modules')
/** The Node that the project runs on, installed by npm; its version is pinned in package.json. */
const node = join(modules, 'node/bin/node')

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')
const digest = (...texts) => createHash('sha256').update(texts.join('\0')).digest('hex')

/** Installs the npm packages unless node_modules matches package-lock.json. */
export function installPackages() {
  const lockText = read(join(ROOT, 'package-lock.json'))
  // `npm ci` empties the folder, and the stamp with it.
  const stamp = join(modules, '.caiquan-installed')
  const wanted = digest(lockText)
  if (read(stamp) === wanted && existsSync(node)) return
  if (!existsSync(node) || !isInstalled(JSON.parse(lockText))) {
    print('Installing npm packages (once, a minute or so)')
    npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], ATTEMPTS)
  }
  if (ask(node, ['--version']) === null) {
    // The package `node` downloads its binary in an install script, which some npm configurations do not run.
    npm(['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error'])
    if (ask(node, ['--version']) === null) {
      throw new Failure('The npm package "node" could not install its binary. Look above for why, remove node_modules and try again.')
    }
  }
  writeFileSync(stamp, wanted)
}

/** Generates the Prisma client unless the existing one was made from this schema by this Prisma. */
export function generateClient() {
  const stamp = join(ROOT, 'prisma/generated/.stamp')
  const inputs = ['prisma/schema.prisma', 'prisma/generate.mjs', 'node_modules/prisma/package.json']
  const wanted = digest(...inputs.map((file) => read(join(ROOT, file))))
  if (read(stamp) === wanted) return
  print('Generating the Prisma client')
  if (!run(node, [join(ROOT, 'prisma/generate.mjs')])) throw new Failure('prisma generate failed: see above.')
  writeFileSync(stamp, wanted)
}

/** Whether npm's own record of node_modules agrees with the lockfile, as after `npm install <package>`. */
function isInstalled(lock) {
  const text = read(join(modules, '.package-lock.json'))
  if (!text) return false
  const installed = JSON.parse(text).packages
  const wanted = lock.packages
  const isPackage = (path) => path.includes('node_modules/')
  const same = (path) => installed[path].version === wanted[path]?.version && installed[path].integrity === wanted[path]?.integrity
  const mayBeAbsent = (path) => wanted[path].optional || wanted[path].devOptional || wanted[path].link
  return (
    Object.keys(installed).filter(isPackage).every(same) &&
    Object.keys(wanted)
      .filter(isPackage)
      .every((path) => path in installed || mayBeAbsent(path))
  )
}

/** A brief failure of the registry must not end a first start. */
const ATTEMPTS = 3

function npm(args, attempts = 1) {
  const script = process.env.npm_execpath
  const ok = script?.endsWith('.js') ? run(process.execPath, [script, ...args]) : run(lookUp('npm') ?? 'npm', args)
  if (ok) return
  if (attempts === 1) throw new Failure(`npm ${args[0]} failed: see above. Is the npm registry reachable?`)
  print(`npm ${args[0]} failed: trying again`)
  npm(args, attempts - 1)
}
