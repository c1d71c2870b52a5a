// The first import of every program that is started without npm: says in one line that this Node is too old, instead of doing nothing,
// which is what `if (import.meta.main)` would do. Plain JavaScript without imports, so that Node 20 can run it too: as `--import` it comes
// before Node looks at the program, and refuses its `.ts`.
/**
 * Node 24.2, and 22.18 of the line before, are the first that strip types unasked and know `import.meta.main`.
 * @param {string} version
 */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 2) || (major === 22 && minor >= 18)
}

if (!runsTypeScript(process.versions.node)) {
  process.stderr.write(
    `Node.js 24 is needed, this is ${process.versions.node} (${process.execPath}): see https://nodejs.org/en/download, or run npm ` +
      'start, which brings its own.\n',
  )
  process.exit(2)
}
