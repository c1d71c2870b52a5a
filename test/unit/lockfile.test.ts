import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'

type Packages = Record<string, { optionalDependencies?: Record<string, string>; dependencies?: Record<string, string> }>

/** Whether `name` is found by a package at `path`, as Node looks for it: in the node_modules beside and above. */
function isLocked(packages: Packages, path: string, name: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    const base = folder === '.' ? '' : `${folder}/`
    if (`${base}node_modules/${name}` in packages) return true
    if (folder === '.' || folder === '') return false
  }
}

/** `npm install` may leave out packages of other platforms that the registry does not have; `npm ci` then refuses on every machine. */
test.each(['package-lock.json', 'load/artillery/package-lock.json', 'load/bench/colyseus/package-lock.json'])(
  '%s has every package that its packages name, those of other platforms included',
  (file) => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as { packages: Packages }
    const missing = Object.entries(packages).flatMap(([path, { dependencies = {}, optionalDependencies = {} }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !isLocked(packages, path === '' ? '.' : path, name))
        .map((name) => `${path}: ${name}`),
    )
    expect(missing).toEqual([])
  },
)
