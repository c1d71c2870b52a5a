// The program: `node server/main.ts [server | recorder | migrate [--wait]]`.
//
// Plain JavaScript without static imports, in a folder whose package.json makes it CommonJS. A Node that is too old for the rest can run it
// and print a clear error; it would refuse a TypeScript file of an ES module before reading it.
void import('./src/check-node.mjs').then(async () => (await import('./src/main.ts')).main(process.argv.slice(2)))
