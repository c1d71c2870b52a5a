import type { Plugin } from 'rolldown'

/** One script from a module and everything that it imports: for a browser, or for an older language level. */
export async function bundleScript(input: string, plugin?: Plugin, { target = 'es2022' }: { target?: string } = {}): Promise<string> {
  const { rolldown } = await import('rolldown')
  const build = await rolldown({
    input,
    platform: 'browser',
    tsconfig: false,
    transform: { target, define: { 'process.env.NODE_ENV': '"production"' } },
    plugins: plugin ? [plugin] : [],
  })
  const { output } = await build.generate({ format: 'iife', minify: true, codeSplitting: false })
  await build.close()
  return output[0].code
}
