// Prepares a fresh checkout to run. Plain JavaScript for the Node of the machine (20 or newer): it runs before there is anything in
// node_modules. If everything is installed it only checks, which takes no noticeable time.
import { lock } from './bootstrap/lock.mjs'
import { installPackages, generateClient } from './bootstrap/packages.mjs'
import { installCompiler, installServices } from './bootstrap/system.mjs'
import { Failure } from './bootstrap/run.mjs'

const HELP = `Usage: node tools/bootstrap.mjs [--services [--browser] [--compiler] [--rules]]

Installs the npm packages when they are missing or old, and generates the Prisma client.
With --services also installs redis-server (7 or newer), mariadb-server, nginx and openssl from the
distribution where they are missing (Debian and Ubuntu, as root or with sudo), without starting them.
--browser adds chromium and Chinese fonts, which the tests of the pages need.
--compiler adds a C compiler, with which chaos builds a clock for Redis that can be set; without one it goes on.
--rules adds promtool and envsubst, which the tests of the alerts and of the runbook need.
`

function main(args) {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP)
    return
  }
  const unknown = args.find((arg) => !['--services', '--browser', '--compiler', '--rules'].includes(arg))
  if (unknown !== undefined) throw new Failure(`Unknown option ${unknown}.\n\n${HELP}`)
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Failure(`Node.js 20.19 or newer is needed to start; this is ${process.versions.node}. See https://nodejs.org/en/download.`)
  }
  const release = lock()
  try {
    installPackages()
    generateClient()
    if (args.includes('--services')) installServices({ browser: args.includes('--browser'), rules: args.includes('--rules') })
    if (args.includes('--compiler')) installCompiler()
  } finally {
    release()
  }
}

try {
  main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Failure)) throw error
  process.stderr.write(`\n${error.message}\n`)
  process.exitCode = 1
}
