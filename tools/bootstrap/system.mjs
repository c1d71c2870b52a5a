import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, ask, lookUp, ROOT, run, runLogged, print } from './run.mjs'

const REDIS_MAJOR = 7
const LOG = join(ROOT, '.data/apt.log')

/**
 * What is needed from the system: any one of `programs` (or a `folder`), found in the distribution's `package`; `unit` is the service that
 * the package would start.
 */
const NEEDS = [
  { programs: ['redis-server'], package: 'redis-server', unit: 'redis-server' },
  { programs: ['mariadbd', 'mysqld'], package: 'mariadb-server', unit: 'mariadb' },
  { programs: ['nginx'], package: 'nginx', unit: 'nginx' },
  { programs: ['openssl'], package: 'openssl', unit: null },
]

/** What tests of the pages need in addition. A font has no program, only a folder. */
const BROWSER_NEEDS = [
  { programs: ['chromium'], package: 'chromium', unit: null },
  { programs: [], folder: '/usr/share/fonts/opentype/noto', package: 'fonts-noto-cjk', unit: null },
]

/** What tests of the alerts and of the runbook need. */
const RULES_NEEDS = [
  { programs: ['promtool'], package: 'prometheus', unit: 'prometheus' },
  { programs: ['envsubst'], package: 'gettext-base', unit: null },
]

/** What chaos builds its clock for Redis with. */
const COMPILER_NEEDS = [
  { programs: ['cc', 'gcc', 'clang'], package: 'gcc', unit: null },
  { programs: [], folder: '/usr/include/stdlib.h', package: 'libc6-dev', unit: null },
]

const isMissing = ({ programs, folder }) => !programs.some(lookUp) && !(folder && existsSync(folder))

/**
 * Installs what is missing, from the distribution. Servers that the machine already runs are neither started nor changed. `browser` adds
 * what tests of the pages need, `rules` what those of the alerts need.
 */
export function installServices({ browser = false, rules = false } = {}) {
  const missing = [...NEEDS, ...(browser ? BROWSER_NEEDS : []), ...(rules ? RULES_NEEDS : [])].filter(isMissing)
  if (missing.length > 0) install(missing)
  checkRedis()
}

/** Installs a C compiler if there is none. Only faults of the clock depend on it, so a failure is only reported. */
export function installCompiler() {
  const missing = COMPILER_NEEDS.filter(isMissing)
  if (missing.length === 0) return
  try {
    install(missing)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    print(`${error.message}\nGoing on without a C compiler: chaos will not step the clock of Redis.`)
  }
}

function install(missing) {
  const packages = missing.map((need) => need.package)
  const byHand = `Install ${packages.join(', ')} yourself and try again`
  if (!lookUp('apt-get')) {
    throw new Failure(`Missing: ${packages.join(', ')}. This machine has no apt-get to install them. ${byHand}.`)
  }
  const asRoot = rootPrefix()
  if (!asRoot) {
    throw new Failure(
      `Missing: ${packages.join(', ')}. Installing them needs root, and sudo without a password is not available.\n` +
        `Run this once and try again:\n  sudo apt-get install -y ${packages.join(' ')}`,
    )
  }
  print(`Installing ${packages.join(', ')} from the distribution, without starting them (once, a minute or two; log: ${LOG})`)
  rmSync(LOG, { force: true })
  const failed = withoutStarting(asRoot, () => aptFailure(asRoot, packages))
  if (failed) throw new Failure(`${failed} failed: see above. ${byHand}.`)
  keepFromStarting(asRoot, missing)
  const still = missing.filter(isMissing).map((need) => need.package)
  if (still.length > 0) throw new Failure(`Installed, but not found: ${still.join(', ')}.`)
}

/** The step of the installation that failed, or null. Nothing may be removed: MariaDB would replace an installed MySQL. */
function aptFailure(asRoot, packages) {
  const apt = (...args) => {
    const [first, ...rest] = [
      ...asRoot,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-q',
      '-o',
      'DPkg::Lock::Timeout=300',
      '-o',
      'Dpkg::Use-Pty=0',
      ...args,
    ]
    return runLogged(LOG, first, rest)
  }
  // A mirror that does not respond may not matter: its information may be known already.
  if (!apt('update')) print('apt-get update failed: trying with the known packages.')
  return apt('install', '-y', '--no-install-recommends', '--no-remove', ...packages) ? null : 'apt-get install'
}

/**
 * Debian starts a service as soon as it is installed, unless this file forbids it. An existing file is the machine's own policy and stays.
 */
function withoutStarting(asRoot, work) {
  const file = '/usr/sbin/policy-rc.d'
  const created = sudo(asRoot, ['sh', '-c', `[ ! -e ${file} ] && printf '#!/bin/sh\\nexit 101\\n' > ${file} && chmod 755 ${file}`])
  try {
    return work()
  } finally {
    if (created) sudo(asRoot, ['rm', '-f', file])
  }
}

/** A package that was installed just now for this project alone must not take ports of the machine at its next boot. */
function keepFromStarting(asRoot, installed) {
  const units = installed.map(({ unit }) => unit).filter(Boolean)
  if (!lookUp('systemctl') || units.length === 0) return
  if (sudo(asRoot, ['systemctl', '--quiet', 'disable', ...units])) {
    print(`The system's own ${units.join(', ')} stay off, also after a reboot (systemctl enable turns them on).`)
  }
}

function checkRedis() {
  const version = /v=(\d+)\.(\S+)/.exec(ask(lookUp('redis-server') ?? 'redis-server', ['--version']) ?? '')
  if (!version || Number(version[1]) >= REDIS_MAJOR) return
  throw new Failure(
    `Redis ${version[1]}.${version[2]} is too old: version ${REDIS_MAJOR} or newer is needed (sharded Pub/Sub).\n` +
      'Install a newer one, for example from https://redis.io/docs/latest/operate/oss_and_stack/install/, and try again.',
  )
}

/** How to become root: [] if we are root, sudo if it needs no password, null if there is no way. */
function rootPrefix() {
  if (process.getuid?.() === 0) return []
  return lookUp('sudo') && ask('sudo', ['-n', 'true']) !== null ? ['sudo', '-n'] : null
}

const sudo = (asRoot, [command, ...args]) => {
  const [first, ...rest] = [...asRoot, command, ...args]
  return run(first, rest)
}
