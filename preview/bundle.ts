import type { Plugin } from 'rolldown'

/** One script for a browser, of a module and all that it imports. */
export async function bundleScript(input: string, ...plugins: Plugin[]): Promise<string> {
  const { rolldown } = await import('rolldown')
  const build = await rolldown({
    input,
    platform: 'browser',
    tsconfig: false,
    transform: { target: 'es2022', define: { 'process.env.NODE_ENV': '"production"' } },
    plugins,
  })
  const { output } = await build.generate({ format: 'iife', minify: true, codeSplitting: false })
  await build.close()
  return output[0].code
}
