/** One line of Prometheus' text format. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

/** Parses what a node returns at `/metrics`; lines that are no sample are left out. */
export function parseExposition(text: string): Sample[] {
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    const [, name, labels = '', number] = LINE.exec(line) ?? []
    if (!name) continue
    const value = number === '+Inf' ? Infinity : Number(number)
    if (Number.isNaN(value)) continue
    samples.push({ name, value, labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key, content]) => [key, content])) })
  }
  return samples
}
