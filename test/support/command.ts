import { spawn } from 'node:child_process'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'

export interface Outcome {
  code: number | null
  output: string
}

/** Runs one of our programs as its npm script would, to its end. `onOutput` may send it a signal. */
export function runProgram(
  file: string,
  args: string[],
  onOutput: (output: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
  const child = spawn(nodeBinary(), [file, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      output += text.toString()
      onOutput(output, (signal) => void child.kill(signal))
    })
  }
  child.once('error', reject)
  child.once('close', (code) => resolve({ code, output }))
  return promise
}
